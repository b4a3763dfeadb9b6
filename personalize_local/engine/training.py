"""Training of the recurrent network: a plain loop, and the choice of how much the linear part may say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from personalize_local.engine.batches import batches
from personalize_local.engine.coldstart import ColdStart, expected
from personalize_local.engine.ease import Ease
from personalize_local.engine.errors import TooLittleData
from personalize_local.engine.features import Features
from personalize_local.engine.histories import Histories
from personalize_local.engine.hrnn import Hrnn
from personalize_local.engine.log import Floats
from personalize_local.engine.metrics import ndcg
from personalize_local.engine.offline import ranking, requests, split
from personalize_local.engine.recurrent_model import RecurrentModel, blend
from personalize_local.engine.run import Progress, Run, unheard
from personalize_local.engine.sessions import NO_GAP, buckets, opens_session

PASSES = 5  # over the events; on large logs MOST_UPDATES ends the training first
FEWEST_UPDATES, MOST_UPDATES = 200, 5000
TARGETS = 800  # an update: many small ones learn faster than few large ones
HIGHEST_RATE = 4e-3
WARM_UP = 0.1  # of the training; then the rate falls linearly
LAST_RATE = 0.02  # of the highest
MOST_GRADIENT = 5.0
UPDATES_BETWEEN_REPORTS = 20
FULL_SOFTMAX_ITEMS = 2000  # above, an update compares with NEGATIVES drawn items instead of all
NEGATIVES = 512
FIRST_SIZE = 0.2  # standard deviation of the items' vectors at the start
HELD_OUT_USERS = 0.05  # they choose the share of the linear part, from
SHORTLIST_USERS = 64  # of them, try what finds the best items of a large catalogue
EASE_SHARES = (0.0, 0.25, 0.5, 0.75)
SERVED = frozenset(
    {"bias", "gaps.weight", "starts.weight", "out.weight", "out.bias"}
    | {f"gru.{kind}_{of}_l0" for kind in ("weight", "bias") for of in ("ih", "hh")}
)
TENTHS_BACK = (1, 2, 3, 4, 5)  # where their histories are cut


@dataclass(frozen=True)
class Settings:
    """The hyperparameters and the featurization of the recipe.

    Args:
        hidden_dimension: Length of the items' vectors and of the GRU's state.
        bptt: Through how many events errors are propagated back: the length of a window.
        recency_mask: Whether recent events weigh more.
        min_user_history_length_percentile, max_user_history_length_percentile: Users whose history is shorter or longer
            than those of this share of the users teach nothing.
        reads_metadata: Whether items are known by what the catalogue says of them, too.
        cold_start: Which items are known by that alone. Default: those without interactions.
    """

    hidden_dimension: int
    bptt: int
    recency_mask: bool
    min_user_history_length_percentile: float = 0.0
    max_user_history_length_percentile: float = 0.99
    reads_metadata: bool = False
    cold_start: ColdStart | None = None

    def usable(self, histories: Histories) -> Histories:
        """The histories within the percentiles.

        Raises:
            TooLittleData: They leave less than one user to learn from and one to hold out.
        """
        bounds = [self.min_user_history_length_percentile, self.max_user_history_length_percentile]
        low, high = np.quantile(histories.lengths, bounds)
        users = np.flatnonzero((histories.lengths >= low) & (histories.lengths <= high))
        if np.count_nonzero(histories.lengths[users] >= 2) < 2:
            raise TooLittleData(
                "Dataset has fewer than 2 users with at least 2 interactions each "
                f"between the user history length percentiles {bounds[0]} and {bounds[1]}."
            )
        return histories.of_users(users)


def fit(histories: Histories, settings: Settings, run: Run) -> RecurrentModel:
    """Train a network and its linear part. The same seed and number of threads give the same model."""
    rng = np.random.default_rng(run.seed)
    held_out, train = split(settings.usable(histories), HELD_OUT_USERS, rng)
    with reproducible(run):
        network = train_network(train, settings, rng, run.progress)
    run.progress(0.8, "fitting the linear part")
    counts = np.bincount(histories.items, minlength=len(histories.item_ids)).astype(np.float32)
    parameters = {name: value.numpy() for name, value in network.state_dict().items() if name in SERVED}
    learned = np.bincount(train.items, minlength=len(counts))
    cold = settings.cold_start.items(histories, learned) if settings.cold_start else learned == 0
    parameters["items.weight"] = whole_vectors(network, cold)
    if settings.cold_start and network.features_of_items:
        parameters["bias"] = expected(parameters["bias"], cold, network.features_of_items)
    model = RecurrentModel(histories.item_ids, parameters, counts, Ease.fit(train))
    run.progress(0.9, "weighing the linear part")
    model.ease_share = best_share(model, held_out, repeats=histories.repeats_items())
    rows = map(held_out.rows, range(min(len(held_out), SHORTLIST_USERS)))
    model.make_shortlist([(held_out.items[some], held_out.times[some]) for some in rows])
    return model


def whole_vectors(network: Hrnn, cold: NDArray[np.bool_]) -> Floats:
    """The items' vectors as answers need them; of cold ones, what their features say. Shapes: (N,) -> (N, d)."""
    with torch.no_grad():
        items = torch.arange(len(cold))
        vectors = network.vectors(items)
        if network.features is not None:
            vectors[cold] = network.told(items[cold])
    whole: Floats = vectors.numpy()
    return whole


