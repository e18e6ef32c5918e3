"""Bytes of one file to standard output: --stdout and --range, and what does not go with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from raincore.formats import byte_range
from raincore.formats.byte_range import WHOLE
from raincore.policy.excerpts import Excerpt
from raintools._kit import exclusive, params

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RANGE", "STDOUT", "check", "excerpt_of"]

DIGITS_MAX = 9
"""No torrent has so many files."""


class FileType(click.ParamType):  # type: ignore[type-arg]  # click 8.3 has it not generic
    """One file: a number gives int, a path or a glob str."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Digits are a number, all else is a path."""
        if not value:
            self.fail("names no file", param, ctx)
        if re.fullmatch(r"[0-9]+", value):
            if len(value) > DIGITS_MAX:
                self.fail(f"no torrent has so many files: {value[:20]}", param, ctx)
            return int(value)
        return value


class RangeType(params.Parsed):
    """Bytes of a file such as "0-499"."""

    name = "range"
    parse = staticmethod(byte_range.parse)


STDOUT = click.option(
    "--stdout",
    "stdout_file",
    type=FileType(),
    help="Write this file of the torrent, by number or path, to standard output as it comes.",
)
RANGE = click.option(
    "--range",
    "byte_range",
    type=RangeType(),
    help="Only these bytes of it: A-B, A- or the last -N.",
)

ALONE = (
    *("chosen", "events", "metadata_only", "seed", "seed_ratio", "seed_seconds", "edges_first"),
    *("priorities", "as_json"),
)
"""What says that something else is written or served, or other files are fetched."""


def excerpt_of(given: dict[str, Any]) -> Excerpt | None:
    """What both options ask for, which it takes out of `given`.

    Raises:
        click.UsageError: There is a range, but no file.
    """
    file, wanted = given.pop("stdout_file"), given.pop("byte_range")
    if file is None:
        if wanted is not None:
            raise click.UsageError("--range needs --stdout FILE")
        return None
    return Excerpt(file, wanted or WHOLE)


def check(given: Mapping[str, Any]) -> None:
    """Refuse what does not go with --stdout.

    Raises:
        click.UsageError: Something does not.
    """
    if given["stdout_file"] is None:
        return
    given = {**given, "stdout_file": True}  # 0 is a file, too
    for name in ALONE:
        if name in given:
            exclusive.one_of(given, "stdout_file", name)
    if len(given.get("arguments", ())) > 1:
        raise click.UsageError("--stdout writes a file of one torrent, not of several")
