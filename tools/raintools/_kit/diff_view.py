"""Compares inputs with one torrent and prints what became of each file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from raincore.base import units
from raincore.base.errors import FormatError
from raincore.documents import differences
from raincore.formats import diff
from raincore.formats.diff import Change
from raincore.formats.metainfo import Metainfo
from raintools._kit import inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.formats.diff import Diff, FileDiff
    from raintools._kit.options import Common
    from raintools._kit.output import Writer
    from raintools._kit.sources import Loaded

__all__ = ["diff_all"]

COLORS = {
    Change.ADDED: "green",
    Change.CHANGED: "yellow",
    Change.REMOVED: "red",
    Change.UNKNOWN: "magenta",
}


def diff_all(old: str, arguments: Sequence[str], common: Common) -> int:
    """Compare each input with `old`; 0 if all have the same files, 1 if one has not.

    Raises:
        click.UsageError: stdin is asked to be both sides.
    """
    if old == "-" and (not arguments or "-" in arguments):
        raise click.UsageError("standard input cannot be both sides of --diff")
    out, outcome = common.out, common.outcome
    base = next(inputs.each([old], outcome, out), None)
    if base is None:
        if not outcome.code:  # nothing was wrong, for nothing was there
            outcome.failed(FormatError("no torrent to compare with"), "stdin")
        return outcome.code
    with outcome.guard(base.origin):
        before = _metainfo(base)
        for number, loaded in enumerate(inputs.each(arguments, outcome, out)):
            with outcome.guard(loaded.origin):
                found = diff.compare(before, _metainfo(loaded))
                if not found.is_same:
                    outcome.code = max(outcome.code, 1)
                if not out.human:
                    out.value(differences.encode(found, base.document, loaded.document))
                    continue
                if number:
                    out.text("")
                for line in _lines(found, out):
                    out.text(line)
    return outcome.code


def _metainfo(loaded: Loaded) -> Metainfo:
    if not isinstance(loaded.torrent, Metainfo):
        raise FormatError("a magnet link does not say which files there are")
    return loaded.torrent


def _lines(found: Diff, out: Writer) -> Iterator[str]:
    """All files but those that are the same, and a sum."""
    for file in found.files:
        if file.change is not Change.SAME:
            word = out.styled(file.change.value.ljust(9), fg=COLORS.get(file.change, "cyan"))
            yield f"{word}{_file(file, out)}"
    counts = Counter(file.change for file in found.files)
    total = ", ".join(f"{counts[change]:,} {change.value}" for change in Change if counts[change])
    needed = f"{units.format_size(found.bytes_needed)} needed"
    if found.bytes_unknown:
        needed += f", {units.format_size(found.bytes_unknown)} of it perhaps"
    yield f"{total}: {needed}"


def _file(file: FileDiff, out: Writer) -> str:
    paths = ["/".join(side.entry.path) for side in (file.old, file.new) if side is not None]
    side = file.new or file.old
    assert side is not None
    size = units.format_size(side.entry.length)
    if file.bytes_needed not in (0, side.entry.length):
        size = f"{units.format_size(file.bytes_needed)} of {size}"
    return f"{' → '.join(dict.fromkeys(paths))}  {out.styled(size, dim=True)}"
