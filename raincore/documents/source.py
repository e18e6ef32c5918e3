"""Find the torrent that a document speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from raincore.base import printable
from raincore.base.errors import DocumentError, FormatError
from raincore.documents import documents
from raincore.documents.documents import TorrentDocument
from raincore.formats import metainfo as metainfos

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.formats.magnet import Magnet
    from raincore.formats.metainfo import Metainfo

__all__ = ["find"]

Given = TypeVar("Given")
Torrent = TypeVar("Torrent")


def find(
    document: TorrentDocument, read_file: Callable[[str], bytes]
) -> tuple[TorrentDocument, Metainfo | Magnet]:
    """Find the torrent that a document speaks of.

    Takes the first of `metainfo`, `path`, `magnet`, `info_hash`(+`_v2`).

    Args:
        document: What came in.
        read_file: Gives the bytes of the file at an absolute path; whatever it raises
            passes through.

    Returns:
        The document completed by what the torrent itself says, and the torrent. Where the
        two differ, the torrent is right about its content, and the document about how to
        reach it: `trackers`, `webseeds`, `peers`, `select`, `data_dir`.

    Raises:
        DocumentError: The document names no torrent, or one with another info-hash, or
            one that is malformed; its `__cause__` is then the error in the torrent.
    """
    torrent: Metainfo | Magnet
    if document.metainfo is not None:
        torrent = _parsed(metainfos.parse, document.metainfo, "$.metainfo")
        found = documents.of_metainfo(torrent, path=document.path, embed=True)
    elif document.path is not None:
        raw = read_file(document.path)
        name = printable.printable(document.path)
        torrent = _parsed(metainfos.parse, raw, "$.path", f": {name}")
        found = documents.of_metainfo(torrent, path=document.path)
    elif document.magnet is not None:
        from raincore.formats import magnet as magnets  # here, for a quick start

        torrent = _parsed(magnets.parse, document.magnet, "$.magnet")
        found = documents.of_magnet(torrent)
    elif document.info_hash is not None or document.info_hash_v2 is not None:
        torrent = _magnet_of(document)
        found = documents.of_magnet(torrent)
    else:
        raise DocumentError("has none of metainfo, path, magnet, info_hash", "$")
    _check_same(document, found)
    reach = TorrentDocument(
        trackers=document.trackers,
        webseeds=document.webseeds,
        peers=tuple(dict.fromkeys([*document.peers, *found.peers])),
        select=document.select,
    )
    return documents.merge(documents.merge(document, found), reach), torrent


def _parsed(parse: Callable[[Given], Torrent], given: Given, where: str, name: str = "") -> Torrent:
    try:
        return parse(given)
    except FormatError as error:
        raise DocumentError(f"{error}{name}", where) from error


def _magnet_of(document: TorrentDocument) -> Magnet:
    from raincore.formats import magnet as magnets

    return magnets.Magnet(
        info_hash=document.info_hash,
        info_hash_v2=document.info_hash_v2,
        name=document.name,
        trackers=tuple(tuple(tier) for tier in document.trackers if tier),
        webseeds=tuple(document.webseeds),
        peers=tuple(document.peers),
        select=tuple(document.select),
    )


def _check_same(given: TorrentDocument, found: TorrentDocument) -> None:
    for name in ("info_hash", "info_hash_v2"):
        said, real = getattr(given, name), getattr(found, name)
        if said is not None and real is not None and said != real:
            raise DocumentError(
                f"does not belong to the torrent named, which has {real.hex()}", f"$.{name}"
            )
