"""How much memory a preparation may take, as people write it."""

import os
import re

from data_prep.errors import DataPrepError

GIB = 2**30
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_MOST, _SHARE = 4 * GIB, 0.6  # of the machine's
LEAST = 3 * GIB // 4
_OWN = GIB // 4  # Python, its libraries and what is on its way to the disk


def parse(text: str) -> int:
    """The bytes of an amount such as 4GiB or 500MB.

    Raises:
        DataPrepError: it is none, or less than anything can be prepared with.
    """
    given = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]i?B|)", text.strip(), re.IGNORECASE)
    if not given:
        raise DataPrepError(f"{text!r} is no amount of memory; give it as 4GiB or 500MB")
    amount = int(float(given[1]) * _UNITS[given[2].upper()])
    if amount < LEAST:
        raise DataPrepError(f"{text} of memory is too little; at least {LEAST // 2**20}MiB are needed")
    return amount


def engine_bytes(memory: str | None) -> int:
    """What an engine may keep in memory, so that the process stays below an amount.

    Args:
        memory: the amount. Default: 4 GiB, but at most three fifths of what the machine has.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    amount = parse(memory) if memory else max(LEAST, min(_MOST, int(machine * _SHARE)))
    # An engine counts what it keeps, not what it needs for a moment.
    return int((amount - _OWN) * 0.9)
