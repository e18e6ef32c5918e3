"""Click types for how content is laid out: the length of pieces, as others spell it, and order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from raincore.base import units
from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.storage.creation_options import SortKey
from raintools._kit.params import Parsed

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

__all__ = ["Kibibytes", "Mebibytes", "PieceLength", "SortBy"]

KIB, MIB = 1024, 1024 * 1024
EXPONENTS = range(14, 31)
LEAST = 16 * KIB
SORT_KEYS = [key + order for key in ("path", "size") for order in ("", ":ascending", ":descending")]


def _piece_length(text: str) -> int:
    # As bytes these numbers make no piece length, so they are mktorrent's powers of two.
    if re.fullmatch(r"[0-9]{2}", text) and int(text) in EXPONENTS:
        return 1 << int(text)
    return units.parse_size(text)


def _kibibytes(text: str) -> int:
    return units.parse_size(text) * (KIB if re.fullmatch(r"[0-9]{1,9}", text) else 1)


def _mebibytes(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) and float(text) < LEAST:
        return int(float(text) * MIB)
    return units.parse_size(text)


def _sort_key(text: str) -> SortKey:
    if text not in SORT_KEYS:
        raise FormatError(f"not a key such as size or path:descending: {printable(text)!r}")
    key, _, order = text.partition(":")
    return SortKey(key, order == "descending")


class PieceLength(Parsed):
    """A size, or 14 to 30 for a power of two, as in mktorrent; gives bytes."""

    name = "size"
    parse = staticmethod(_piece_length)


class Kibibytes(Parsed):
    """A size, or a bare number of KiB, as in transmission-create; gives bytes."""

    name = "size"
    parse = staticmethod(_kibibytes)


class Mebibytes(Parsed):
    """A size, or a bare number of MiB too small to be one of bytes, as in torf; gives bytes."""

    name = "size"
    parse = staticmethod(_mebibytes)


class SortBy(Parsed):
    """What files are ordered by, "size" or "path:descending"; gives a SortKey."""

    name = "key"
    parse = staticmethod(_sort_key)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer what there is."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(text) for text in SORT_KEYS if text.startswith(incomplete)]
