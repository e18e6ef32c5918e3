"""What a session keeps of one torrent, other than its content and its info dictionary.

Three rows of the database, by how often they change: who it is and what is wanted of it;
its counters; and the verified pieces, which `resume_record` has.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from raincore.base.errors import FormatError
from raincore.base.nothing import empty
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.priorities import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Counts",
    "TorrentOptions",
    "TorrentRecord",
    "encode",
    "encode_counts",
    "encode_options",
    "parse",
    "parse_counts",
    "parse_options",
]

VERSION = 1
LEVELS = frozenset(Priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentOptions:
    """What the user wants of a torrent; all of it can be changed while it runs.

    Args:
        stop_after_download: Stop when all is there; forgotten when that happens.
        stop_after_metadata: Stop when a magnet link's metadata is known; likewise.
        sequential: Fetch pieces in their order.
        edges_first: Fetch the beginning and the end of each file first.
        select: Which files are wanted; all if none is selected.
        priorities: How much files are wanted (policy.priorities), by their number as
            documents count; sorted pairs. It goes before what is selected.
        download_bytes_per_second: Limit of its own; 0 for none.
        upload_bytes_per_second: Likewise.
        seed_ratio: Stop when so much was given; None for what the session says, infinite
            for never.
        seed_seconds: Stop after so long; likewise.
        seed_idle_seconds: Stop after giving nothing for so long; likewise.
        labels: Words of the user's, sorted.
    """

    stop_after_download: bool = False
    stop_after_metadata: bool = False
    sequential: bool = False
    edges_first: bool = False
    select: Selection = EVERYTHING
    priorities: tuple[tuple[int, int], ...] = ()
    download_bytes_per_second: int = 0
    upload_bytes_per_second: int = 0
    seed_ratio: float | None = None
    seed_seconds: float | None = None
    seed_idle_seconds: float | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentRecord:
    """Who a torrent is, and what is to become of it.

    Args:
        id: Names it in its session.
        info_hash: 40 hex digits, as the swarm knows it.
        hash_v1: 40 hex digits of its info dictionary; "" if unknown or v2 only.
        hash_v2: 64 hex digits likewise; "" if unknown or v1 only.
        name: As it was added.
        port: Where it accepts peers; 0 if all torrents share a port, or none was free.
        added_at: Seconds since 1970, as `completed_at`, which is 0 before that.
        data_dir: Absolute path of the directory that holds the content.
        started: Whether it is to run when the session does.
        hook_ran: Whether the command on completion has run.
        error: Why it last stopped; "" if it was told to.
        trackers: URLs in tiers.
        webseeds: URLs (BEP 19).
        http_seeds: URLs (BEP 17).
        sources: URLs of the .torrent file (`xs`, `as`).
        peers: "host:port" given with it; a magnet link names them.
        added_peers: "host:port" named by users; nobody else is told.
        nodes: "host:port" of DHT nodes given with it.
        options: What can be changed later.
    """

    id: str
    info_hash: str
    hash_v1: str = ""
    hash_v2: str = ""
    name: str = ""
    port: int = 0
    added_at: float = 0.0
    completed_at: float = 0.0
    data_dir: str = ""
    started: bool = False
    hook_ran: bool = False
    error: str = ""
    trackers: tuple[tuple[str, ...], ...] = ()
    webseeds: tuple[str, ...] = ()
    http_seeds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    added_peers: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    options: TorrentOptions = field(default_factory=TorrentOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Bytes and seconds, of all runs of a torrent together.

    `next_announces`: when trackers may be told again, by URL, in seconds since 1970.
    """

    downloaded: int = 0
    uploaded: int = 0
    wasted: int = 0
    seeded_seconds: float = 0.0
    next_announces: Mapping[str, float] = field(default_factory=empty)


def encode(record: TorrentRecord) -> dict[str, object]:
    """Turn a record into a value for JSON."""
    return {"v": VERSION, **_parts(record), "options": encode_options(record.options)}


def encode_options(options: TorrentOptions) -> dict[str, object]:
    """Turn wishes into a value for JSON."""
    found = {key: -1 if part == math.inf else part for key, part in _parts(options).items()}
    chosen = options.select
    select = {"globs": chosen.globs, "indices": chosen.indices, "linked": chosen.linked}
    return {**found, "select": select}


