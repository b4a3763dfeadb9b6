"""Themes of lists of items: what a batch inference job calls them.

The service writes a sentence with a language model. Here a theme is the words that the items' names and texts share
and those of other items do not, and an item's relevance is how many of them it has.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

from personalize_local.service.models import Items

MOST_WORDS = 3
WORD = re.compile(r"[^\W\d_]{3,}")


class Themes:
    """Finds themes among the items of a catalogue.

    Args:
        columns: With their names and texts.
    """

    def __init__(self, items: Items, columns: Sequence[str]) -> None:
        texts = zip(*(items.column(name).values for name in columns), strict=True)
        words = [{word for text in row if text for word in WORD.findall(str(text).lower())} for row in texts]
        self._words = dict(zip(items.item_ids, words, strict=True))
        self._having = Counter(word for bag in words for word in bag)

    def of(self, item_ids: Sequence[str]) -> tuple[str, list[float]]:
        """The theme of a list, and the relevance of each item to it, from 0 to 1."""
        bags = [self._words.get(item_id, set()) for item_id in item_ids]
        shared = Counter(word for bag in bags for word in bag)

        def telling(word: str) -> float:
            return shared[word] * math.log(1 + len(self._words) / self._having[word])

        theme = sorted(shared, key=lambda word: (-telling(word), word))[:MOST_WORDS]
        relevance = [round(sum(word in bag for word in theme) / max(len(theme), 1), 4) for bag in bags]
        return ", ".join(theme).capitalize(), relevance
