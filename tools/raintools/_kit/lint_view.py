"""Prints what `lint` finds, a line each, and lets errors decide the exit code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from raincore.base import errors, printable
from raincore.documents import findings
from raincore.formats import lint
from raincore.formats.metainfo import Metainfo
from raintools._kit import exits, inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.formats.lint_codes import Finding
    from raintools._kit.options import Common
    from raintools._kit.output import Writer
    from raintools._kit.sources import Loaded

__all__ = ["lint_all"]

COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


def lint_all(arguments: Sequence[str], common: Common) -> int:
    """Look at all inputs; 1 if there is a finding that is an error, 3 if one was refused."""
    out = common.out
    outcome = _Refusals(common.outcome, out)
    for loaded in inputs.each(arguments, outcome, out):
        with outcome.guard(loaded.origin):
            if _lint(loaded, out):
                outcome.code = max(outcome.code, 1)
    return outcome.code


class _Refusals(exits.Outcome):
    """Reports refused inputs as findings too, for programs; people have the message."""

    def __init__(self, outcome: exits.Outcome, out: Writer) -> None:
        super().__init__(outcome.command, debug=outcome.debug)
        self._out = out

    def warn(self, text: str) -> None:
        """Nothing: what is ignored in an input is a finding here."""

    def failed(self, error: BaseException, origin: str = "") -> None:
        """Write a finding before the message."""
        if isinstance(error, errors.FormatError) and not self._out.human:
            self._out.value(findings.encode(findings.of_error(error), origin))
        super().failed(error, origin)


def _lint(loaded: Loaded, out: Writer) -> bool:
    """Print what is found in one torrent; whether there is an error."""
    torrent, document = loaded.torrent, loaded.document
    if isinstance(torrent, Metainfo):
        file_name = None if document.path is None else os.path.basename(document.path)
        found = lint.of_metainfo(torrent, file_name)
    else:
        found = lint.of_magnet(torrent)
    has_error = False
    for one in found:
        has_error = has_error or one.severity == "error"
        if out.human:
            out.text(_line(one, loaded.origin, out))
        else:
            out.value(findings.encode(one, loaded.origin, document))
    return has_error


def _line(found: Finding, origin: str, out: Writer) -> str:
    severity = out.styled(found.severity, fg=COLORS[found.severity], bold=True)
    where = f"{found.where}: " if found.where else ""
    return f"{printable.printable(origin)}: {severity}: {found.code}: {where}{found.message}"
