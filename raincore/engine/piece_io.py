"""Piece buffers on their way in, cached runs on their way out.

A piece being downloaded lives in one buffer from its first block to its last written
byte. Hashing and writing happen in two threads that form a line: a bad piece never
reaches a file, and the event loop never waits for either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import RainError, ReadError
from raincore.engine import hashers
from raincore.engine.proofs import Proofs
from raincore.engine.pulse import Pulse
from raincore.engine.run_lease import RunLease
from raincore.policy.disk_meter import DiskMeter
from raincore.storage.workers import page_buffer
from raincore.swarm.events import Event, PieceBad, PieceStored, StorageFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.engine.content import Content
    from raincore.engine.peer_tasks import PeerConnection
    from raincore.formats.info import Info
    from raincore.net.offload import Offload
    from raincore.policy.budget import Share
    from raincore.storage.interface import Storage
    from raincore.storage.piece_cache import CachedRun, PieceCache
    from raincore.swarm.commands import CheckAndWrite

__all__ = ["PieceIO"]

RunKey = tuple["PieceIO", int, int, int]  # whose cached run it is; piece, begin, length


class PieceIO:
    """One torrent's traffic between links and storage, in the event loop.

    Args:
        content: Gives the storage once the info dictionary is known.
        offload: Worker threads: those of `hashers`, "write" and "read", which may be several.
        cache: Of what was read lately, shared by all torrents.
        spare: How much memory may be kept to be used again.
        meter: Counts what is read and written.
        clock: The present in monotonic seconds.
    """

    def __init__(
        self,
        content: Content,
        offload: Offload,
        cache: PieceCache,
        spare: Share,
        meter: DiskMeter | None = None,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        self._content = content
        self._offload = offload
        self._writer = offload.lane("write")  # one torrent's writes wait for each other
        self.run_length = 1024 * 1024  # bytes read from a file at once for uploading
        self._cache = cache
        self._share = spare
        self._meter = meter or DiskMeter()
        self._clock = clock
        self._closed = False
        self._info: Info | None = None
        self._buffers: dict[int, memoryview] = {}
        self._spare: list[memoryview] = []
        self._aside: dict[int, int] = {}  # memory that threads use: id to how many
        self._refused: dict[int, tuple[CheckAndWrite, memoryview]] = {}
        self._writing = 0
        self._written = Pulse()
        self._handed: dict[int, float] = {}  # when pieces were handed to the threads
        self._loading: dict[RunKey, dict[PeerConnection, None]] = {}
        self._fresh: dict[RunKey, None] = {}  # read for somebody who has not come back yet
        self.proofs = Proofs(content, offload, clock)

    def open(self, info: Info) -> None:
        """Know the torrent; its storage is open."""
        self._info = info

    @property
    def _storage(self) -> Storage:
        return self._content.storage

    # --- in -------------------------------------------------------------------------------

    def place(self, piece: int, begin: int, length: int) -> memoryview:
        """Name the memory of a block that the machine has accepted."""
        buffer = self._buffers.get(piece)
        if buffer is None:
            buffer = self._buffers[piece] = self._take_buffer(piece)
        return buffer[begin : begin + length]

    def _take_buffer(self, piece: int) -> memoryview:
        assert self._info is not None
        geometry = self._info.geometry
        whole = self._spare.pop() if self._spare else page_buffer(geometry.piece_length)
        self._share.use(len(self._spare) * geometry.piece_length)
        return whole[: geometry.length_of(piece)]

    def discard(self, piece: int) -> None:
        """Give up a piece that will not be finished, or that the disk refused."""
        _, refused = self._refused.pop(piece, (None, None))
        buffer = self._buffers.pop(piece, refused)
        if buffer is not None:
            self._keep_spare(buffer)

    def _keep_spare(self, buffer: memoryview) -> None:
        # Touching memory is expensive at first: as many are kept as all torrents may keep.
        if id(buffer.obj) in self._aside:
            return
        whole = memoryview(buffer.obj)
        bytes_spare = (len(self._spare) + 1) * len(whole)
        if not self._closed and self._share.allows(bytes_spare):
            self._spare.append(whole)
            self._share.use(bytes_spare)

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
        """Let go of spare buffers: nothing will be downloaded for now."""
        self._spare.clear()
        self._share.use(0)
        self._share.want_no_more()

    def close(self) -> None:
        """Let go of all memory: the torrent is over."""
        self._closed = True
        self.give_back_memory()
        for key in [key for key in self._cache.runs if isinstance(key, tuple) and key[0] is self]:
            self._cache.forget(key)

    def check_and_write(self, command: CheckAndWrite, tell: Callable[[Event], None]) -> None:
        """Hash a full piece, write it if good, and tell what came of it."""
        assert self._info is not None
        piece = command.piece
        buffer = self._buffers.pop(piece)
        hashes = self._content.hashes
        offset = self._info.geometry.offset_of(piece)
        storage = self._storage

        def check() -> PieceBad | tuple[bytes, ...]:
            if not hashes.matches(piece, buffer):
                digests = hashes.block_digests(piece, buffer)
                return PieceBad(piece, digests, hashes.contradict(piece, buffer))
            return hashes.block_digests(piece, buffer) if command.block_digests else ()

        def write(checked: PieceBad | tuple[bytes, ...]) -> Event:
            if isinstance(checked, PieceBad):
                return checked
            storage.write(offset, [buffer])
            return PieceStored(piece, checked)

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
        hasher = hashers.worker(self._offload, hashes, restoring=id(buffer.obj) in self._aside)
        self._offload.submit_chain([(hasher, check), (self._writer, write)], done)

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

    # --- out ------------------------------------------------------------------------------

    def lend(
        self, piece: int, begin: int, length: int, borrower: PeerConnection
    ) -> RunLease | None:
        """Lend a run that holds a requested block of a piece that we have.

        Returns:
            None if it must be read from a disk first; `borrower.flush` is called then.

        Raises:
            LookupError: It could not be read.
        """
        if self.proofs.needed(piece, borrower):
            return None
        run = self._cache.acquire(key := self._run_of(piece, begin, length))
        if run is not None and key not in self._fresh:
            self._meter.found(self._clock())
        self._fresh.pop(key, None)
        if run is None and key not in self._loading:
            run = self._read_at_once(key)
            if run is None and self.proofs.needed(piece, borrower):
                return None  # somebody has changed it
        if run is None:
            self._read_beside(key, borrower)
            return None
        return RunLease(self._cache, run, key[2], alone=self._cache.is_strained)

    def _run_of(self, piece: int, begin: int, length: int) -> RunKey:
        assert self._info is not None
        start = begin - begin % self.run_length
        stop = min(start + self.run_length, self._info.geometry.length_of(piece))
        if begin + length > stop or self._cache.is_strained:  # across runs, or memory is short
            return self, piece, begin, length
        return self, piece, start, stop - start

    def _stored(self, offset: int, view: memoryview) -> memoryview:
        """Clear what lies past the end of the content, in a v2 file's padding; give the rest."""
        assert self._info is not None
        left = self._info.geometry.total_length - offset
        if left < len(view):
            view[left:] = bytes(len(view) - left)
        return view[:left]

    def _read_at_once(self, key: RunKey) -> CachedRun | None:
        """Read a run if that takes no waiting for a disk."""
        assert self._info is not None
        run = self._cache.reserve(key[3])
        offset = self._info.geometry.offset_of(key[1]) + key[2]
        is_read = self._storage.try_read_into(offset, self._stored(offset, run.view))
        if is_read and self.proofs.is_still((key[1],)):
            self._meter.has_read(len(run.view), self._clock())
            self._cache.publish(key, run)
            return run
        self._cache.release(run)
        return None

    def _read_beside(self, key: RunKey, borrower: PeerConnection) -> None:
        """Read a run in a thread, once, however many peers wait for it."""
        if (waiting := self._loading.get(key)) is not None:
            waiting[borrower] = None
            return
        assert self._info is not None
        self._loading[key] = {borrower: None}
        self._meter.loading += 1
        run = self._cache.reserve(key[3])
        offset = self._info.geometry.offset_of(key[1]) + key[2]
        storage = self._storage

        def read() -> None:
            view = self._stored(offset, run.view)
            if storage.read_into(offset, view) != len(view):
                raise ReadError(f"content is missing: piece {key[1]}")

        def done(result: BaseException | None) -> None:
            self._meter.loading -= 1
            if result is None:
                self._meter.has_read(len(run.view), self._clock())
                self.proofs.worked(key[1])
                if self.proofs.is_still((key[1],)):  # else whoever waits has it proven
                    self._fresh[key] = None
                    self._cache.publish(key, run)
            elif isinstance(result, RainError):
                self.proofs.refuse(key[1], result)
            else:
                raise result
            for waiter in self._loading.pop(key):
                waiter.flush()
            self._cache.release(run)  # not before: it could be evicted unseen

        self._offload.submit(self._offload.lane("read"), read, done)
