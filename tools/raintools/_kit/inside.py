"""The options for what an info dictionary says and how content is cut: the info-hash follows."""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.formats.info import MetaVersion
from raincore.storage.creation_options import CreateOptions
from raintools._kit import aliases, exclusive, layout_params, options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["inside"]

VERSIONS = ("v1", "v2", "hybrid")
PLAIN = ("name", "max_piece_length", "sort_by", "jobs")
opt = aliases.option
HIDDEN: dict[str, Any] = {"is_flag": True, "hidden": True}
OPTIONS = (
    opt("-n", "--name", metavar="TEXT", help="Name of the torrent; default: the end of PATH."),
    opt("-s", "--source", metavar="TEXT", help="A tag, so that the info-hash is another."),
    opt("--no-source", aliases=["--nosource"], **HIDDEN),
    opt("-p", "--private", is_flag=True, help="Peers come from the trackers only (BEP 27)."),
    opt("--no-private", aliases=["--noprivate"], **HIDDEN),
    opt(
        "-x",
        "--xseed",
        is_flag=True,
        aliases=["--cross-seed"],
        help="Put in a random number, so that the info-hash is another.",
    ),
    opt(
        "-l",
        "--piece-length",
        type=layout_params.PieceLength(),
        aliases=["--piece-size"],
        help="Default: what makes up to 2048 pieces.",
    ),
    opt("--piecesize", type=layout_params.Kibibytes(), hidden=True),
    opt(
        "--max-piece-length",
        type=layout_params.Mebibytes(),
        aliases=["--max-piece-size"],
        help="Let the default be no longer than this.",
    ),
    opt("--v1", is_flag=True, help="SHA-1 of pieces; the default."),
    opt("--v2", is_flag=True, help="SHA-256 trees (BEP 52)."),
    opt("--hybrid", is_flag=True, help="Both in one."),
    opt(
        "--align/--no-align",
        default=None,
        help="Pad files to whole pieces in v1 too (BEP 47), or not, the default.",
    ),
    opt(
        "--sort-by",
        type=layout_params.SortBy(),
        multiple=True,
        metavar="KEY",
        help="Order of files in v1: size or path, also size:descending; repeatable.",
    ),
    opt(
        "-j",
        "--jobs",
        type=click.IntRange(1, 256),
        aliases=["--threads"],
        help="Threads; default: one a core.",
    ),
)


def inside(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options, as the argument `wanted`: CreateOptions that take all files."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        version = MetaVersion(exclusive.one_of(given, *VERSIONS) or "v1")
        exclusive.one_of(given, "piece_length", "piecesize")
        if given["align"] is False and version is not MetaVersion.V1:
            raise click.UsageError(f"{version.value} torrents are always aligned")
        length = [given.pop(name) for name in ("piece_length", "piecesize")]
        wanted = CreateOptions(
            version=version,
            source=exclusive.unless(given, "source"),
            private=exclusive.unless(given, "private"),
            entropy=int.from_bytes(os.urandom(8)) >> 1 if given.pop("xseed") else None,
            piece_length=length[0] if length[1] is None else length[1],
            align=bool(given.pop("align")),
            **{name: given.pop(name) for name in PLAIN},
        )
        for name in VERSIONS:
            del given[name]
        return callback(wanted=wanted, **given)

    return options.stacked(wrapper, *OPTIONS)
