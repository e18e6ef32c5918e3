"""Progress bars on stderr, for people only. The door to tqdm."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

from raincore.base import printable

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Bar", "hide"]

NAME_LIMIT = 40
NAME_LEAST = 8
AMOUNT = 22  # columns that ":  33%|▎| 9.33M/28.6M" takes beside the name
USUAL_COLUMNS = 80
PLAIN = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}"
shown: list[Bar] = []  # a terminal is one for the whole process, and so is this


def hide() -> None:
    """Clear every bar from the screen; called by whoever writes a line to the terminal."""
    for bar in shown:
        bar.hide()


class Bar:
    """A bar while stderr is a terminal and nobody asked for quiet; otherwise nothing.

    Use it in a `with` statement, which takes the bar away at the end. Not thread-safe.

    Args:
        name: What is worked on; made printable and cut to 40 characters, fewer where the terminal is narrow.
        total: Bytes in all; None when not known yet.
        quiet: Show nothing.
        with_rate: Let the bar compute rate and remaining time; False where the caller
            knows them better and puts them into the note.
    """

    def __init__(
        self, name: str, total: int | None, *, quiet: bool = False, with_rate: bool = True
    ) -> None:
        self._bar: Any = None
        if quiet or sys.stderr is None or not sys.stderr.isatty():
            return
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread
        shown.append(self)
        self._bar = tqdm(
            desc=_shown(name),
            total=total,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            ncols=_room(sys.stderr)[0],
            bar_format=None if with_rate else PLAIN,
            leave=False,
            file=sys.stderr,
        )
        self._bar.dynamic_ncols = _room  # asked whenever the bar is drawn

    def show(self, done: int, *, total: int | None = None, note: str = "") -> None:
        """Show how many bytes are done, in all so far; `note` stands behind the bar."""
        if self._bar is None:
            return
        if total is not None:
            self._bar.total = total
        if note:
            self._bar.set_postfix_str(printable.printable(note, NAME_LIMIT), refresh=False)
        self._bar.update(done - self._bar.n)

    def hide(self) -> None:
        """Take the bar off the screen until it is shown again, so that text can appear."""
        if self._bar is not None:
            self._bar.clear()

    def rename(self, name: str) -> None:
        """Show another name, once it is known."""
        if self._bar is not None:
            self._bar.set_description_str(_shown(name))

    def close(self) -> None:
        """Take the bar away; harmless when repeated."""
        if self._bar is not None:
            self._bar.close()
            shown.remove(self)
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _shown(name: str) -> str:
    """A name made printable, and so short that the amount stands beside it."""
    room = _room(sys.stderr)[0] - AMOUNT
    return printable.printable(name, max(NAME_LEAST, min(NAME_LIMIT, room)))


def _room(terminal: TextIO) -> tuple[int, None]:
    """How many columns a bar may take, and no limit of lines; stdout may be another terminal."""
    try:
        columns = os.get_terminal_size(terminal.fileno()).columns
    except OSError:  # says isatty, but is none, as tests do
        columns = 0
    # Room for the "^C" that a terminal echoes: a bar that wraps cannot be removed.
    return max((columns or USUAL_COLUMNS) - 4, 1), None
