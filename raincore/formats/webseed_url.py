"""Where a web seed keeps what: the URLs of files (BEP 19) and of pieces (BEP 17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash
    from raincore.formats.info import Info

__all__ = ["NO_WEB", "WebUrls", "of_file", "of_piece"]


class WebUrls(NamedTuple):
    """Web servers that have the content of a torrent, hostile as it is.

    Args:
        files: Those that serve files (BEP 19).
        pieces: Those that serve pieces (BEP 17).
    """

    files: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()


NO_WEB = WebUrls()


def of_file(base: str, info: Info, index: int) -> str:
    """The URL of one file (BEP 19, "metadata extension").

    The URL of a torrent with one file is that of the file, unless it ends in a slash:
    then the name goes behind it. With several files, the name and the path of each go
    behind it. Names go as they are in the torrent, byte by byte, escaped where a URL
    demands it (RFC 3986, 2.1).

    Args:
        base: As the torrent has it.
        index: Of the file in the content.
    """
    if not info.is_multi_file and not base.endswith("/"):
        return base
    path = "/".join(quote(part, safe="") for part in info.files[index].raw_path)
    return f"{base.removesuffix('/')}/{path}"


def of_piece(base: str, info_hash: InfoHash, piece: int, length: int) -> str:
    """The URL of one whole piece (BEP 17, "protocol").

    Args:
        base: As the torrent has it; it may have a query of its own.
        length: Bytes in the piece.
    """
    sign = "&" if "?" in base else "?"
    return f"{base}{sign}info_hash={quote(info_hash, safe='')}&piece={piece}&ranges=0-{length - 1}"