def encode_counts(counts: Counts) -> dict[str, object]:
    """Turn counters into a value for JSON."""
    return {"v": VERSION, **_parts(counts), "next_announces": dict(counts.next_announces)}


def _parts(record: Any) -> dict[str, object]:
    """Its fields as they are; `asdict` copies what never changes, and takes ten times as long."""
    return {one.name: getattr(record, one.name) for one in fields(record)}


def parse(value: object) -> TorrentRecord:
    """Turn a stored value into a record, believing nothing.

    Keys that are missing have their defaults, so that an older record loads; keys that are
    unknown are of a newer version, and a reason to leave the record alone.

    Raises:
        FormatError: It is not what `encode` gives.
    """
    found = _checked(value, TorrentRecord)
    options = parse_options(found.pop("options", {}))
    record = TorrentRecord(**found, options=options)
    if not re.fullmatch(r"[0-9a-f]{40}", record.info_hash):
        raise FormatError("a record's info-hash is malformed")
    for text, length in ((record.hash_v1, 40), (record.hash_v2, 64)):
        if text and not re.fullmatch(f"[0-9a-f]{{{length}}}", text):
            raise FormatError("a record's info-hash is malformed")
    if not 0 <= record.port < 65536:
        raise FormatError("a record's port is out of range")
    return record


def parse_options(value: object) -> TorrentOptions:
    """Turn a stored value into wishes, believing nothing.

    Raises:
        FormatError: It is not what `encode_options` gives.
    """
    options = _checked({**_mapping(value), "v": VERSION}, TorrentOptions)
    selection = _mapping(options.pop("select", {}))
    select = Selection(
        _texts(selection.get("globs", ())),
        _numbers(selection.get("indices", ())),
        _numbers(selection.get("linked", ())),
    )
    return TorrentOptions(**options, select=select)


def parse_counts(value: object) -> Counts:
    """Turn a stored value into counters, believing nothing.

    Raises:
        FormatError: It is not what `encode_counts` gives.
    """
    return Counts(**_checked(value, Counts))


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError("a record's options are malformed")
    return dict(value)


def _checked(value: object, kind: type) -> dict[str, Any]:
    """The fields of a record of `kind`, each of the type that it has there."""
    if not isinstance(value, dict) or value.get("v") != VERSION:
        raise FormatError("not a record of this version")
    types = {one.name: str(one.type) for one in fields(kind)}
    found: dict[str, Any] = {}
    for key, part in value.items():
        if key == "v":
            continue
        if key not in types:
            raise FormatError(f"a record has a key of a newer version: {key!r}")
        found[key] = READERS.get(types[key], lambda part: part)(part)
    missing = [one for one in ("id", "info_hash") if one in types and one not in found]
    if missing:
        raise FormatError(f"a record lacks {missing[0]}")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise FormatError("a record's text is malformed")
    return sys.intern(value)  # thousands have the same trackers and directory


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise FormatError("a record's flag is malformed")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise FormatError("a record's number is malformed")
    return value


def _real(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise FormatError("a record's number is malformed")
    return float(value)  # type: ignore[arg-type]


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise FormatError("a record's list is malformed")
    return tuple(map(_text, value))


def _numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise FormatError("a record's list is malformed")
    return tuple(map(_number, value))


def _priorities(value: object) -> tuple[tuple[int, int], ...]:
    pairs = tuple(map(_numbers, value)) if isinstance(value, list | tuple) else None
    if pairs is None or any(len(pair) != 2 or pair[1] not in LEVELS for pair in pairs):
        raise FormatError("a record's priorities are malformed")
    return tuple((number, level) for number, level in pairs)


def _tiers(value: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list | tuple):
        raise FormatError("a record's list is malformed")
    return tuple(map(_texts, value))


def _times(value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        raise FormatError("a record's times are malformed")
    return {_text(url): _real(time) for url, time in value.items()}


READERS: dict[str, Any] = {
    "str": _text,
    "bool": _flag,
    "int": _number,
    "float": _real,
    "float | None": lambda part: None if part is None else math.inf if part == -1 else _real(part),
    "tuple[str, ...]": _texts,
    "tuple[tuple[str, ...], ...]": _tiers,
    "tuple[tuple[int, int], ...]": _priorities,
    "Mapping[str, float]": _times,
}
"""By the type of a field, how a JSON value becomes one."""
