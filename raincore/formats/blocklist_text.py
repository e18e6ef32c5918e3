"""A file of addresses to stay away from, in any of the notations in use, packed or not.

What a line may say is told in `blocklist_lines`, which reads one at a time. Lists have half
a million lines, so those in the usual notations are read in runs by `blocklist_runs`.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.formats import blocklist_lines, gzip_blocks
from raincore.formats.blocklist import pack_v4
from raincore.formats.blocklist_runs import RunReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["BlocklistText", "parse"]

MAX_BYTES = 256 * 1024 * 1024
"""Unpacked; the largest lists in use have 50 MB."""
MAX_RANGES = 5_000_000
MAX_LINE = 64 * 1024
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class BlocklistText:
    """What a file says.

    Args:
        v4: Ranges as `blocklist.Blocklist` takes them.
        v6: Likewise.
        bad_lines: How many lines could not be read.
        first_bad_line: The number of the first of them, from 1; 0 if there is none.
    """

    v4: array[int] = field(default_factory=lambda: array("Q"))
    v6: list[tuple[int, int]] = field(default_factory=list)
    bad_lines: int = 0
    first_bad_line: int = 0


def parse(blocks: Iterable[bytes]) -> BlocklistText:
    """Read a blocklist.

    Args:
        blocks: The file's bytes in order, cut anywhere; gzip or plain.

    Returns:
        Its ranges. Lines that make no sense are counted and left out.

    Raises:
        FormatError: It is no list: no line of it can be read, though some is no comment;
            or it is damaged or too large.
    """
    found = BlocklistText()
    reader = RunReader()
    line = 1
    for run in _runs(gzip_blocks.unpacked(blocks, MAX_BYTES)):
        _read(found, reader, run, line)
        line += run.count(b"\n")
        if len(found.v4) + len(found.v6) > MAX_RANGES:
            raise FormatError(f"more than {MAX_RANGES:,} ranges")
    if found.bad_lines and not found.v4 and not found.v6:
        raise FormatError("no list of addresses: no line of it can be read")
    return found


def _runs(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut what comes into runs of whole lines, all of which end in a line feed."""
    rest = b""
    is_first = True
    for block in blocks:
        data = rest + block
        if is_first and len(data) >= len(BOM):
            data, is_first = data.removeprefix(BOM), False
        head, newline, rest = data.rpartition(b"\n")
        if newline:
            yield head.replace(b"\r", b"") + b"\n"
        if len(rest) > MAX_LINE:
            raise FormatError("no list of addresses: a line has no end")
    if rest:
        yield rest.replace(b"\r", b"") + b"\n"


def _read(found: BlocklistText, reader: RunReader, run: bytes, line: int) -> None:
    """Read whole lines, the first of which has the number `line`."""
    ranges, matched = reader.read(run)
    if ranges is not None:
        found.v4.extend(ranges)
        return
    count = run.count(b"\n")
    if count > 1 and matched > count // 2:
        # A few lines are different: they are in one half, or in the other.
        middle = run.find(b"\n", len(run) // 2, len(run) - 1) + 1
        middle = middle or run.rfind(b"\n", 0, len(run) // 2) + 1
        _read(found, reader, run[:middle], line)
        _read(found, reader, run[middle:], line + run.count(b"\n", 0, middle))
        return
    for number, text in enumerate(run[:-1].split(b"\n"), line):
        _read_line(found, text, number)


def _read_line(found: BlocklistText, text: bytes, number: int) -> None:
    try:
        span = blocklist_lines.read(text)
    except FormatError:
        found.bad_lines += 1
        found.first_bad_line = found.first_bad_line or number
        return
    if span is None:
        return
    if span.family == 4:
        found.v4.append(pack_v4(span.first, span.last))
    else:
        found.v6.append((span.first, span.last))
