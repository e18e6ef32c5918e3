"""Verified content in order, as it arrives: whoever reads a torrent while it is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import Incomplete, ReadError
from raincore.documents import events as records
from raincore.storage.workers import page_buffer
from raincore.swarm.wish_events import StreamMoved

if TYPE_CHECKING:
    from raincore.engine.torrent import Torrent

__all__ = ["READ_LENGTH", "ContentStream", "Streams"]

AHEAD_BYTES = 32 * 1024 * 1024
"""So far behind what was read pieces are fetched; the disk holds them, not memory."""

AHEAD_PIECES = 4
"""At least so many."""

READ_LENGTH = 4 * 1024 * 1024
"""Bytes that one read gives at most."""


class Streams:
    """All readers of one torrent; see `Torrent.open_stream`."""

    __slots__ = ("_next_key", "_open", "is_over", "torrent")

    def __init__(self, torrent: Torrent) -> None:
        self.torrent = torrent
        self.is_over = False
        self._next_key = 0
        self._open: dict[int, ContentStream] = {}

    def open(self, begin: int, end: int) -> ContentStream:
        """Read content offsets from `begin` to before `end`."""
        self._next_key += 1
        stream = self._open[self._next_key] = ContentStream(self, self._next_key, begin, end)
        return stream

    def forget(self, key: int) -> None:
        """A reader has ended; harmless when repeated."""
        self._open.pop(key, None)

    def notice(self, record: records.Event) -> None:
        """A record has been told: there may be more to read."""
        if isinstance(record, records.PieceDone | records.Status):
            for stream in self._open.values():
                stream.wake()

    def end(self) -> None:
        """The torrent is over: nothing more comes."""
        self.is_over = True
        for stream in self._open.values():
            stream.wake()


class ContentStream:
    """A run of the content, read in order; only by one task. Close it when done.

    What it needs next is fetched before everything else. No more than 32 MiB, or four
    pieces, are fetched ahead, so a slow reader slows the download of a torrent that is
    fetched on demand.
    """

    def __init__(self, streams: Streams, key: int, begin: int, end: int) -> None:
        self.position = begin
        self.end = end
        self._streams = streams
        self._key = key
        self._asked_to = -1
        self._more = trio.Event()
        self._buffer: memoryview | None = None

    async def receive_some(self) -> memoryview:
        """Wait for the next bytes, and read them.

        Returns:
            Up to 4 MiB, valid until the next call; nothing at the end.

        Raises:
            Incomplete: The torrent ended before they came.
            StorageError: They cannot be read.

        Cancelling loses nothing.
        """
        if self.position >= self.end:
            return memoryview(b"")
        await trio.lowlevel.checkpoint()
        while True:
            length = await self._wait_ready()
            self.ask()
            view = await self._read(length)
            first, last = self._piece_at(self.position), self._piece_at(self.position + length - 1)
            if self._streams.torrent.lending.proofs.is_still(range(first, last + 1)):
                self.position += length
                return view  # else somebody has changed it: it is proven first

    async def _wait_ready(self) -> int:
        """Wait until the next bytes are there; say how many."""
        while not (length := self.ready()):
            if self._streams.is_over:
                raise Incomplete("the torrent has ended before all was there")
            self.ask()
            self._more = trio.Event()
            await self._more.wait()
        return length

    async def _read(self, length: int) -> memoryview:
        """Read so many bytes into the buffer."""
        if self._buffer is None:
            self._buffer = page_buffer(READ_LENGTH)
        torrent, view, offset = self._streams.torrent, self._buffer[:length], self.position
        storage = torrent.content.storage
        got = await torrent.world.offload.run("stream", lambda: storage.read_into(offset, view))
        if got < length:
            raise ReadError(f"content is missing: byte {offset + got}")
        return view

    def _piece_at(self, offset: int) -> int:
        geometry = self._streams.torrent.machine.state.geometry
        assert geometry is not None
        return offset // geometry.piece_length

    def ready(self) -> int:
        """How many of the next bytes are verified, up to `READ_LENGTH`."""
        torrent = self._streams.torrent
        have, geometry = torrent.machine.state.have, torrent.machine.state.geometry
        if have is None or geometry is None:
            return 0
        proofs = torrent.lending.proofs
        at, stop = self.position, min(self.end, self.position + READ_LENGTH)
        while at < stop:
            piece = at // geometry.piece_length
            try:
                if not have[piece] or proofs.needed(piece, self):
                    break
            except LookupError as error:
                if at > self.position:
                    break  # what is before it can be read
                raise proofs.trouble or ReadError(f"content is missing: byte {at}") from error
            at = (piece + 1) * geometry.piece_length
        return max(0, min(at, stop) - self.position)

    def ask(self) -> None:
        """Have what comes next fetched, if that has moved on by a quarter of the way ahead."""
        geometry = self._streams.torrent.machine.state.geometry
        piece_length = 0 if geometry is None else geometry.piece_length
        ahead = max(AHEAD_BYTES, AHEAD_PIECES * piece_length)
        target = min(self.end, self.position + ahead)
        if (
            self._asked_to < 0
            or target - self._asked_to >= ahead // 4
            or (target == self.end > self._asked_to)
        ):
            self._asked_to = target
            self._streams.torrent.dispatch(StreamMoved(self._key, self.position, target))

    def flush(self) -> None:
        """A piece was proven, or lost."""
        self.wake()

    def wake(self) -> None:
        """Look again whether there is more."""
        self._more.set()

    def close(self) -> None:
        """Need nothing more; harmless when repeated."""
        if self._asked_to >= 0:
            self._asked_to = -1
            self._streams.torrent.dispatch(StreamMoved(self._key, self.end, self.end))
        self._streams.forget(self._key)
