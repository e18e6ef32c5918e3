"""Pieces that are believed to be good are hashed just before the first upload.

What an earlier run has verified is believed while size and mtime of its files are the same,
and so is, if the user wants a quick start, whatever has the right size. That is enough to
begin at once, and not enough to give it to anybody: a disk may have changed a byte, or a
program may have set a file's time back. So each such piece is read and hashed when it is
first asked for, in a thread, once, and whoever asked waits for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.errors import RainError
from raincore.storage.piece_checks import PieceChecker
from raincore.storage.workers import page_buffer
from raincore.swarm.events import Event, PieceLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.engine.content import Content
    from raincore.net.offload import Offload
    from raincore.storage.piece_checks import Checked

__all__ = ["Proofs"]


class Borrower(Protocol):
    """Whoever wants the bytes of a piece."""

    def flush(self) -> None:
        """Ask again: it is proven, or lost."""


class Proofs:
    """Which pieces are still to be proven, and who waits for it.

    Args:
        content: Says what is unproven, what it must hash to, and where it is.
        offload: Worker threads: "prove".
    """

    __slots__ = ("_buffer", "_checker", "_content", "_offload", "_waiting", "tell")

    def __init__(self, content: Content, offload: Offload) -> None:
        self._content = content
        self._offload = offload
        self._waiting: dict[int, dict[Borrower, None]] = {}
        self._checker: PieceChecker | None = None
        self._buffer: memoryview | None = None
        self.tell: Callable[[Event], None] = lambda event: None
        """Is told of pieces that turn out bad."""

    def needed(self, piece: int, borrower: Borrower) -> bool:
        """Whether a piece must be proven first; `borrower.flush` is called when it is.

        Raises:
            LookupError: It could not be proven.
        """
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
        return checked

    def _done(self, piece: int, result: Checked | BaseException) -> None:
        if isinstance(result, BaseException):
            raise result
        content = self._content
        if result.good or (result.good is None and content.hashes.sha1):
            content.unproven.discard(piece)
        elif isinstance(result.error, RainError):
            self._lose(piece, str(result.error), may_replace=False)
        else:
            self._lose(piece, "content has changed since it was verified")
        for borrower in self._waiting.pop(piece):
            borrower.flush()

    def _lose(self, piece: int, text: str, *, may_replace: bool = True) -> None:
        self._content.unproven.discard(piece)  # it comes back verified or not at all
        self.tell(PieceLost(piece, text, may_replace and not self._content.is_fixed))
