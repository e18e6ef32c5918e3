"""Bytes that have arrived but are not yet a message.

Reads are large, peers are many, and most of them are idle. So the big buffer that a
read goes into, the scratch, is one per process and lent to one connection at a time;
what a connection keeps between reads is only the part of a message that is not whole.
That costs one copy of less than a message per read. Only a message that does not
comfortably fit the scratch gets a buffer of its own, which grows with what has really
arrived, never with what was announced.

    room = buffer.start(scratch)
    count = stream.receive_into(room)       # may raise BlockingIOError: nothing is lost
    view, end = buffer.arrived(count)
    consumed, messages = protocol.receive(view, end)
    ...                                     # use the views in `messages` now
    buffer.finish(consumed)
"""

from __future__ import annotations

from raincore.base.errors import LocalProtocolError

__all__ = ["ReceiveBuffer"]

EMPTY = memoryview(b"")


class ReceiveBuffer:
    """What one connection keeps between reads; nothing at all when it is idle.

    Args:
        max_length: The longest message that may arrive, without its length prefix; the
            same or more than the parser is told.
    """

    __slots__ = ("_end", "_limit", "_own", "_rest", "_view")

    def __init__(self, max_length: int) -> None:
        self._limit = max_length + 4
        self._rest: bytes = b""
        """The unparsed bytes, unless `_own` holds them."""
        self._own: memoryview | None = None
        """A buffer for one long message, whose bytes are at its front."""
        self._view = EMPTY
        """What the read in progress goes into; the scratch or `_own`."""
        self._end = 0
        """Bytes of `_own`, or of `_view` during a read, that have arrived."""

    def __len__(self) -> int:
        """How many bytes wait for the rest of their message."""
        return len(self._rest) if self._own is None else self._end

    def start(self, scratch: memoryview) -> memoryview:
        """Begin a read: say where to receive into.

        Args:
            scratch: Writable, lent until `finish`. 256 KiB is a good size; anything from
                1 byte works.

        Returns:
            Writable room of at least 1 byte, behind what waits already. It is harmless
            to receive nothing into it, and to call `start` again.
        """
        if self._own is None and 2 * len(self._rest) > len(scratch) - 1:
            self._take_over(self._rest)
        if self._own is not None:
            if self._end == len(self._own):
                self._take_over(self._own)
            self._view = self._own
        else:
            self._end = len(self._rest)
            scratch[: self._end] = self._rest
            self._view = scratch
        return self._view[self._end :]

    def arrived(self, count: int) -> tuple[memoryview, int]:
        """Note that `count` bytes were received into the room that `start` gave.

        Returns:
            The view to parse from its beginning, and how many bytes of it have arrived.
            Good until `finish`.
        """
        self._end += count
        return self._view, self._end

    def finish(self, consumed: int) -> None:
        """End a read: keep what was not consumed and let go of the scratch.

        Args:
            consumed: Bytes parsed, counted from the beginning of the view.

        Raises:
            LocalProtocolError: More is left than a message can be long: the parser was
                told a larger limit than this buffer.
        """
        if self._end - consumed >= self._limit:
            raise LocalProtocolError(f"unparsed bytes: {self._end - consumed}")
        if self._own is None or consumed:
            self._rest = bytes(self._view[consumed : self._end])
            self._own = None
        self._view = EMPTY

    def _take_over(self, data: bytes | memoryview) -> None:
        """Move `data` to a buffer of our own that has as much room again, up to the limit."""
        self._end = len(data)
        own = memoryview(bytearray(min(2 * self._end + 1, self._limit)))
        own[: self._end] = data
        self._own, self._rest = own, b""
