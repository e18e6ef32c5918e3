"""In which order and how many at once to ask the places that are no peers for a torrent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AT_ONCE", "SourceQueue"]

AT_ONCE = 3
"""Each may send 32 MiB before it turns out to be useless."""


class SourceQueue:
    """The sources of one torrent, each of which is asked once.

    Args:
        sources: Their names, the most promising first.

    Attributes:
        failures: What came of those that were asked in vain, by name, in that order.
    """

    def __init__(self, sources: Iterable[str] = ()) -> None:
        self._waiting = list(dict.fromkeys(sources))  # a few, of few torrents
        self._asked: dict[str, None] = {}
        self.failures: dict[str, str] = {}

    def take(self) -> str | None:
        """Choose the next source to ask; None if enough are asked, or all have been."""
        if not self._waiting or len(self._asked) >= AT_ONCE:
            return None
        source = self._waiting.pop(0)
        self._asked[source] = None
        return source

    def failed(self, source: str, text: str) -> None:
        """Note why a source was of no use; unless it is not asked any more."""
        if source in self._asked:
            del self._asked[source]
            self.failures[source] = text

    def drop(self) -> bool:
        """Ask no more, and expect no answer; say whether any was expected."""
        expected = bool(self._asked)
        self._waiting.clear()
        self._asked.clear()
        return expected

    @property
    def asked(self) -> tuple[str, ...]:
        """Those that have not answered yet."""
        return tuple(self._asked)

    @property
    def tried(self) -> int:
        """How many were asked so far."""
        return len(self._asked) + len(self.failures)

    @property
    def may_help(self) -> bool:
        """Whether an answer is expected, or can be asked for."""
        return bool(self._waiting or self._asked)
