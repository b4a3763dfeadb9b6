"""The recipe aws-semantic-similarity: items whose texts have the same rare words.

The service embeds texts with a language model. Here a text is a bag of words, each weighed by how few texts have it
(TF-IDF) and hashed to one of WIDTH signed features [Weinberger et al. 2009]; the similarity of two items is the cosine
of these. So "film" and "movie" have nothing in common here.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from personalize_local.engine.errors import TooLittleData
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue
from personalize_local.engine.sims import NEIGHBOURS, Sims

WIDTH = 1024
BLOCK = 512  # items compared with all others at once
WORD = re.compile(r"\w+")


def fit(histories: Histories, catalogue: Catalogue) -> Sims:
    """Find the neighbours of every item that has a text.

    Raises:
        TooLittleData: None has.
    """
    vectors = embedded(_words(histories.item_ids, catalogue))  # (N, WIDTH)
    if not vectors.any():
        raise TooLittleData("No item has a text to compare.")
    neighbours, similarities = [], []
    for start in range(0, len(vectors), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors.T  # (B, N)
        cosines[np.arange(len(cosines)), start + np.arange(len(cosines))] = 0
        for row in cosines:
            best = np.argsort(-row, kind="stable")[:NEIGHBOURS]
            best = best[row[best] > 0]
            neighbours.append(best)
            similarities.append(row[best])
    starts = np.concatenate([[0], np.cumsum([len(row) for row in neighbours])]).astype(np.int64)
    counts = np.bincount(histories.items, minlength=len(vectors)).astype(np.float32)
    return Sims(
        histories.item_ids, counts, starts, np.concatenate(neighbours).astype(np.int64), np.concatenate(similarities)
    )


def embedded(texts: Sequence[Counter[str]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A vector of length 1 for each text, 0 for one without words. Shapes: (N, WIDTH)."""
    having = Counter(word for words in texts for word in words)
    vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for vector, words in zip(vectors, texts, strict=True):
        for word, count in words.items():
            place = zlib.crc32(word.encode())
            sign = 1 if place & 1 else -1
            vector[(place >> 1) % WIDTH] += sign * (1 + math.log(count)) * math.log(1 + len(texts) / having[word])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors


def _words(item_ids: Sequence[str], catalogue: Catalogue) -> list[Counter[str]]:
    """The words of each item's texts."""
    words: dict[str, Counter[str]] = {}
    columns = [catalogue.columns[name] for name in catalogue.texts if name in catalogue.columns]
    for place, item_id in enumerate(catalogue.item_ids):
        text = " ".join(str(column[place]) for column in columns if column[place] is not None)
        words[str(item_id)] = Counter(WORD.findall(text.lower()))
    return [words.get(item_id, Counter()) for item_id in item_ids]
