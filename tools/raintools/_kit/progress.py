"""Progress bars on stderr, for people only. The door to tqdm."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

from raincore.base import printable

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Bar"]

NAME_LIMIT = 40


class Bar:
    """A bar while stderr is a terminal and nobody asked for quiet; otherwise nothing.

    Use it in a `with` statement, which takes the bar away at the end. Not thread-safe.

    Args:
        name: What is worked on; made printable and cut to 40 characters.
        total: Bytes in all; None when not known yet.
        quiet: Show nothing.
    """

    def __init__(self, name: str, total: int | None, *, quiet: bool = False) -> None:
        self._bar: Any = None
        if quiet or sys.stderr is None or not sys.stderr.isatty():
            return
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread
        self._bar = tqdm(
            desc=printable.printable(name, NAME_LIMIT),
            total=total,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            dynamic_ncols=True,
            leave=False,
            file=sys.stderr,
        )

    def show(self, done: int, *, total: int | None = None, note: str = "") -> None:
        """Show how many bytes are done, in all so far; `note` stands behind the bar."""
        if self._bar is None:
            return
        if total is not None:
            self._bar.total = total
        if note:
            self._bar.set_postfix_str(printable.printable(note, NAME_LIMIT), refresh=False)
        self._bar.update(done - self._bar.n)

    def rename(self, name: str) -> None:
        """Show another name, once it is known."""
        if self._bar is not None:
            self._bar.set_description_str(printable.printable(name, NAME_LIMIT))

    def close(self) -> None:
        """Take the bar away; harmless when repeated."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
