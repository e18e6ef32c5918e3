"""The options --match and --apply: local files found for torrents, and put into place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import ContentMismatch
from raintools._kit import options
from raintools._kit.aliases import option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.layout import Layout
    from raincore.storage.matching import Match
    from raintools._kit.options import Common

__all__ = ["Finder", "finder", "matching"]

SATISFIED = ("in_place", "exact", "likely")
COLORS = {"in_place": "green", "exact": "green", "likely": "yellow"}

OPTIONS = (
    option(
        "--match",
        "match",
        multiple=True,
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="Find the files of the torrents below DIR, under any name; repeatable.",
    ),
    option(
        "--apply",
        "apply",
        type=click.Choice(["reflink", "hardlink", "symlink", "copy"]),
        help="Put what --match finds where it belongs; nothing is overwritten.",
    ),
)


def matching(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add --match and --apply, as the arguments `match` and `apply` of `finder`."""
    return options.stacked(callback, *OPTIONS)


def finder(match: Sequence[str], apply: str | None, common: Common) -> Finder | None:
    """What finds files as the options say; None if that is not asked for."""
    if apply and not match:
        raise click.UsageError("--apply needs --match DIR, which finds the files")
    return Finder(match, apply, common) if match else None


class Finder:
    """Finds the files of one torrent after the other; the directories are read once.

    Args:
        directories: Where to look.
        apply: How to put what is found into place; None to leave it where it is.
    """

    def __init__(self, directories: Sequence[str], apply: str | None, common: Common) -> None:
        from raincore.storage.size_index import SizeIndex

        self.apply = apply
        self.common = common
        self.index = SizeIndex(directories)
        for error in self.index.errors:
            common.outcome.failed(error)

    def show(self, torrent: Metainfo, layout: Layout, found: Sequence[Match]) -> None:
        """Write the plan, a line for each file, carrying it out if asked to.

        Raises:
            ContentMismatch: Not all files were found.
        """
        from raincore.documents import matches

        out, info = self.common.out, torrent.info
        for number, match in enumerate(found):
            applied = self.put(layout, match)
            source = None if match.source is None else match.source.path
            target = str(layout.path_of(match.index))
            path = "/".join(info.files[match.index].path)
            if out.human:
                status = out.styled(f"{match.status:9}", fg=COLORS.get(match.status, "red"))
                arrow = f"  <- {source}" if source and match.status != "in_place" else ""
                out.text(f"{status}  {path}{arrow}" + (f"  ({applied})" if applied else ""))
                continue
            pieces = (match.pieces_proven, match.pieces_total)
            facts: dict[str, Any] = {"target": target, "source": source, "applied": applied}
            out.value(
                matches.encode(
                    info, match.index, match.status, number=number, pieces=pieces, **facts
                )
            )
        lacking = sum(match.status not in SATISFIED for match in found)
        if lacking:
            raise ContentMismatch(f"{lacking} of {len(found)} files were not found")

    def put(self, layout: Layout, match: Match) -> str | None:
        """Put a file into place if that is asked for and safe; say how."""
        from raincore.storage.linking import How, Linker

        if self.apply is None or match.status not in ("exact", "likely"):
            return None
        how = How(self.apply)
        path = layout.path_of(match.index)
        if match.status == "likely" and how.shares_content:
            # A download would mend the unproven bytes, in somebody else's file.
            self.common.warn(f"not every byte is proven, so it is not linked but left out: {path}")
            return None
        with self.common.outcome.guard():
            Linker(layout, how).put(match.index, match.source)
            return how.value
        return None
