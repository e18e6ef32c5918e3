"""One input to the torrent that it names: a path, a URL, a magnet link, a hash, a document."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import FormatError
from raincore.documents import documents
from raincore.formats import metainfo
from raintools._kit import lines, torrent_bytes
from raintools._kit.lines import Foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.documents import TorrentDocument
    from raincore.formats.magnet import Magnet
    from raincore.formats.metainfo import Metainfo

__all__ = ["Input", "Loaded", "link_in", "load", "url_in"]

# Not compiled here, for a quick start: most inputs are paths, whose length tells enough.
HASH = r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[A-Za-z2-7]{32}"
HASH_LENGTHS = (32, 40, 64)
MAGNET_V1 = "magnet:?xt=urn:btih:"
MAGNET_V2 = "magnet:?xt=urn:btmh:1220"
BOM = b"\xef\xbb\xbf"
BEGINNING = 80  # bytes: nobody writes more blanks before a document


class Input(NamedTuple):
    """One input, not read yet; `origin` is what to call it in messages.

    `given` is an argument (str), the bytes of a .torrent file, or a line of JSON.
    """

    given: str | bytes
    origin: str
    is_json: bool = False


class Loaded(NamedTuple):
    """A torrent, and all that is known about it.

    `file` is the path of the file it was read from, which is not always UTF-8 as `path` is.
    """

    document: TorrentDocument
    torrent: Metainfo | Magnet
    origin: str
    file: str | None = None


def load(item: Input, download: Callable[[str], bytes] | None = None) -> Loaded | Foreign:
    """Read what one input names: from disk, from the web (by `download`), or from itself.

    Raises:
        FormatError, NetworkError: It is unreadable, malformed or unsafe; a URL gave no file.
    """
    given = item.given
    if isinstance(given, bytes):
        if not item.is_json:
            return _of_file(torrent_bytes.bounded(given), item.origin)
        parsed = lines.parse_line(given)
        if isinstance(parsed, Foreign):
            return parsed
        from raincore.documents import source

        return Loaded(*source.find(parsed, torrent_bytes.read_named), item.origin)
    if (text := link_in(given)) is not None:
        from raincore.formats import magnet  # here, for a quick start of rain-inspect

        link = magnet.parse(text)
        return Loaded(documents.of_magnet(link), link, item.origin)
    if (url := url_in(given)) is not None:
        from raintools._kit import download as plain

        return _of_file((download or plain.get)(url), item.origin)
    if not given:
        raise FormatError("no file name given")
    path = os.path.abspath(given)
    # A pipe has no path that another process could open, nor JSON names that are not UTF-8.
    file = path if os.path.isfile(path) else None
    lasting = file is not None and file.encode("utf-8", "ignore").decode() == file
    loaded = _of_file(torrent_bytes.read_torrent(path), item.origin, file if lasting else None)
    return loaded._replace(file=file)


def link_in(given: str) -> str | None:
    """The magnet link that an argument is, or that an info-hash stands for; None if neither."""
    text = given.strip()
    if len(text) in HASH_LENGTHS and re.fullmatch(HASH, text):
        text = MAGNET_V2 + text if len(text) == 64 else MAGNET_V1 + text
    return text if text[:7].lower() == "magnet:" else None


def url_in(given: str) -> str | None:
    """The URL that an argument is; None if it is none."""
    text = given.strip()
    return text if text[:8].lower().startswith(("http://", "https://")) else None


def _of_file(raw: bytes, origin: str, path: str | None = None) -> Loaded:
    if raw[:BEGINNING].removeprefix(BOM).lstrip()[:1] == b"{":
        raise FormatError("a document, not a .torrent file: give documents on standard input")
    torrent = metainfo.parse(raw)
    return Loaded(documents.of_metainfo(torrent, path=path), torrent, origin)
