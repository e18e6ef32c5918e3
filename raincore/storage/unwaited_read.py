"""Reading what is in memory already, on the event loop, and nothing that waits for a disk."""

from __future__ import annotations

import errno
import os
from functools import lru_cache

__all__ = ["fill"]

NO_NOWAIT = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)  # tmpfs, network file systems, FUSE
IN_MEMORY = ("tmpfs", "ramfs")


def fill(descriptor: int, buffer: memoryview, offset: int) -> bool:
    """Fill `buffer` from an open file without waiting, whole or not at all.

    A file system that cannot promise not to wait is asked only if it lives in memory: a
    server that does not answer, or a stick that was pulled out, would hold up everybody.
    """
    try:
        return os.preadv(descriptor, [buffer], offset, os.RWF_NOWAIT) == len(buffer)
    except OSError as error:
        if error.errno not in NO_NOWAIT:
            return False
    try:
        if not is_in_memory(os.fstat(descriptor).st_dev):
            return False
        return os.preadv(descriptor, [buffer], offset) == len(buffer)
    except OSError:
        return False


@lru_cache(maxsize=16)
def is_in_memory(device: int) -> bool:
    """Whether a file system keeps its content in memory, as far as the system tells."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            lines = [line.split() for line in mounts]
    except OSError:
        return False
    kinds = [line[line.index("-") + 1] for line in lines if line[2] == wanted and "-" in line]
    return bool(kinds) and all(kind in IN_MEMORY for kind in kinds)
