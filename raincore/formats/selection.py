"""Files by number: as magnet links count them, and as people do.

A link counts all files of the info dictionary (BEP 53, "so"), padding files too, which
nobody wants and no list shows. Documents and `--select` count those that are shown. The
two differ only in torrents with padding: in a hybrid of three files, say, file 1 of a
document is file 2 of a link, since file 1 there is the padding behind file 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.formats.info import Info

__all__ = ["Selected", "in_documents"]


class Selected(NamedTuple):
    """A selection counted the other way.

    Args:
        indices: Rising.
        missing: What was selected, though there is no such file.
    """

    indices: tuple[int, ...]
    missing: tuple[int, ...]


def in_documents(indices: Iterable[int], info: Info) -> Selected:
    """Count the selection of a link as documents do; padding is left out of it."""
    files, chosen = info.files, sorted(set(indices))
    shown = {raw: number for number, raw in enumerate(info.display_indices())}
    return Selected(
        tuple(shown[index] for index in chosen if index in shown),
        tuple(index for index in chosen if index >= len(files)),
    )