@contextmanager
def reproducible(run: Run) -> Iterator[None]:
    """Give torch the random numbers and the threads of a run; afterwards both are as they were."""
    threads = torch.get_num_threads()
    torch.set_num_threads(run.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(run.seed)
            yield
    finally:
        torch.set_num_threads(threads)


def train_network(histories: Histories, settings: Settings, rng: Generator, progress: Progress = unheard) -> Hrnn:
    """Let the network predict every event from those before it."""
    counts = np.bincount(histories.items, minlength=len(histories.item_ids))
    catalogue = histories.catalogue if settings.reads_metadata else None
    features = Features.of(histories.item_ids, catalogue) if catalogue else None
    network = Hrnn(len(counts), settings.hidden_dimension, features=features).train()
    start_from_statistics(network, histories, counts)
    gaps = np.diff(histories.times, prepend=0)
    gaps[histories.starts[:-1]] = NO_GAP
    items = torch.from_numpy(histories.items)
    inputs = items, torch.from_numpy(buckets(gaps)), torch.from_numpy(opens_session(gaps))
    weights = torch.from_numpy(recency(histories)) if settings.recency_mask else torch.ones(len(items))
    if histories.weights is not None:
        weights = weights * torch.from_numpy(histories.weights)
    drawn = torch.from_numpy(counts**0.75 / (counts**0.75).sum()).float()
    optimizer = torch.optim.AdamW(network.parameters(), lr=HIGHEST_RATE, betas=(0.9, 0.98))

    updates = int(np.clip(PASSES * len(items) // TARGETS, FEWEST_UPDATES, MOST_UPDATES))
    for update, (rows, real) in enumerate(islice(batches(histories, settings.bptt, TARGETS, rng), updates)):
        window, some = torch.from_numpy(rows), torch.from_numpy(real)  # (B, T) both
        wanted = network(*(column[window] for column in inputs))[some]  # (M, d)
        following = window[some] + 1  # (M,)
        losses = softmax_loss(network, wanted, items[following], drawn)  # (M,)
        loss = (losses * weights[following]).mean()
        for group in optimizer.param_groups:
            group["lr"] = HIGHEST_RATE * rate(update / updates)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), MOST_GRADIENT)
        optimizer.step()
        if update % UPDATES_BETWEEN_REPORTS == 0:
            progress(0.8 * update / updates, f"update {update}/{updates}, loss {loss.item():.2f}")
    return network.eval()


def start_from_statistics(network: Hrnn, histories: Histories, counts: np.ndarray) -> None:
    """Begin with what counting already tells: popularity as the bias, co-occurrence as the items' vectors.

    The vectors are the leading right singular vectors of the users × items matrix, popular items damped.
    """
    pairs = np.unique(histories.users * len(counts) + histories.items)
    users, items = np.divmod(pairs, len(counts))
    lengths = np.bincount(users, minlength=len(histories))
    values = 1 / np.sqrt(lengths[users] * (1.0 + counts[items]))
    shape = (len(histories), len(counts))
    matrix = torch.sparse_coo_tensor(
        torch.from_numpy(np.stack([users, items])), torch.from_numpy(values).float(), shape, check_invariants=True
    )
    width = min(network.items.embedding_dim, *shape)
    _, strengths, vectors = torch.svd_lowrank(matrix, q=width, niter=4)
    vectors = vectors * strengths
    with torch.no_grad():
        network.items.weight[:, :width] = FIRST_SIZE * vectors / vectors.std()
        popularity = torch.from_numpy(np.log(counts + 0.5))
        network.bias.copy_(popularity - popularity.mean())


def softmax_loss(network: Hrnn, wanted: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:
    """Cross-entropy against all items, or an estimate of it from items drawn with the probabilities `drawn`.

    A drawn item stands for all those that could have been drawn in its place, so it counts one over how often it is
    expected. Shapes: (M, d), (M,), (N,) -> (M,).
    """
    if len(drawn) <= FULL_SOFTMAX_ITEMS:
        return functional.cross_entropy(network.logits(wanted), targets, reduction="none")
    negatives = torch.multinomial(drawn, NEGATIVES, replacement=True)  # (K,)
    right = (wanted * network.vectors(targets)).sum(1) + network.bias[targets]  # (M,)
    wrong = network.logits_of(wanted, negatives) - (NEGATIVES * drawn[negatives]).log()  # (M, K)
    wrong = wrong.masked_fill(targets[:, None] == negatives, -torch.inf)
    loss: Tensor = torch.logsumexp(torch.cat([right[:, None], wrong], dim=1), dim=1) - right  # (M,)
    return loss


def rate(done: float) -> float:
    """The learning rate, as a share of the highest, when a share of the training is done."""
    return min(1.0, (done + 1e-3) / WARM_UP) * max(LAST_RATE, 1 - done)


def recency(histories: Histories) -> Floats:
    """A weight for each event, from 0.5 for the oldest of the log to 1.5 for the newest."""
    ranks = np.argsort(np.argsort(histories.times, kind="stable"))
    return (0.5 + ranks / len(ranks)).astype(np.float32)


def best_share(model: RecurrentModel, histories: Histories, *, repeats: bool) -> float:
    """The share of the linear part with the best lists for users held out, at several times of their histories."""
    gains = np.zeros(len(EASE_SHARES))
    for tenths_back in TENTHS_BACK:
        for past, truth, *_ in requests(histories, tenths_back):
            recurrent, linear = model.parts(histories.items[past], histories.times[past])
            seen = None if repeats else histories.items[past]
            lists = [ranking(blend(recurrent, linear, share), seen) for share in EASE_SHARES]
            gains += [ndcg(np.isin(items, truth), len(truth)) for items in lists]
    return EASE_SHARES[int(gains.argmax())]
