"""Bytes to standard output from a thread, which may be left behind while it waits.

Past the interpreter's own buffer: that has a lock, and a thread that holds it when the process
ends is a fatal error.
"""

from __future__ import annotations

import os
import select
import sys

from raincore.base import errors
from raintools._kit import exits, output

__all__ = ["write"]


def write(view: memoryview) -> None:
    """Write bytes to standard output, however slow its reader is.

    Raises:
        BrokenPipeError: The reader has left.
        WriteError: It takes no more; NoSpace when its disk is full.
    """
    if sys.stdout is None:
        raise errors.WriteError(f"{exits.STDOUT} is closed", exits.STDOUT)
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # replaced by something that is no file, as tests do
        sys.stdout.buffer.write(view)
        return
    try:
        done = 0
        while done < len(view):
            done += write_some(descriptor, view[done:])
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output.failure(error) from error


def write_some(descriptor: int, view: memoryview) -> int:
    """Write what can be written; who shares the descriptor may have it not wait."""
    try:
        return os.write(descriptor, view)
    except BlockingIOError:
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        poll.poll()
        return 0
