"""Runs of pieces on their way out: read in one go, cached, and lent to links.

What was read for one request answers the next ones, of whoever asks. What the system has in
memory is read at once; what is on a disk is read in a thread, and whoever waits is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import RainError, ReadError
from raincore.engine.proofs import Proofs
from raincore.engine.run_lease import RunLease
from raincore.policy.disk_meter import DiskMeter

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.engine.content import Content
    from raincore.engine.peer_tasks import PeerConnection
    from raincore.net.offload import Offload
    from raincore.storage.piece_cache import CachedRun, PieceCache

__all__ = ["Lending"]

RUN_LENGTH = 1024 * 1024

RunKey = tuple["Lending", int, int, int]  # whose cached run it is; piece, begin, length


class Lending:
    """One torrent's traffic from storage to links, in the event loop.

    Args:
        content: Gives the storage.
        offload: Worker threads: "read", of which there may be several, and that of `Proofs`.
        cache: Of what was read lately, shared by all torrents.
        meter: Counts what is read.
        run_length: Bytes that are read from a file at once.
        clock: The present in monotonic seconds.
    """

    def __init__(
        self,
        content: Content,
        offload: Offload,
        cache: PieceCache,
        meter: DiskMeter | None = None,
        run_length: int = RUN_LENGTH,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        self._content = content
        self._offload = offload
        self._cache = cache
        self._meter = meter or DiskMeter()
        self._run_length = run_length
        self._clock = clock
        self._loading: dict[RunKey, dict[PeerConnection, None]] = {}
        self._fresh: dict[RunKey, None] = {}  # read for somebody who has not come back yet
        self.proofs = Proofs(content, offload, clock)

    def close(self) -> None:
        """Let go of what is cached: the torrent is over."""
        for key in [key for key in self._cache.runs if isinstance(key, tuple) and key[0] is self]:
            self._cache.forget(key)

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
        start = begin - begin % self._run_length
        stop = min(start + self._run_length, self._content.hashes.geometry.length_of(piece))
        # Across two runs, or into padding: legal but unusual. Or slow readers pin too much.
        if begin + length > stop or self._cache.is_strained:
            return self, piece, begin, length
        return self, piece, start, stop - start

    def _stored(self, offset: int, view: memoryview) -> memoryview:
        """Clear what lies past the end of the content, in a v2 file's padding; give the rest."""
        left = self._content.hashes.geometry.total_length - offset
        if left < len(view):
            view[left:] = bytes(len(view) - left)
        return view[:left]

    def _read_at_once(self, key: RunKey) -> CachedRun | None:
        """Read a run if that takes no waiting for a disk."""
        run = self._cache.reserve(key[3])
        offset = self._content.hashes.geometry.offset_of(key[1]) + key[2]
        is_read = self._content.storage.try_read_into(offset, self._stored(offset, run.view))
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
        self._loading[key] = {borrower: None}
        self._meter.loading += 1
        run = self._cache.reserve(key[3])
        offset = self._content.hashes.geometry.offset_of(key[1]) + key[2]
        storage = self._content.storage

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
