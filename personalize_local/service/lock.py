"""A lock on a folder that ends with its holder, however that ends."""

import fcntl
import os
from pathlib import Path


def locked(folder: Path) -> int | None:
    """Lock a folder, or answer None if another one holds the lock.

    The lock belongs to the open file whose descriptor this returns: it lasts until that is closed here and in all
    processes that inherited it.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
