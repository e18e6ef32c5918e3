"""What a server said as the JSON documents that other commands read.

A torrent becomes the document that travels between commands, with the server's own row under
`session`. Everything else keeps the server's members as they are, behind `type`, `v` and `id`.
"""

from __future__ import annotations

from typing import Any

from raincore.base.errors import DocumentError, FormatError, RemoteProtocolError
from raincore.documents import codec, registry
from raincore.documents import documents as torrents
from raintools.ctl.fields import cleaned, text

__all__ = ["embedded", "linked", "of", "status_of", "torrent"]

VERSION = 1
RULE = "JSON-RPC of rain"
OURS = ("type", "v", "id")
STATUSES = {
    "Stopped": "stopped",
    "Queued": "checking",
    "Downloading Metadata": "metadata",
    "Allocating": "checking",
    "Verifying": "checking",
    "Downloading": "downloading",
    "Seeding": "seeding",
    "Stopping": "stopped",
}


def torrent(row: dict[str, Any], stats: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document of a torrent of a session.

    Args:
        row: As ListTorrents and AddTorrent have it.
        stats: As GetTorrentStats has them; None if they were not asked for.

    Raises:
        RemoteProtocolError: No server of ours says such a thing.
    """
    v1, v2 = text(row, "InfoHash").lower(), text(row, "InfoHashV2").lower()
    document: dict[str, Any] = {"type": "torrent", "v": VERSION}
    if not v2 or v2[:40] != v1:  # a torrent of v2 only is known by the beginning of its hash
        document["info_hash"] = v1
    if v2:
        document["info_hash_v2"] = v2
    name = text(stats, "Name") or text(row, "Name")
    if name:
        document["name"] = name
    status = status_of(row if stats is None else stats)
    if status:
        document["status"] = status
    document |= {"id": text(row, "ID"), "session": cleaned(row)}
    if stats is not None:
        document["stats"] = cleaned(stats)
    return _checked(document)


def linked(ident: str, link: str, came: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a magnet link of a torrent says, as a torrent document.

    Args:
        ident: The torrent's id in its session.
        link: From the server.
        came: The document that named the torrent; its facts stay.

    Raises:
        RemoteProtocolError: That is no magnet link.
    """
    from raincore.formats import magnet

    try:
        record = torrents.of_magnet(magnet.parse(link))
    except FormatError as error:
        raise RemoteProtocolError(f"no magnet link in the server's reply: {error}", RULE) from error
    return _checked({**(came or {}), **codec.encode(record), "id": cleaned(ident)})


def embedded(ident: str, raw: bytes, came: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a .torrent file says, and the file, as a torrent document.

    Args:
        ident: The torrent's id in its session.
        raw: The file, from the server.
        came: The document that named the torrent; its facts stay.

    Raises:
        RemoteProtocolError: That is no .torrent file.
    """
    from raincore.formats import metainfo

    try:
        record = torrents.of_metainfo(metainfo.parse(raw))
    except FormatError as error:
        raise RemoteProtocolError(f"the server's .torrent file is none: {error}", RULE) from error
    return _checked({**(came or {}), **codec.encode(record), "id": cleaned(ident)})


def of(kind: str, ident: str | None, facts: dict[str, Any]) -> dict[str, Any]:
    """A document of another type.

    Args:
        kind: Its type.
        ident: The torrent's id in its session; None if it is not about a torrent.
        facts: The server's members.

    Raises:
        RemoteProtocolError: No server of ours says such a thing.
    """
    document: dict[str, Any] = {"type": kind, "v": VERSION}
    if ident is not None:
        document["id"] = cleaned(ident)
    document |= {key: value for key, value in cleaned(facts).items() if key not in OURS}
    return _checked(document)


def status_of(said: dict[str, Any]) -> str:
    """A status in the words of our documents; "" if it is not known."""
    word = STATUSES.get(text(said, "Status"), "")
    return "error" if word == "stopped" and text(said, "Error") else word


def _checked(document: dict[str, Any]) -> dict[str, Any]:
    try:
        registry.validate(document)
    except DocumentError as error:
        raise RemoteProtocolError(f"what the server said makes no sense: {error}", RULE) from error
    return document
