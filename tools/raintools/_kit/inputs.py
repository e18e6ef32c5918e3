"""What the user gave, one by one: arguments, or stdin as it arrives."""

from __future__ import annotations

import sys
from collections import deque
from typing import IO, TYPE_CHECKING

import click

from raintools._kit import short_names, sources, stdin_inputs, unusable
from raintools._kit.lines import Foreign
from raintools._kit.sources import Input
from raintools._kit.stdin import Stdin, standard_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from raintools._kit.exits import Outcome
    from raintools._kit.output import Writer
    from raintools._kit.sources import Loaded

__all__ = ["Inputs", "each", "of"]


def each(
    arguments: Sequence[str],
    outcome: Outcome,
    out: Writer,
    stdin: IO[bytes] | None = None,
    download: Callable[[str], bytes] | None = None,
) -> Iterator[Loaded]:
    """Load each input; report the bad ones to `outcome` and go on; pass others on to `out`.

    Raises:
        click.UsageError: As `of`.
    """
    items = of(arguments, stdin)
    while True:
        item = loaded = None
        with outcome.guard("stdin"):
            item = next(items, None)
        if item is None:
            return
        with outcome.guard(item.origin):
            loaded = unusable.told(sources.load(item, download), item.origin, outcome)
        if isinstance(loaded, Foreign):
            if not out.human:
                out.raw(loaded.line)
        elif loaded is not None:
            yield loaded


def of(arguments: Sequence[str], stdin: IO[bytes] | None = None) -> Inputs:
    """Iterate over the inputs; "-" or no argument at all is stdin.

    Lines of stdin are given as they arrive: `next` blocks only while there is none, and
    may be called from a thread.

    Args:
        arguments: From the command line.
        stdin: Takes the place of the process's own.

    Raises:
        click.UsageError: (At once.) There is no argument, and stdin is a terminal.
        FormatError: (From `next`.) stdin cannot be divided into inputs any further.
    """
    if not arguments and stdin is None and (sys.stdin is None or sys.stdin.isatty()):
        raise click.UsageError("no input: give a .torrent, a magnet link or an info-hash")
    return Inputs(list(arguments) or ["-"], stdin)


class Inputs:
    """What `of` gives: an iterator that also knows whether it would have to wait."""

    def __init__(self, arguments: Sequence[str], stdin: IO[bytes] | None) -> None:
        self._left = deque(arguments)
        self._stdin = stdin
        self._stream: Stdin | IO[bytes] | None = None
        self._lines: Iterator[Input] = iter(())

    def __iter__(self) -> Inputs:
        return self

    def __next__(self) -> Input:
        while (line := next(self._lines, None)) is None:
            self._stream = None
            if not self._left:
                raise StopIteration
            argument = self._left.popleft()
            if argument != "-":
                return Input(argument, short_names.of(argument))
            self._stream = self._stdin
            if self._stdin is None and sys.stdin is not None:
                self._stream = standard_input()
            if self._stream is not None:
                self._lines = stdin_inputs.divided(self._stream)
        return line

    def is_at_hand(self) -> bool:
        """Whether there is another argument, or line of stdin, without waiting for it."""
        if self._stream is None:
            return bool(self._left) and self._left[0] != "-"
        return not isinstance(self._stream, Stdin) or self._stream.is_at_hand()
