"""Training of the recurrent network: a plain loop, and the choice of how much the linear part may say."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional

from personalize_local.engine.batches import batches
from personalize_local.engine.ease import Ease
from personalize_local.engine.histories import Histories
from personalize_local.engine.hrnn import Hrnn
from personalize_local.engine.log import Floats
from personalize_local.engine.recurrent_model import RecurrentModel, softmax
from personalize_local.engine.sessions import NO_GAP, buckets, opens_session

PASSES = 8                      # over the events; on large logs MOST_UPDATES ends the training first
FEWEST_UPDATES, MOST_UPDATES = 200, 5000
TARGETS = 800                   # an update: many small ones learn faster than few large ones
LEARNING_RATE = 4e-3
WARM_UP = 0.1                   # of the training; then the rate falls linearly
LAST_RATE = 0.02                # of the highest
MOST_GRADIENT = 5.0
FULL_SOFTMAX_ITEMS = 2000       # above, an update compares with NEGATIVES drawn items instead of all
NEGATIVES = 512
HELD_OUT_SHARE = 0.05           # of the users: they choose the weight of the linear part
HELD_OUT_EVENTS = 500
EASE_WEIGHTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Settings:
    """The hyperparameters of the recipe.

    Args:
        hidden_dimension: Length of the items' vectors and of the GRU's state.
        bptt: Through how many events errors are propagated back: the length of a window.
        recency_mask: Whether recent events weigh more.
    """

    hidden_dimension: int
    bptt: int
    recency_mask: bool


def fit(histories: Histories, settings: Settings, seed: int, progress: Progress) -> RecurrentModel:
    """Train a network and its linear part."""
    rng = np.random.default_rng(seed)
    users = rng.permutation(len(histories))
    held_out = max(1, round(HELD_OUT_SHARE * len(users)))
    train, rest = histories.of_users(np.sort(users[held_out:])), histories.of_users(np.sort(users[:held_out]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = train_network(train, settings, rng, progress)
    progress(0.9, "fitting the linear part")
    parameters = {name: value.numpy() for name, value in network.state_dict().items()}
    counts = np.bincount(histories.items, minlength=len(histories.item_ids)).astype(np.float32)
    model = RecurrentModel(histories.item_ids, parameters, counts, Ease.fit(train), 0.0)
    model.ease_weight = best_weight(model, rest, rng)
    return model


def train_network(histories: Histories, settings: Settings, rng: Generator, progress: Progress) -> Hrnn:
    """Let the network predict every event from those before it."""
    counts = np.bincount(histories.items, minlength=len(histories.item_ids))
    network = Hrnn(len(counts), settings.hidden_dimension)
    start_from_statistics(network, histories, counts)
    gaps = np.diff(histories.times, prepend=0)
    gaps[histories.starts[:-1]] = NO_GAP
    items = torch.from_numpy(histories.items)
    inputs = items, torch.from_numpy(buckets(gaps)), torch.from_numpy(opens_session(gaps))
    weights = torch.from_numpy(recency(histories) if settings.recency_mask else np.ones(len(gaps), dtype=np.float32))
    drawn = torch.from_numpy((counts / counts.sum()) ** 0.75)
    drawn = (drawn / drawn.sum()).float()
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98))

    updates = int(np.clip(PASSES * len(items) // TARGETS, FEWEST_UPDATES, MOST_UPDATES))
    network.train()
    for update, batch in zip(range(updates), batches(histories, settings.bptt, TARGETS, rng), strict=False):
        rows, real = torch.from_numpy(batch.rows), torch.from_numpy(batch.real)  # (B, T)
        wanted = network(*(column[rows] for column in inputs))[real]             # (M, d)
        following = rows[real] + 1                                               # (M,)
        losses = softmax_loss(network, wanted, items[following], drawn)          # (M,)
        loss = (losses * weights[following]).mean()
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate(update / updates)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), MOST_GRADIENT)
        optimizer.step()
        if update % 20 == 0:
            progress(0.9 * update / updates, f"update {update}/{updates}, loss {loss.item():.2f}")
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
        network.items.weight[:, :width] = 0.2 * vectors / vectors.std()
        popularity = torch.from_numpy(np.log(counts + 0.5))
        network.bias.copy_(popularity - popularity.mean())


def softmax_loss(network: Hrnn, wanted: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:
    """Cross-entropy against all items, or against some that are drawn with probability `drawn`.

    Drawn items are corrected by the logarithm of their probability, so that the scores of the whole catalogue tend to
    the same values. Shapes: (M, d), (M,), (N,) -> (M,).
    """
    if len(drawn) <= FULL_SOFTMAX_ITEMS:
        return functional.cross_entropy(network.logits(wanted), targets, reduction="none")
    negatives = torch.multinomial(drawn, NEGATIVES, replacement=True)                            # (K,)
    right = (wanted * network.items(targets)).sum(1) + network.bias[targets] - drawn[targets].log()  # (M,)
    wrong = network.logits_of(wanted, negatives) - drawn[negatives].log()                        # (M, K)
    wrong = wrong.masked_fill(targets[:, None] == negatives, -torch.inf)
    loss: Tensor = torch.logsumexp(torch.cat([right[:, None], wrong], dim=1), dim=1) - right
    return loss


def rate(done: float) -> float:
    """The learning rate, as a share of the highest, when a share of the training is done."""
    return min(1.0, (done + 1e-3) / WARM_UP) * max(LAST_RATE, 1 - done)


def recency(histories: Histories) -> Floats:
    """A weight for each event, from 0.5 for the oldest of the log to 1.5 for the newest."""
    ranks = np.argsort(np.argsort(histories.times, kind="stable"))
    return (0.5 + ranks / len(ranks)).astype(np.float32)


def best_weight(model: RecurrentModel, histories: Histories, rng: Generator) -> float:
    """The weight of the linear part under which users held out are most likely to do what they did."""
    users = histories.users
    followed = np.flatnonzero(np.diff(users) == 0)
    gains = np.zeros(len(EASE_WEIGHTS))
    for row in rng.permutation(followed)[:HELD_OUT_EVENTS]:
        past = slice(histories.starts[users[row]], row + 1)
        recurrent, linear = model.parts(histories.items[past], histories.times[past])
        following = histories.items[row + 1]
        gains += [np.log(softmax(recurrent + weight * linear)[following]) for weight in EASE_WEIGHTS]
    return EASE_WEIGHTS[int(gains.argmax())]
