"""Standard input, read as it arrives, for as long as somebody reads our output."""

from __future__ import annotations

import os
import select
import sys
from typing import IO

__all__ = ["Stdin", "standard_input"]

CHUNK = 64 * 1024
CHUNKS_AHEAD = 16
STDIN, STDOUT = 0, 1


class Stdin:
    """The two reading methods of a binary file, over the bare descriptor.

    Between two reads it waits for input and for the end of our own reader alike: in
    `rain-seed | rain-magnet | rain-fetch` the last leaves first, and each stage must
    notice that there is nobody left to write for, although its input stays open. Then,
    as at the end of the input, reads give nothing more.

    Not the interpreter's own stdin, which a thread that is still waiting in it would
    keep locked, and that is a fatal error at exit.
    """

    def __init__(self, descriptor: int = STDIN, output: int = STDOUT) -> None:
        self._descriptor = descriptor
        self._output = output
        self._buffer = bytearray()
        self._ended = False
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._poll.register(output, 0)  # errors and hang-ups are always reported

    def readline(self, limit: int) -> bytes:
        """Read up to and with a line feed, `limit` bytes at most; b"" at the end.

        Raises:
            OSError: The descriptor cannot be read.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched, limit)) < 0:
            searched = len(self._buffer)
            if searched >= limit or not self._more():
                return self._take(min(searched, limit))
        return self._take(end + 1)

    def read(self, limit: int) -> bytes:
        """Read `limit` bytes, fewer only at the end.

        Raises:
            OSError: The descriptor cannot be read.
        """
        while len(self._buffer) < limit and self._more():
            pass
        return self._take(min(len(self._buffer), limit))

    def is_at_hand(self) -> bool:
        """Whether a whole line of up to 1 MiB, or the end, is there without waiting."""
        for _ in range(CHUNKS_AHEAD):
            if b"\n" in self._buffer or self._ended:
                return True
            if not self._poll.poll(0):
                return False
            self._more()
        return False

    def _more(self) -> bool:
        """Wait for input; False when none will come, or nobody wants what we make of it."""
        if self._ended:
            return False
        ready = dict(self._poll.poll())
        gone = ready.get(self._output, 0) & (select.POLLERR | select.POLLHUP)
        chunk = b"" if gone else os.read(self._descriptor, CHUNK)
        self._buffer += chunk
        self._ended = not chunk
        return not self._ended

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def standard_input() -> Stdin | IO[bytes]:
    """The process's own stdin, which must be there."""
    try:
        return Stdin(sys.stdin.fileno())
    except OSError:  # replaced by something that is no file, as tests do
        return sys.stdin.buffer
