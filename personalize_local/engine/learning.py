"""The training loop of the recurrent network.

The work is a number of updates that the catalogue decides: what has to be learned is a vector for each item. So a log
of ten million events takes no longer than one of a hundred thousand. At first each event is to tell the next ones,
nearer ones more, which says early which items belong together; in the end it is to tell the next one alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from personalize_local.engine.batches import batches
from personalize_local.engine.features import Features
from personalize_local.engine.histories import Histories
from personalize_local.engine.hrnn import Events, Hrnn
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.optimizer import Adam
from personalize_local.engine.recurrent_model import RecurrentModel
from personalize_local.engine.run import MOST_PASSES, QUICK_PASSES, Run
from personalize_local.engine.sessions import NO_GAP, UNKNOWN_GAP, buckets, opens_session
from personalize_local.engine.softmax import NEVER, Contrast, cross_entropy

TARGETS = 800  # positions of an update: many small updates learn faster than few large ones
TARGETS_FOR_AN_ITEM = 1100
FEWEST_INTERACTIONS = 5  # of an item that counts; rarer ones take what there is
FEWEST_UPDATES, MOST_UPDATES = 600, 6000
ENOUGH_UPDATES = 2000  # for the smallest catalogues, if there are events for them: order has to be learned, too
UPDATING = 0.2  # of a training's updates, when a former model goes on
AHEAD = 4  # events that each one is to tell
FADING = 0.6  # what a target keeps of its say with each event between, at first; in the end the next event alone counts
HIGHEST_RATE = 8e-3
DROPOUT, LITTLE_DROPOUT = (0.3, 0.4), (0.2, 0.25)  # of the embedded events and of the states
SELDOM = 8  # passes over the log, up to which little can be learned by heart
WARM_UP = 0.1  # of the training; then the rate falls linearly
LAST_RATE = 0.02  # of the highest
UPDATES_BETWEEN_REPORTS = 20
EVENTS_FOR_START = 2_000_000  # that the vectors' start is computed from
DENSE = 50_000  # items whose vectors every update moves on; of more, it moves those that it meets
FIRST_SIZE = 0.2  # standard deviation of the items' vectors at the start


def train_network(
    histories: Histories,
    rng: Generator,
    run: Run,
    *,
    width: int,
    window: int,
    recent_more: bool = True,
    catalogue_too: bool = False,
) -> Hrnn:
    """Let a network predict every event from those before it.

    Args:
        width: Length of the items' vectors and of the GRU's state.
        window: Through how many events errors are propagated back.
        recent_more: Whether recent events weigh more.
        catalogue_too: Whether items are known by what the catalogue says of them, too.
    """
    device = best_device()
    counts = np.bincount(histories.items, minlength=len(histories.item_ids))
    contrast = Contrast(counts, rng, device)
    former = former_of(run, width)
    known = int(np.count_nonzero(counts >= FEWEST_INTERACTIONS))
    updates = number_of_updates(known, len(histories.items), run.passes, UPDATING if former else 1.0)
    network = Hrnn(
        len(counts),
        width,
        types=len(histories.type_names),
        features=Features.of(histories.item_ids, histories.catalogue)
        if catalogue_too and histories.catalogue
        else None,
        profiles=Features.of(list(map(str, histories.profiles.item_ids)), histories.profiles)
        if histories.profiles
        else None,
        contexts=histories.contexts.vocabulary.count if histories.contexts else 0,
        dropout=dropout(updates, len(histories.items)),
        sparse=len(counts) > DENSE,
    )
    start_from_statistics(network, histories, counts)
    if former:
        go_on_from(network, former, histories.item_ids)
    network.to(device).train()
    log = _Log(histories, device)
    say = torch.from_numpy(weights(histories, recent_more=recent_more)).to(device)
    ahead = 1 + torch.arange(AHEAD, device=device)  # (K,)
    optimizer = Adam(network)
    began = time.monotonic()
    for update, (rows, real) in enumerate(islice(batches(histories, window, TARGETS, rng), updates)):
        places, some = torch.from_numpy(rows).to(device), torch.from_numpy(real).to(device)  # (B, T) both
        wanted = network(log.events(places))[some]  # (M, d)
        asked = places[some]  # (M,)
        following = asked[:, None] + ahead  # (M, K)
        there = following < log.ends[asked][:, None]
        following = following.where(there, asked[:, None])
        fading = (FADING * (1 - update / updates)) ** (ahead - 1) * there  # (M, K)
        fading = fading / fading.sum(1, keepdim=True) * say[following]
        loss = _loss(network, contrast, wanted, Targets(log.items[following], there, fading)) / len(asked)
        optimizer.step(loss, HIGHEST_RATE * rate(update / updates))
        if update % UPDATES_BETWEEN_REPORTS == 0:
            left = (time.monotonic() - began) / max(update, 1) * (updates - update)
            text = f"update {update}/{updates}, loss {loss.item():.2f}" + (f", {left:.0f} s left" if update else "")
            run.progress(0.8 * update / updates, text)
    return network.cpu().eval()


def best_device() -> torch.device:
    """Where a network learns: on a GPU, if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def number_of_updates(items: int, events: int, passes: int = MOST_PASSES, share: float = 1.0) -> int:
    """How many updates a training has, or this share of it: by the items, unless there are few events."""
    by_items = min(max(TARGETS_FOR_AN_ITEM * items // TARGETS, ENOUGH_UPDATES), MOST_UPDATES)
    fewest = FEWEST_UPDATES * min(1.0, passes / QUICK_PASSES)
    return max(1, round(share * max(min(by_items, passes * events // TARGETS), fewest)))


def dropout(updates: int, events: int) -> tuple[float, float]:
    """The share of what is embedded and of the states that an update does without: less where a log is seldom read."""
    return LITTLE_DROPOUT if updates * TARGETS <= SELDOM * events else DROPOUT


class _Log:
    """The histories as the network reads them."""

    def __init__(self, histories: Histories, device: torch.device) -> None:
        gaps = np.diff(histories.times, prepend=0)
        gaps[histories.starts[:-1]] = NO_GAP
        of_gaps = buckets(gaps)
        until_next = np.append(of_gaps[1:], UNKNOWN_GAP)
        types = np.zeros_like(histories.items) if histories.event_types is None else histories.event_types
        contexts = histories.contexts.numbers if histories.contexts else np.zeros((len(gaps), 0), np.int16)  # (E, K)
        of_events = (histories.users, histories.items, types, of_gaps, opens_session(gaps), contexts)
        of_requests = (until_next, np.roll(contexts, -1, axis=0))  # what a user's last event gets is asked for by none
        self._columns = [torch.from_numpy(column).to(device) for column in (*of_events, *of_requests)]
        self.items = self._columns[1]
        self.ends = torch.from_numpy(np.repeat(histories.starts[1:], histories.lengths)).to(device)

    def events(self, places: Tensor) -> Events:
        """The windows with these rows. Shapes: (B, T)."""
        users, *others = self._columns
        return Events(users[places[:, 0]], *(column[places].long() for column in others))


class Targets(NamedTuple):
    """What the positions of an update are to tell. Shapes: all (M, K).

    Args:
        there: Whether a position has as many events after it.
        say: What each target has to say.
    """

    items: Tensor
    there: Tensor
    say: Tensor


def _loss(network: Hrnn, contrast: Contrast, wanted: Tensor, given: Targets) -> Tensor:
    """How surprising the targets are, summed. Shapes: wanted (M, d) -> ()."""
    targets, there, say = given
    same = (targets[:, :, None] == targets[:, None, :]) & there[:, None, :]  # (M, K, K)
    there = there & ~same.tril(-1).any(2)  # an item that comes twice is one target, which has the say of both
    say = (same * say[:, None, :]).sum(2) * there
    candidates = contrast.draw()
    biases = network.bias.weight if candidates.items is None else network.bias(candidates.items)
    scores = biases[:, 0] if candidates.corrections is None else biases[:, 0] - candidates.corrections  # (C,)
    right = (wanted[:, None] * network.vectors(targets)).sum(2) + network.bias(targets)[..., 0]  # (M, K)
    right = right.masked_fill(~there, NEVER)
    vectors = network.vectors(candidates.items)  # (C, d)
    hits = candidates.places(targets).masked_fill(~there, len(vectors))
    return cross_entropy(wanted, vectors, scores, right, hits=hits, say=say)


def start_from_statistics(network: Hrnn, histories: Histories, counts: Integers) -> None:
    """Begin with what counting already tells: popularity as the bias, co-occurrence as the items' vectors.

    The vectors are the leading right singular vectors of the users × items matrix, popular items damped; of many users,
    the first ones that have EVENTS_FOR_START.
    """
    enough = max(int(np.searchsorted(histories.starts, EVENTS_FOR_START)), 1)
    if enough < len(histories):
        histories = histories.of_users(np.arange(enough))
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
        popularity = torch.from_numpy(np.log(counts + 0.5)).float()
        network.bias.weight[:, 0] = popularity - popularity.mean()


def former_of(run: Run, width: int) -> RecurrentModel | None:
    """The model that a run goes on from, if it is one of this width."""
    former = run.former
    return former if isinstance(former, RecurrentModel) and former.width == width else None


def go_on_from(network: Hrnn, former: RecurrentModel, item_ids: Sequence[str]) -> None:
    """Take over what a former model learned, of the items that it knows; new ones keep their start."""
    numbers = [former.item_ids.number(item_id) for item_id in item_ids]
    known = [place for place, number in enumerate(numbers) if number is not None]
    rows = [number for number in numbers if number is not None]
    state = network.state_dict()
    for name, value in former.network.items():
        learned = torch.from_numpy(np.array(value))
        if name == "bias":
            state["bias.weight"][known, 0] = learned[rows]
        elif name == "items.weight":
            state[name][known] = learned[rows]
        elif name in state and state[name].shape == learned.shape:
            state[name].copy_(learned)


def weights(histories: Histories, *, recent_more: bool) -> Floats:
    """What each event has to say; if recent ones weigh more, from half for the log's oldest to 1.5 for its newest."""
    say = np.ones(len(histories.items), np.float32) if histories.weights is None else histories.weights
    if recent_more:
        ranks = np.argsort(np.argsort(histories.times, kind="stable"))
        say = say * (0.5 + ranks / len(ranks)).astype(np.float32)
    return say


def rate(done: float) -> float:
    """The learning rate, as a share of the highest, when a share of the training is done."""
    return min(1.0, (done + 1e-3) / WARM_UP) * max(LAST_RATE, 1 - done)


@contextmanager
def reproducible(run: Run) -> Iterator[None]:
    """Give torch the random numbers and the threads of a run; afterwards both are as they were."""
    threads = torch.get_num_threads()
    torch.set_num_threads(run.threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(run.seed)
            yield
    finally:
        torch.set_num_threads(threads)
