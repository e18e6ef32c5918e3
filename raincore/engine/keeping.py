"""Blocks of unfinished pieces on their way to the log that outlives us, and back.

Neither waits on the event loop, and no bytes are copied: a buffer that a thread reads or
fills is set aside, so that no other piece gets its memory meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import RainError
from raincore.engine.pulse import Pulse
from raincore.storage.unfinished_pieces import UnfinishedPieces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from raincore.base.bitfield import Bitfield
    from raincore.base.geometry import Geometry
    from raincore.engine.piece_io import PieceIO
    from raincore.net.offload import Offload

__all__ = ["Keeping"]


class Keeping:
    """Carries out RestorePiece and KeepBlocks.

    Args:
        path: Where the log is (see `unfinished_pieces.place_of`); None to keep nothing.
        limit: How many bytes may be kept; two pieces always may.
        piece_io: Has the buffers.
        offload: Worker threads: "disk" keeps; "hash" restores, so that a piece is hashed
            only after what was kept of it is back.
        warn: Is told, by code and message, what does not work; nothing depends on it.
    """

    __slots__ = (
        "_busy",
        "_closed",
        "_failure",
        "_idle",
        "_limit",
        "_log",
        "_offload",
        "_path",
        "_piece_io",
        "_warn",
    )

    def __init__(
        self,
        path: str | None,
        limit: int,
        piece_io: PieceIO,
        offload: Offload,
        warn: Callable[[str, str], None],
    ) -> None:
        self._path = path
        self._limit = limit
        self._piece_io = piece_io
        self._offload = offload
        self._warn = warn
        self._log: UnfinishedPieces | None = None
        self._busy = 0
        self._closed = False
        self._idle = Pulse()
        self._failure = ""

    def open(
        self,
        geometry: Geometry,
        have: Bitfield,
        done: Callable[[dict[int, tuple[int, ...]] | BaseException], None],
    ) -> None:
        """Find what an earlier run has kept; how it failed is a warning.

        Args:
            done: Is told of the blocks of pieces that we do not have, now or soon; or of a
                bug.
        """
        path, limit = self._path, max(self._limit, 2 * geometry.piece_length)
        if path is None or have.all() or self._closed:
            done({})
            return

        def opened(log: UnfinishedPieces | BaseException) -> None:
            if isinstance(log, RainError):
                self._warn("resume_state", str(log))
                done({})
            elif isinstance(log, BaseException):
                done(log)
            else:
                self._log = log
                if self._closed:  # while it was opened
                    log.close()
                kept = log.blocks.items()
                done({piece: numbers for piece, numbers in kept if not have[piece]})

        self._offload.submit("disk", lambda: UnfinishedPieces.open(path, geometry, limit), opened)

    def keep(self, pieces: Mapping[int, tuple[int, ...] | None]) -> None:
        """Keep these blocks and no others; returns at once."""
        log = self._log
        if log is None:
            return
        nothing = memoryview(b"")
        blocks = {
            piece: ((), nothing) if numbers is None else (numbers, self._piece_io.set_aside(piece))
            for piece, numbers in pieces.items()
        }
        buffers = [buffer for _, buffer in blocks.values()]
        self._submit("disk", lambda: log.keep(blocks), buffers)

    def restore(self, piece: int) -> None:
        """Put what was kept of a piece into its buffer; returns at once."""
        log = self._log
        assert log is not None, "only what `open` has found is restored"
        buffer = self._piece_io.set_aside(piece)
        self._submit("hash", lambda: log.read_into(piece, buffer), [buffer])

    def _submit(self, worker: str, job: Callable[[], None], buffers: list[memoryview]) -> None:
        def done(result: BaseException | None) -> None:
            for buffer in buffers:
                self._piece_io.release(buffer)
            self._busy -= 1
            if not self._busy:
                self._idle.beat()
            if isinstance(result, RainError):
                self._note_failure(str(result))
            elif result is not None:
                raise result

        self._busy += 1
        self._offload.submit(worker, job, done)

    def _note_failure(self, failure: str) -> None:
        """Say what does not work, but not every few seconds."""
        if failure != self._failure:
            self._warn("resume_state", failure)
        self._failure = failure

    async def wait(self) -> None:
        """Wait until all that was asked for is done."""
        while self._busy:
            await self._idle.wait()

    def close(self) -> None:
        """Close the log; harmless when repeated."""
        self._closed = True
        if self._log is not None:
            self._log.close()
