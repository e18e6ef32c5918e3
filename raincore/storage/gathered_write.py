"""Many buffers written as one run of a file."""

from __future__ import annotations

import errno
import os

__all__ = ["take", "write_all"]

BUFFERS_PER_CALL = 1024  # IOV_MAX


def take(buffers: list[memoryview], length: int) -> list[memoryview]:
    """Remove `length` bytes from the front of a list of buffers, as views."""
    taken: list[memoryview] = []
    count = 0
    while length:
        buffer = buffers[count]
        if len(buffer) > length:
            taken.append(buffer[:length])
            buffers[count] = buffer[length:]
            break
        taken.append(buffer)
        length -= len(buffer)
        count += 1
    del buffers[:count]
    return taken


def write_all(descriptor: int, buffers: list[memoryview], offset: int) -> None:
    """Write buffers at a file offset, however many calls that takes.

    Raises:
        OSError: What the system said; ENOSPC if it wrote nothing and gave no reason.
    """
    while buffers:
        wrote = os.pwritev(descriptor, buffers[:BUFFERS_PER_CALL], offset)
        if not wrote:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        offset += wrote
        take(buffers, wrote)
