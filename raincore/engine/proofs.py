"""Pieces that are believed to be good are hashed just before the first upload.

What an earlier run has verified is believed while size and mtime of its files are the same,
and so is, if the user wants a quick start, whatever has the right size. That is enough to
begin at once, and not enough to give it to anybody: a disk may have changed a byte, or a
program may have set a file's time back. So each such piece is read and hashed when it is
first asked for, in a thread, once, and whoever asked waits for that.

What was proven stays so until somebody else changes its file: the storage finds that out
with each read (`storage.file_changes`), and then nothing that was read is sent before it was
proven anew. What cannot be read, or is not there, is lost to nobody: it is refused for a
while and tried again, since a disk may come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.bitfield import Bitfield
from raincore.base.errors import RainError, ReadError
from raincore.base.geometry import PieceIndex
from raincore.storage.piece_checks import PieceChecker
from raincore.storage.workers import page_buffer
from raincore.swarm.events import Event, PieceLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from raincore.engine.content import Content
    from raincore.net.offload import Offload
    from raincore.storage.piece_checks import Checked

__all__ = ["Proofs"]


RETRY_SECONDS = 30.0
"""How long nobody is given a piece that could not be read."""
RESTLESS_MAX = 5
"""So often a piece may change while it is hashed; then it is another program's file."""


class Borrower(Protocol):
    """Whoever wants the bytes of a piece."""

    def flush(self) -> None:
        """Ask again: it is proven, or lost."""


class Proofs:
    """Which pieces are still to be proven, and who waits for it.

    Args:
        content: Says what is unproven, what it must hash to, and where it is.
        offload: Worker threads: "prove".
        clock: The present in monotonic seconds.
    """

    __slots__ = (
        *("_absent", "_buffer", "_checker", "_clock", "_content", "_offload", "_restless"),
        *("_waiting", "tell", "trouble"),
    )

    def __init__(self, content: Content, offload: Offload, clock: Callable[[], float]) -> None:
        self._content = content
        self._offload = offload
        self._clock = clock
        self._absent: dict[int, float] = {}  # pieces that could not be read: not before then
        self._restless: dict[int, int] = {}  # how often pieces have changed under our hands
        self._waiting: dict[int, dict[Borrower, None]] = {}
        self._checker: PieceChecker | None = None
        self._buffer: memoryview | None = None
        self.tell: Callable[[Event], None] = lambda event: None
        """Is told of pieces that turn out bad."""
        self.trouble: RainError | None = None
        """Why something that we have could not be read, the last time it was asked for."""

    def is_still(self, pieces: Iterable[int]) -> bool:
        """Whether these are as they were proven, after they were read; else ask `needed`."""
        self._doubt(self._content.storage.changed())
        unproven = self._content.unproven
        return not len(unproven) or not any(unproven[piece] for piece in pieces)

    def refuse(self, piece: int, error: RainError) -> None:
        """A piece could not be read: give it to nobody for now."""
        self._absent[piece] = self._clock() + RETRY_SECONDS
        self.trouble = error
        self._content.note_unreadable(error)

    def worked(self, piece: int) -> None:
        """A piece was read."""
        self._absent.pop(piece, None)
        if not self._absent:
            self.trouble = None

    def _doubt(self, files: Iterable[int]) -> None:
        """All of these files is to be proven."""
        content, geometry = self._content, self._content.hashes.geometry
        for index in files:
            if not len(content.unproven):
                content.unproven = Bitfield(geometry.piece_count)
            pieces = geometry.pieces_of_file(index)
            content.unproven.bits[pieces.start : pieces.stop] = 1

    def needed(self, piece: int, borrower: Borrower) -> bool:
        """Whether a piece must be proven first; `borrower.flush` is called when it is.

        Raises:
            LookupError: It could not be read a moment ago.
        """
        if self._absent and self._clock() < self._absent.get(piece, 0.0):
            raise LookupError(piece)
        unproven = self._content.unproven
        if not len(unproven) or not unproven[piece]:
            return False
        waiting = self._waiting.get(piece)
        if waiting is None:
            waiting = self._waiting[piece] = {}
            self._offload.submit(
                "prove", lambda: self._prove(piece), lambda result: self._done(piece, result)
            )
        waiting[borrower] = None
        return True

    def _prove(self, piece: int) -> Checked:
        """Runs in the worker thread."""
        if self._checker is None or self._buffer is None:
            self._checker = PieceChecker(self._content.hashes, self._content.storage)
            self._buffer = page_buffer(self._checker.buffer_length)
        [checked] = self._checker.check(range(piece, piece + 1), self._buffer)
        if not checked.good and checked.error is None and self._is_absent(piece):
            return checked._replace(error=ReadError(f"content is missing: piece {piece}"))
        return checked

    def _is_absent(self, piece: int) -> bool:
        """Whether a file of a piece is not there at all, or is no file any more."""
        content = self._content
        files = content.storage.fingerprint()
        spans = content.hashes.geometry.file_spans(PieceIndex(piece))
        return any(files[span.file_index] is None for span in spans)

    def _done(self, piece: int, result: Checked | BaseException) -> None:
        if isinstance(result, BaseException):
            raise result
        content, changed = self._content, self._content.storage.changed()
        self._doubt(changed)
        if isinstance(result.error, RainError):
            self.refuse(piece, result.error)
        elif self._is_restless(piece, changed):
            pass  # what was hashed need not be what is there: whoever waits asks again
        elif result.good or (result.good is None and content.hashes.sha1):
            content.unproven.discard(piece)
            self.worked(piece)
        else:
            self._lose(piece, "content has changed since it was verified")
        for borrower in self._waiting.pop(piece):
            borrower.flush()

    def _is_restless(self, piece: int, changed: frozenset[int]) -> bool:
        """Whether a piece changed while it was hashed, and is worth another attempt."""
        geometry = self._content.hashes.geometry
        if not any(piece in geometry.pieces_of_file(index) for index in changed):
            self._restless.pop(piece, None)
            return False
        times = self._restless[piece] = self._restless.get(piece, 0) + 1
        if times >= RESTLESS_MAX:
            del self._restless[piece]
            error = ReadError(f"content changes while it is read: piece {piece}")
            self.refuse(piece, error)
        return True

    def _lose(self, piece: int, text: str) -> None:
        self._content.unproven.discard(piece)  # it comes back verified or not at all
        self.worked(piece)
        self.tell(PieceLost(piece, text, not self._content.is_fixed))
