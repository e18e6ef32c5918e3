"""Piece buffers on their way in; their way out is `lending`.

A piece being downloaded lives in one buffer from its first block to its last written
byte. Hashing and writing happen in two threads that form a line: a bad piece never
reaches a file, and the event loop never waits for either. Only short pieces, and blocks that
links bring of pieces with a tree, are hashed at once (see `hashers` and `arriving_leaves`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import RainError
from raincore.engine import hashers
from raincore.engine.pulse import Pulse
from raincore.policy.disk_meter import DiskMeter
from raincore.storage.arriving_leaves import ArrivingLeaves
from raincore.swarm.events import Event, PieceBad, PieceStored, StorageFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.engine.content import Content
    from raincore.engine.spare_buffers import SpareBuffers
    from raincore.formats.info import Info
    from raincore.net.offload import Offload, Step
    from raincore.swarm.commands import CheckAndWrite

__all__ = ["PieceIO"]


class PieceIO:
    """One torrent's traffic from links to storage, in the event loop.

    Args:
        content: Gives the storage once the info dictionary is known.
        offload: Worker threads: those of `hashers` and "write", of which there may be several.
        spare: Where buffers come from, and where they go.
        meter: Counts what is written.
        small_piece: Bytes of the longest piece that is hashed without a thread.
        clock: The present in monotonic seconds.
    """

    def __init__(
        self,
        content: Content,
        offload: Offload,
        spare: SpareBuffers,
        meter: DiskMeter | None = None,
        small_piece: int = 0,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        self._content, self._offload = content, offload
        self._writer = offload.lane("write")  # one torrent's writes wait for each other
        self._spare = spare
        self._meter = meter or DiskMeter()
        self._small_piece = small_piece
        self._clock = clock
        self._closed = False
        self._info: Info | None = None
        self._buffers: dict[int, memoryview] = {}
        self._leaves: ArrivingLeaves | None = None  # where pieces have trees
        self._placed: list[tuple[int, int, memoryview]] = []  # and these are to be hashed
        self._aside: dict[int, int] = {}  # memory that threads use: id to how many
        self._refused: dict[int, tuple[CheckAndWrite, memoryview]] = {}
        self._writing = 0
        self._written = Pulse()
        self._handed: dict[int, float] = {}  # when pieces were handed to the threads

    def open(self, info: Info) -> None:
        """Know the torrent; its storage is open."""
        self._info = info
        hashes = self._content.hashes
        self._leaves = ArrivingLeaves(hashes) if hashes.nodes else None

    def place(self, piece: int, begin: int, length: int) -> memoryview:
        """Name the memory of a block that the machine has accepted."""
        buffer = self._buffers.get(piece)
        if buffer is None:
            buffer = self._buffers[piece] = self._take_buffer(piece)
        return buffer[begin : begin + length]

    def place_now(self, piece: int, begin: int, length: int) -> memoryview:
        """`place` for who fills all of it at once, and calls `hash_placed` next."""
        room = self.place(piece, begin, length)
        if self._leaves is not None:
            self._placed.append((piece, begin, room))
        return room

    def hash_placed(self) -> None:
        """Hash what has a leaf of its own, of what was placed by `place_now` and is there."""
        if self._leaves is not None:
            for piece, begin, data in self._placed:
                self._leaves.add(piece, begin, data)
            self._placed.clear()

    def _take_buffer(self, piece: int) -> memoryview:
        assert self._info is not None
        geometry = self._info.geometry
        return self._spare.take(geometry.piece_length)[: geometry.length_of(piece)]

    def discard(self, piece: int) -> None:
        """Give up a piece that will not be finished, or that the disk refused."""
        _, refused = self._refused.pop(piece, (None, None))
        buffer = self._buffers.pop(piece, refused)
        if self._leaves is not None:
            self._leaves.forget(piece)
        if buffer is not None:
            self._keep_spare(buffer)

    def _keep_spare(self, buffer: memoryview) -> None:
        if id(buffer.obj) not in self._aside and not self._closed:
            self._spare.keep(memoryview(buffer.obj))

    def set_aside(self, piece: int) -> memoryview:
        """Lend the buffer of a piece to a thread: no other piece gets it until `release`."""
        buffer = self._buffers.get(piece)
        if buffer is None:
            buffer = self._buffers[piece] = self._take_buffer(piece)
        self._aside[id(buffer.obj)] = self._aside.get(id(buffer.obj), 0) + 1
        return buffer

    def release(self, buffer: memoryview) -> None:
        """A thread has done with a buffer."""
        if (users := self._aside.pop(id(buffer.obj), 0) - 1) > 0:
            self._aside[id(buffer.obj)] = users

    def give_back_memory(self) -> None:
        """Let go of spare buffers that nobody needs: nothing will be downloaded for now."""
        self._spare.shrink()

    def close(self) -> None:
        """Let go of all memory: the torrent is over."""
        self._closed = True
        self.give_back_memory()

    def check_and_write(self, command: CheckAndWrite, tell: Callable[[Event], None]) -> None:
        """Hash a full piece, write it if good, and tell what came of it."""
        piece = command.piece
        buffer = self._buffers.pop(piece)

        def done(result: Event | BaseException) -> None:
            del self._handed[piece]
            self._writing -= 1
            self._meter.storing -= 1
            if isinstance(result, PieceStored):
                self._meter.has_written(len(buffer), self._clock())
            if not self._writing:
                self._written.beat()
            if isinstance(result, RainError):
                self._refused[piece] = command, buffer
                tell(StorageFailed(result, piece))
                return
            if command.keep and isinstance(result, PieceBad):
                self._buffers[piece] = buffer
            else:
                self._keep_spare(buffer)
            if isinstance(result, BaseException):
                raise result
            tell(result)

        self._writing += 1
        self._meter.storing += 1
        self._handed[piece] = self._clock()
        self._offload.submit_chain(self._steps(command, buffer), done)

    def _steps(self, command: CheckAndWrite, buffer: memoryview) -> list[Step]:
        """What threads have to do with a full piece."""
        assert self._info is not None
        piece, hashes, storage = command.piece, self._content.hashes, self._content.storage
        offset = self._info.geometry.offset_of(piece)
        aside = id(buffer.obj) in self._aside  # a thread may still be putting something into it
        proven = self._leaves is not None and self._leaves.prove(piece) and not aside

        def check() -> PieceBad | tuple[bytes, ...]:
            if not hashes.matches(piece, buffer, tree_is_right=proven):
                digests = hashes.block_digests(piece, buffer)
                return PieceBad(piece, digests, hashes.contradict(piece, buffer))
            return hashes.block_digests(piece, buffer) if command.block_digests else ()

        def write(checked: PieceBad | tuple[bytes, ...]) -> Event:
            if isinstance(checked, PieceBad):
                return checked
            storage.write(offset, [buffer])
            return PieceStored(piece, checked)

        at_once = proven and not hashes.sha1 and not command.block_digests
        if at_once or (len(buffer) <= self._small_piece and not aside):
            return [(self._writer, partial(write, check()))]
        trees = bool(hashes.nodes) and not proven
        hasher = hashers.worker(self._offload, trees=trees, restoring=aside)
        return [(hasher, check), (self._writer, write)]

    def write_again(self, piece: int, tell: Callable[[Event], None]) -> None:
        """Do the `check_and_write` of a piece once more, which the disk has refused."""
        command, self._buffers[piece] = self._refused.pop(piece)
        self.check_and_write(command, tell)

    def waiting(self, now: float) -> tuple[int, float]:
        """How many pieces the disk has not written yet, and for how long the oldest waits."""
        return len(self._handed), now - next(iter(self._handed.values()), now)

    async def wait_written(self) -> None:
        """Wait until every `check_and_write` so far has told what came of it."""
        while self._writing:
            await self._written.wait()
