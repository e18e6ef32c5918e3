"""One input to the torrent that it names: a path, a URL, a magnet link, a hash, a document."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from raincore.base import printable
from raincore.base.errors import DocumentError, FormatError
from raincore.documents import documents
from raincore.formats import metainfo
from raintools._kit import lines
from raintools._kit.lines import Foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.documents import TorrentDocument
    from raincore.formats.magnet import Magnet
    from raincore.formats.metainfo import Metainfo

__all__ = ["MAX_TORRENT", "Input", "Loaded", "load", "read_torrent"]

MAX_TORRENT = 32 * 1024 * 1024
# Not compiled here, for a quick start: most inputs are paths, whose length tells enough.
HASH = r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[A-Za-z2-7]{32}"
HASH_LENGTHS = (32, 40, 64)
MAGNET_V1 = "magnet:?xt=urn:btih:"
MAGNET_V2 = "magnet:?xt=urn:btmh:1220"


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
            return _of_file(_bounded(given), item.origin)
        parsed = lines.parse_line(given)
        if isinstance(parsed, Foreign):
            return parsed
        from raincore.documents import source

        return Loaded(*source.find(parsed, _read_named), item.origin)
    text = given.strip()
    if len(text) in HASH_LENGTHS and re.fullmatch(HASH, text):
        text = MAGNET_V2 + text if len(text) == 64 else MAGNET_V1 + text
    if text[:7].lower() == "magnet:":
        from raincore.formats import magnet  # here, for a quick start of rain-inspect

        link = magnet.parse(text)
        return Loaded(documents.of_magnet(link), link, item.origin)
    if text[:8].lower().startswith(("http://", "https://")):
        from raintools._kit import download as plain

        return _of_file((download or plain.get)(text), item.origin)
    if not given:
        raise FormatError("no file name given")
    path = os.path.abspath(given)
    # A pipe has no path that another process could open, nor JSON names that are not UTF-8.
    file = path if os.path.isfile(path) else None
    lasting = file is not None and file.encode("utf-8", "ignore").decode() == file
    loaded = _of_file(read_torrent(path), item.origin, file if lasting else None)
    return loaded._replace(file=file)


def read_torrent(path: str) -> bytes:
    """Read a .torrent file; raise FormatError if that cannot be done, or it is too large."""
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_TORRENT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no usable file name"
        raise FormatError(f"cannot be read: {reason.lower()}") from error
    return _bounded(raw)


def _bounded(raw: bytes) -> bytes:
    if len(raw) > MAX_TORRENT:
        raise FormatError("larger than 32 MiB, which is too large for a .torrent file")
    return raw


def _read_named(path: str) -> bytes:
    try:
        return read_torrent(path)
    except FormatError as error:
        raise DocumentError(f"{error}: {printable.printable(path)}", "$.path") from error


def _of_file(raw: bytes, origin: str, path: str | None = None) -> Loaded:
    torrent = metainfo.parse(raw)
    return Loaded(documents.of_metainfo(torrent, path=path), torrent, origin)
