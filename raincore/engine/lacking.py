"""What is wrong with content that should be complete, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import ContentMismatch

if TYPE_CHECKING:
    from raincore.base.bitfield import Bitfield
    from raincore.formats.info import Info

__all__ = ["mismatch"]


def mismatch(info: Info, have: Bitfield) -> ContentMismatch:
    """Say briefly what is wrong with incomplete content."""
    bad = list(have.missing())
    shown = ", ".join(map(str, bad[:10])) + (", …" if len(bad) > 10 else "")
    lacking = {
        "/".join(file.path): lacks
        for index, file in enumerate(info.files)
        if (lacks := sum(not have[piece] for piece in info.geometry.pieces_of_file(index)))
        and not file.is_padding
    }
    others = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    # The file that lacks most is the likeliest cause: pieces reach into its neighbours.
    worst = max(lacking, key=lambda path: lacking[path], default="")
    where = f": {worst}{others}" if worst else ""  # a piece may be padding only
    return ContentMismatch(
        f"{len(bad)} of {len(have)} pieces are missing or do not match ({shown}){where}", bad
    )
