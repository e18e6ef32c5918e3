"""Records to JSON values and back: RFC 3339 times, hex hashes, base64 bytes.

`encode` needs no schema. `decode` takes a JSON value that `registry.validate` has
accepted; what a schema cannot say (is it base64? does the day exist?) is checked here.
"""

from __future__ import annotations

import binascii
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from raincore.base import ids, printable
from raincore.base.errors import DocumentError, FormatError
from raincore.documents.documents import FileFacts, TorrentDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.events import Event

__all__ = ["decode", "encode", "rfc3339", "seconds"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VERSION = 1
TYPES = {
    "Status": "status",
    "Progress": "progress",
    "MetadataProgress": "metadata",
    "PieceDone": "piece",
    "FileDone": "file",
    "PeerEvent": "peer",
    "TrackerEvent": "tracker",
    "DhtEvent": "dht",
    "Explanation": "explain",
    "Warning": "warning",
    "WebseedEvent": "webseed",
}
TORRENT_FIELDS = tuple(item.name for item in fields(TorrentDocument) if item.name != "extra")
FILE_KEYS = frozenset(
    {"path", "length", "path_b64", "pieces_root", "attr", "symlink", "mtime", "pieces"}
)
PLAIN_LISTS = (
    *("webseeds", "http_seeds", "nodes", "similar", "collections", "sources", "select", "peers"),
)
INTEGERS = ("piece_length", "piece_count", "total_length", "file_count")


def encode(record: TorrentDocument | Event) -> dict[str, Any]:
    """Turn a record into a JSON value; what is not known is left out.

    Keys come in the order of the fields, unknown ones last, so equal records give equal lines.
    """
    if isinstance(record, TorrentDocument):
        return _encode_torrent(record)
    value: dict[str, Any] = {"type": TYPES[type(record).__name__], "v": VERSION}
    for item in fields(record):
        fact = getattr(record, item.name)
        if fact is not None:
            value[item.name] = fact
    value["time"] = rfc3339(record.time, milliseconds=True)
    value["info_hash"] = record.info_hash.hex()
    return value


def decode(value: dict[str, Any]) -> TorrentDocument:
    """Read a torrent document from a JSON value that its schema accepts.

    Raises:
        DocumentError: A value has the right shape but no meaning; `where` names it.
    """
    facts = {name: value[name] for name in TORRENT_FIELDS if name in value}
    for name in INTEGERS:
        if name in facts:
            facts[name] = int(facts[name])  # JSON Schema takes 1.0 for an integer
    if "info_hash" in facts:
        facts["info_hash"] = ids.InfoHash.from_hex(facts["info_hash"])
    if "info_hash_v2" in facts:
        facts["info_hash_v2"] = ids.InfoHashV2.from_hex(facts["info_hash_v2"])
    if "creation_date" in facts:
        facts["creation_date"] = seconds(facts["creation_date"], "$.creation_date")
    if "metainfo" in facts:
        facts["metainfo"] = _unbase64(facts["metainfo"], "$.metainfo")
    if "files" in facts:
        facts["files"] = [_decode_file(n, item) for n, item in enumerate(facts["files"])]
    if "pieces" in facts:
        facts["pieces"] = [bytes.fromhex(digest) for digest in facts["pieces"]]
    for name in ("path", "data_dir"):
        if name in facts:
            _check_path(facts[name], f"$.{name}")
    if "peers" in facts:
        facts["peers"] = [_address(n, text) for n, text in enumerate(facts["peers"])]
    if "select" in facts:
        facts["select"] = [int(index) for index in facts["select"]]
    known = {"type", "v", *TORRENT_FIELDS}
    return TorrentDocument(**facts, extra={k: v for k, v in value.items() if k not in known})


def rfc3339(time: float, *, milliseconds: bool = False) -> str:
    """Write seconds since 1970 as RFC 3339 in UTC, such as "2026-11-24T03:17:00Z"."""
    # Added to the epoch, because fromtimestamp depends on the platform's range.
    moment = EPOCH + timedelta(milliseconds=int(time * 1000))
    text = moment.isoformat(timespec="milliseconds" if milliseconds else "seconds")
    return text.removesuffix("+00:00") + "Z"


def seconds(text: str, where: str = "") -> int:
    """Read an RFC 3339 time; fractions are cut off.

    Raises:
        DocumentError: There is no such moment, or it lacks its offset from UTC.
    """
    shown = printable.printable(text)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise DocumentError(f"time has no offset from UTC: {shown!r}", where)
        moment = moment.astimezone(UTC)  # also refuses what is not in years 1 to 9999 there
    except (ValueError, OverflowError) as error:
        raise DocumentError(f"not an RFC 3339 time: {shown!r}", where) from error
    return (moment - EPOCH) // timedelta(seconds=1)


def _encode_torrent(document: TorrentDocument) -> dict[str, Any]:
    value: dict[str, Any] = {"type": "torrent", "v": VERSION}
    for name in TORRENT_FIELDS:
        fact = getattr(document, name)
        if fact is None or (name in LISTS and not fact):
            continue
        value[name] = CONVERTED[name](fact) if name in CONVERTED else fact
    value.update(document.extra)
    return value


def _encode_file(entry: FileFacts) -> dict[str, Any]:
    path, length, path_raw, root, attr, symlink, mtime, pieces, extra = entry
    value: dict[str, Any] = {"path": path, "length": length}
    if path_raw is not None:
        value["path_b64"] = _base64(path_raw)
    if root is not None:
        value["pieces_root"] = root.hex()
    if attr:
        value["attr"] = attr
    if symlink is not None:
        value["symlink"] = symlink
    if mtime is not None:
        value["mtime"] = mtime
    if pieces:
        value["pieces"] = [digest.hex() for digest in pieces]
    if extra:
        value.update(extra)
    return value


def _check_path(text: str, where: str) -> None:
    try:
        usable = b"\0" not in text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # JSON can spell surrogates that stand for no byte
        usable = False
    if not usable:
        raise DocumentError(f"no file can be called that: {printable.printable(text)!r}", where)


def _address(index: int, text: str) -> str:
    from raincore.base.endpoint import canonical_address  # here, for a quick start

    try:
        return canonical_address(text)
    except FormatError as error:
        raise DocumentError(str(error), f"$.peers[{index}]") from error


def _decode_file(index: int, value: dict[str, Any]) -> FileFacts:
    raw = value.get("path_b64")
    root = value.get("pieces_root")
    mtime = value.get("mtime")
    return FileFacts(
        path=value["path"],
        length=int(value["length"]),
        path_raw=None if raw is None else _unbase64(raw, f"$.files[{index}].path_b64"),
        pieces_root=None if root is None else bytes.fromhex(root),
        attr=value.get("attr", ""),
        symlink=value.get("symlink"),
        mtime=None if mtime is None else int(mtime),
        pieces=tuple(bytes.fromhex(digest) for digest in value.get("pieces", ())),
        extra={key: item for key, item in value.items() if key not in FILE_KEYS},
    )


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def _unbase64(text: str, where: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:  # also binascii.Error
        raise DocumentError("not base64", where) from error


CONVERTED: dict[str, Callable[[Any], Any]] = {
    "info_hash": bytes.hex,
    "info_hash_v2": bytes.hex,
    "creation_date": rfc3339,
    "metainfo": _base64,
    "files": lambda files: [_encode_file(entry) for entry in files],
    "pieces": lambda digests: [digest.hex() for digest in digests],
    "trackers": lambda tiers: [list(tier) for tier in tiers],
    **dict.fromkeys(PLAIN_LISTS, list),
}
LISTS = frozenset({"files", "pieces", "trackers", "unknown", "unknown_info", *PLAIN_LISTS})
