"""What the user gave, one by one: arguments, or stdin as it arrives."""

from __future__ import annotations

import os
import re
import sys
from typing import IO, TYPE_CHECKING

import click

from raincore.base.errors import FormatError
from raintools._kit import short_names, sources, torrent_bytes, unusable
from raintools._kit.lines import Foreign
from raintools._kit.sources import Input
from raintools._kit.stdin import Stdin, standard_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from raintools._kit.exits import Outcome
    from raintools._kit.output import Writer
    from raintools._kit.sources import Loaded

__all__ = ["each", "of"]

SNIFFED = 16  # enough for "d", a length of ten digits and a colon
BENCODED = rb"d[0-9]{1,10}:"  # unlike "debian.torrent"
MAX_LINE = 256 * 1024 * 1024  # a document with all pieces that embeds the largest .torrent
BOM = b"\xef\xbb\xbf"


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


def of(arguments: Sequence[str], stdin: IO[bytes] | None = None) -> Iterator[Input]:
    """Iterate over the inputs; "-" or no argument at all is stdin (CONTRACT §2).

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
    return _of(list(arguments) or ["-"], stdin)


def _of(arguments: list[str], stdin: IO[bytes] | None) -> Iterator[Input]:
    for argument in arguments:
        if argument != "-":
            yield Input(argument, short_names.of(argument))
        elif stdin is not None:
            yield from _stdin(stdin)
        elif sys.stdin is not None:
            yield from _stdin(standard_input())


def _stdin(stream: Stdin | IO[bytes]) -> Iterator[Input]:
    head = _read_line(stream, SNIFFED)
    if re.match(BENCODED, head):
        yield Input(head + stream.read(torrent_bytes.MAX_TORRENT + 1 - len(head)), "stdin")
        return
    is_json, number = None, 0
    spread = False  # over many lines: a document that was complained of at its first
    while head:
        number += 1
        line = head if head.endswith(b"\n") else head + _read_line(stream, MAX_LINE)
        if len(line) > MAX_LINE:
            raise FormatError(f"line {number} is longer than 256 MiB")
        line = line.removeprefix(BOM) if number == 1 else line
        if line.strip():
            if is_json is None:
                is_json = line.lstrip().startswith(b"{")
            origin = f"stdin line {number}"
            if not is_json:
                text = os.fsdecode(line.rstrip(b"\r\n"))
                yield Input(text, f"{origin}: {short_names.of(text)}")
            elif not spread or line.startswith(b"{"):
                yield Input(line, origin, is_json=True)
                spread = line.strip() == b"{"
        head = _read_line(stream, SNIFFED)


def _read_line(stream: Stdin | IO[bytes], limit: int) -> bytes:
    try:
        return stream.readline(limit)
    except OSError as error:
        raise FormatError(f"cannot be read: {(error.strerror or '').lower()}") from error
