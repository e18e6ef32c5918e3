"""What a TLS library is given of a connection: one record at a time (RFC 8446, 5.1).

A library that was given more keeps it to itself. Here it can be seen whether something came
behind what was read, which nobody has asked for.
"""

from __future__ import annotations

from raincore.net.byte_stream import ByteStream

__all__ = ["TlsRecords"]

HEADER = 5
"""Kind, version, and two bytes that tell how long the rest is."""


class TlsRecords(ByteStream):
    """As the ByteStream of the same connection, but no read goes beyond the end of a record.

    HOSTILE INPUT: what is no TLS is passed on as it comes, for the library to complain.
    """

    _held = memoryview(b"")
    _left = 0
    """Bytes still to come of the record that was begun."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Wait for bytes of one record; b"" at the end.

        Raises:
            trio.BrokenResourceError: The connection broke.
        """
        if not self._held:
            self._held = memoryview(await super().receive_some(max_bytes))
        while not self._left and 0 < len(self._held) < HEADER:
            more = await super().receive_some(max_bytes)
            if not more:
                break
            self._held = memoryview(bytes(self._held) + more)
        if not self._left:
            self._left = HEADER + int.from_bytes(self._held[HEADER - 2 : HEADER], "big")
        given = bytes(self._held[: self._left])
        self._held = self._held[len(given) :]
        self._left -= len(given)
        return given

    @property
    def has_more(self) -> bool:
        """Whether bytes have come that the library was not given."""
        return bool(self._held)
