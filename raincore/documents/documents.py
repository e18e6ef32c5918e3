"""One frozen record for the document that travels between the commands.

A `TorrentDocument` holds the keys of its schema as Python values and everything
else, untouched, in `extra`; so a stage can add what it learned and pass on the rest.
`codec` turns records into JSON values and back. None and () mean "not known" and are
left out of the JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from raincore.base.ids import InfoHash, InfoHashV2
    from raincore.formats.bencoding import Value
    from raincore.formats.info import FileEntry
    from raincore.formats.magnet import Magnet
    from raincore.formats.metainfo import Metainfo

__all__ = ["FileFacts", "TorrentDocument", "merge", "of_magnet", "of_metainfo"]

NOTHING: Mapping[str, Any] = MappingProxyType({})
LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z


class FileFacts(NamedTuple):
    """One entry of `files`. A tuple, because a torrent may have 100,000 of them.

    `path` and `symlink` are displayed forms, "/"-separated; `path_raw` is the name's raw
    bytes where they are not UTF-8; `length` is in bytes, `mtime` in seconds since 1970;
    `pieces` are the 32-byte v2 hashes of its pieces, only where asked for.
    """

    path: str
    length: int
    path_raw: bytes | None = None
    pieces_root: bytes | None = None
    attr: str = ""
    symlink: str | None = None
    mtime: int | None = None
    pieces: Sequence[bytes] = ()
    extra: Mapping[str, Any] = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentDocument:
    """What is known about one torrent: the document of type "torrent".

    Lengths are in bytes, dates in seconds since 1970. Strings that came out of a torrent
    are displayed forms (base.printable).
    """

    info_hash: InfoHash | None = None
    info_hash_v2: InfoHashV2 | None = None
    meta_version: str | None = None
    name: str | None = None
    comment: str | None = None
    created_by: str | None = None
    source: str | None = None
    creation_date: int | None = None
    private: bool | None = None
    piece_length: int | None = None
    piece_count: int | None = None
    total_length: int | None = None
    file_count: int | None = None
    files: Sequence[FileFacts] = ()
    pieces: Sequence[bytes] = ()  # 20-byte piece hashes; only where asked for
    trackers: Sequence[Sequence[str]] = ()
    webseeds: Sequence[str] = ()
    http_seeds: Sequence[str] = ()
    nodes: Sequence[str] = ()
    similar: Sequence[str] = ()
    collections: Sequence[str] = ()
    sources: Sequence[str] = ()  # where else a magnet link says the .torrent may be had
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)
    unknown_info: Mapping[str, Any] = field(default_factory=dict, hash=False)
    path: str | None = None
    metainfo: bytes | None = None
    magnet: str | None = None
    select: Sequence[int] = ()
    data_dir: str | None = None
    peers: Sequence[str] = ()
    status: str | None = None
    verify: Mapping[str, Any] | None = field(default=None, hash=False)
    last: bool | None = None  # no further document follows on this stream
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


def of_metainfo(
    metainfo: Metainfo, *, path: str | None = None, embed: bool = False, pieces: bool = False
) -> TorrentDocument:
    """Describe a .torrent file.

    Args:
        metainfo: The parsed file.
        path: Its absolute path; None when it has none (stdin, network).
        embed: Carry the file's bytes even though there is a path.
        pieces: Carry the piece hashes, v1 and v2.

    Returns:
        A document that a consumer can find the torrent by: it has `path`, or `metainfo`.
    """
    info = metainfo.info
    layers = metainfo.piece_layers if pieces else {}
    shown = _unknown(metainfo)
    return TorrentDocument(
        info_hash=info.info_hash,
        info_hash_v2=info.info_hash_v2,
        meta_version=info.meta_version.value,
        name=printable.displayed(info.name),
        comment=_displayed(metainfo.comment),
        created_by=_displayed(metainfo.created_by),
        source=_displayed(info.source),
        creation_date=_date(metainfo.creation_date),
        private=info.private,
        piece_length=info.piece_length,
        piece_count=info.geometry.piece_count,
        total_length=info.total_length,
        file_count=info.file_count,
        files=[_file(entry, layers, shown) for entry in info.display_files()],
        pieces=_split(info.piece_hashes, 20) if pieces else (),
        trackers=[[printable.displayed(url) for url in tier] for tier in metainfo.trackers],
        webseeds=[printable.displayed(url) for url in metainfo.webseeds],
        http_seeds=[printable.displayed(url) for url in metainfo.http_seeds],
        nodes=[printable.displayed(node) for node in metainfo.nodes],
        similar=[similar.hex() for similar in metainfo.similar],
        collections=[printable.displayed(name) for name in metainfo.collections],
        unknown=shown(metainfo.extra),
        unknown_info=shown(info.extra),
        path=path,
        metainfo=metainfo.raw if embed or path is None else None,
    )


def of_magnet(magnet: Magnet) -> TorrentDocument:
    """Describe a magnet link; it knows its hashes and what the link says, no more."""
    from raincore.documents import unknown
    from raincore.formats import magnet as magnets  # here, for a quick start of rain-inspect

    both = magnet.info_hash is not None and magnet.info_hash_v2 is not None
    return TorrentDocument(
        info_hash=magnet.info_hash,
        info_hash_v2=magnet.info_hash_v2,
        meta_version="hybrid" if both else None,
        name=_displayed(magnet.name),
        total_length=magnet.length,
        trackers=[[printable.displayed(url) for url in tier] for tier in magnet.trackers],
        webseeds=[printable.displayed(url) for url in magnet.webseeds],
        sources=[printable.displayed(url) for url in magnet.sources],
        unknown=unknown.of_parameters(magnet.unknown),
        magnet=magnets.encode(magnet),
        select=magnet.select,
        peers=magnet.peers,
    )


def merge(old: TorrentDocument, new: TorrentDocument) -> TorrentDocument:
    """Add what a stage learned to what it was given.

    Args:
        old: The document from the stage before.
        new: The new facts; what is None or empty here leaves the old fact alone. (To take
            a fact away, use `dataclasses.replace`.)

    Returns:
        A document with the facts of both, unknown keys included, those of files too; the
        new ones win.
    """
    facts = {
        item.name: value
        for item in fields(TorrentDocument)
        if (value := getattr(new, item.name)) is not None and value not in ((), [], {})
    }
    facts["extra"] = {**old.extra, **new.extra}
    if old.files and new.files:
        facts["files"] = _merged_files(old.files, new.files)
    return replace(old, **facts)


def _merged_files(old: Sequence[FileFacts], new: Sequence[FileFacts]) -> Sequence[FileFacts]:
    known = {(file.path, file.length): file for file in old if file.extra or file.pieces}
    if not known:
        return new
    merged = []
    for file in new:
        before = known.get((file.path, file.length))
        if before is not None:
            # A piece layer belongs to its root.
            layer = before.pieces if before.pieces_root == file.pieces_root else ()
            extra = {**before.extra, **file.extra}
            file = file._replace(pieces=file.pieces or layer, extra=extra)
        merged.append(file)
    return merged


def _unknown(metainfo: Metainfo) -> Callable[[Mapping[bytes, Value] | None], dict[str, Any]]:
    info = metainfo.info
    if not metainfo.extra and not info.extra and all(file.extra is None for file in info.files):
        return lambda values: {}  # and nothing to import: the quick start of rain-inspect
    from raincore.documents import unknown

    return unknown.Unknown().shown


def _file(
    entry: FileEntry,
    layers: Mapping[bytes, bytes],
    shown: Callable[[Mapping[bytes, Value] | None], dict[str, Any]],
) -> FileFacts:
    shown_path, _, raw_path, length, attr, symlink, _, root, mtime, extra = entry
    raw = b"/".join(raw_path)
    return FileFacts(
        "/".join(shown_path),
        length,
        None if raw.isascii() or printable.is_utf8(raw) else raw,
        root,
        attr,
        None if symlink is None else "/".join(symlink),
        mtime,
        _split(layers.get(root, b""), 32) if root is not None and layers else (),
        {"unknown": shown(extra)} if extra else NOTHING,
    )


def _split(hashes: bytes, length: int) -> Sequence[bytes]:
    return [hashes[start : start + length] for start in range(0, len(hashes), length)]


def _displayed(text: str | None) -> str | None:
    return None if text is None else printable.displayed(text)


def _date(seconds: int | None) -> int | None:
    # RFC 3339 has years 0000 to 9999; anything else is nonsense from a broken creator.
    return seconds if seconds is not None and 0 <= seconds <= LAST_SECOND else None
