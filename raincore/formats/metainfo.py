"""The .torrent file around an info dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raincore.base.errors import BencodeError, MetainfoError
from raincore.formats import bencoding, info, lenient_bencode, merkle
from raincore.formats.lenient_bencode import NO_REPEATS
from raincore.formats.optional_keys import (
    take_hashes,
    take_nodes,
    take_number,
    take_text,
    take_texts,
    text,
    untext,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from raincore.formats.bencoding import Encodable, Value
    from raincore.formats.info import Info
    from raincore.formats.lenient_bencode import Repeats

__all__ = ["MAX_URLS", "Metainfo", "encode", "from_info", "made", "parse"]

MAX_URLS = 10_000
"""Of each kind; lists beyond that are somebody's attack on trackers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metainfo:
    """A checked .torrent file.

    In its texts surrogate escapes stand for bytes that are not UTF-8; make them printable
    before showing them.

    Args:
        info: What the content is.
        trackers: Tiers of announce URLs, none of them empty; `announce-list` if there is
            one, else `announce` (BEP 12).
        webseeds: `url-list` (BEP 19).
        http_seeds: `httpseeds` (BEP 17).
        nodes: DHT nodes as "host:port", "[v6]:port" (BEP 5).
        comment: What its maker says about it.
        created_by: The program that made it.
        creation_date: Seconds since 1970; not checked for sense.
        similar: Info-hashes of torrents that share files, those in `info` first (BEP 38).
        collections: Names of groups it belongs to, those in `info` first (BEP 38).
        piece_layers: Pieces root to the concatenated SHA-256 hashes of that file's
            pieces, 32 bytes each, checked against the root (BEP 52). Files of one piece
            have none; others may lack theirs, as after a magnet link: see
            `missing_layers`.
        raw: The file's bytes, up to the end of its dictionary.
        extra: Keys that are unknown, or optional and unusable, as decoded.
        trailing: What stands behind the dictionary, and means nothing.
        repeats: Keys that come twice in a dictionary; the last value counts.
    """

    info: Info
    trackers: tuple[tuple[str, ...], ...] = ()
    webseeds: tuple[str, ...] = ()
    http_seeds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    comment: str | None = None
    created_by: str | None = None
    creation_date: int | None = None
    similar: tuple[bytes, ...] = ()
    collections: tuple[str, ...] = ()
    piece_layers: Mapping[bytes, bytes]
    raw: bytes
    extra: Mapping[bytes, Value]
    trailing: bytes = b""
    repeats: Repeats = NO_REPEATS

    def missing_layers(self) -> list[bytes]:
        """Pieces roots of files longer than a piece whose layer is not here (BEP 52)."""
        length = self.info.piece_length
        roots = dict.fromkeys(
            entry.pieces_root
            for entry in self.info.files
            if entry.pieces_root is not None and entry.length > length
        )
        return [root for root in roots if root is not None and root not in self.piece_layers]


def parse(data: bytes) -> Metainfo:
    """Read and check a .torrent file (BEP 3, "metainfo files").

    Raises:
        BencodeError: Not bencode; `lenient_bencode` says what more than strict is taken.
        MetainfoError: `info` or `piece layers` is missing or breaks a rule; `where` is
            the key path. Optional keys that make no sense are no reason to refuse it:
            they stay in `extra`.
    """
    if not data.startswith(b"d"):
        raise BencodeError("not a .torrent file: it does not start with a dictionary", "offset 0")
    values, read = lenient_bencode.decode_dictionary(data)
    if b"info" not in values:
        raise MetainfoError("is missing", "info")
    start, end = read.spans[b"info"]
    of_info = info.of(data[start:end], values.pop(b"info"))
    return _of(
        values,
        of_info,
        _piece_layers(values, of_info),
        data[: read.end],
        trailing=data[read.end :],
        repeats=read.repeats,
    )


def _of(
    values: dict[bytes, Value],
    of_info: Info,
    piece_layers: dict[bytes, bytes],
    data: bytes,
    **oddities: Any,
) -> Metainfo:
    """Describe a file by its keys but `info` and `piece layers`."""
    similar, collections = take_hashes(values, b"similar"), take_texts(values, b"collections")
    return Metainfo(
        info=of_info,
        trackers=_trackers(values),
        webseeds=take_texts(values, b"url-list")[:MAX_URLS],
        http_seeds=take_texts(values, b"httpseeds")[:MAX_URLS],
        nodes=take_nodes(values, MAX_URLS),
        comment=take_text(values, b"comment.utf-8") or take_text(values, b"comment"),
        created_by=take_text(values, b"created by"),
        creation_date=take_number(values, b"creation date"),
        similar=tuple(dict.fromkeys([*of_info.similar, *similar])),
        collections=tuple(dict.fromkeys([*of_info.collections, *collections])),
        piece_layers=piece_layers,
        raw=data,
        extra=values,
        **oddities,
    )


def made(
    of_info: Info, *, piece_layers: Mapping[bytes, bytes] | None = None, **outside: Any
) -> Metainfo:
    """Write a .torrent file around an info dictionary that was just made.

    What `parse` would say of the result, but info and layers are not read again, which
    would take longer than everything else for a torrent of many files.

    Args:
        of_info: As `info_builder` makes it.
        piece_layers: Of its files longer than a piece, as hashed; None for v1.
        outside: As for `encode`.
    """
    data = encode(of_info.raw, piece_layers=piece_layers, **outside)
    values, _ = bencoding.decode_with_spans(encode(b"de", **outside))
    del values[b"info"]
    return _of(values, of_info, dict(piece_layers or {}), data)


def from_info(
    raw_info: bytes, *, piece_layers: Mapping[bytes, bytes] | None = None, **outside: Any
) -> Metainfo:
    """Make a .torrent file of metadata that came from peers.

    Args:
        raw_info: The bytes of the info dictionary, already checked against the info-hash.
        piece_layers: What is known of them (BEP 52); as for `encode`.
        outside: As for `encode`: trackers and web seeds of the magnet link, say.

    Raises:
        BencodeError, MetainfoError: As `parse`.
    """
    return parse(encode(raw_info, piece_layers=piece_layers, **outside))


def encode(
    raw_info: bytes,
    *,
    trackers: Iterable[Sequence[str]] = (),
    webseeds: Sequence[str] = (),
    http_seeds: Sequence[str] = (),
    nodes: Sequence[str] = (),
    comment: str | None = None,
    created_by: str | None = None,
    creation_date: int | None = None,
    similar: Sequence[bytes] = (),
    collections: Sequence[str] = (),
    piece_layers: Mapping[bytes, bytes] | None = None,
    extra: Mapping[bytes, Value] | None = None,
) -> bytes:
    """Write a .torrent file; what is None or empty is left out.

    Args:
        raw_info: Goes out byte for byte, so the info-hash stays.
        trackers: Tiers of URLs. `announce` gets the first; `announce-list` is only
            written for more than one (BEP 12).
        webseeds: One is written as a string, several as a list (BEP 19).
        http_seeds: BEP 17.
        nodes: "host:port", "[v6]:port" (BEP 5).
        comment: This and all other texts become UTF-8, surrogate escapes the bytes they
            stand for.
        created_by: The program that made it.
        creation_date: Seconds since 1970.
        similar: BEP 38, outside of the info dictionary.
        collections: BEP 38, outside of the info dictionary.
        piece_layers: BEP 52; an empty one is written too, None is not.
        extra: Other keys; a key that is known to this function wins over them.

    Returns:
        Canonical bencode, but for `raw_info`.

    Raises:
        ValueError: A node has no port; a bug in the caller.
    """
    tiers = [[untext(url) for url in tier] for tier in trackers if tier]
    values: dict[bytes, Encodable] = dict(extra or {})
    known: dict[bytes, Encodable] = {
        b"announce": tiers[0][0] if tiers else b"",
        b"announce-list": tiers if len(tiers) > 1 or (tiers and len(tiers[0]) > 1) else (),
        b"url-list": untext(webseeds[0]) if len(webseeds) == 1 else _untexts(webseeds),
        b"httpseeds": _untexts(http_seeds),
        b"nodes": [_split_node(node) for node in nodes],
        b"comment": untext(comment or ""),
        b"created by": untext(created_by or ""),
        b"similar": list(similar),
        b"collections": _untexts(collections),
    }
    values.update({key: value for key, value in known.items() if value})
    if creation_date is not None:
        values[b"creation date"] = creation_date
    if piece_layers is not None:
        values[b"piece layers"] = piece_layers
    values[b"info"] = bencoding.Raw(raw_info)
    return bencoding.encode(values)


def _untexts(texts: Sequence[str]) -> list[bytes]:
    return [untext(item) for item in texts]


def _trackers(values: dict[bytes, Value]) -> tuple[tuple[str, ...], ...]:
    """Tiers without empty or repeated URLs; `announce-list` wins over `announce` (BEP 12)."""
    single = take_text(values, b"announce")
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    tiers = values.get(b"announce-list")
    for tier in tiers if isinstance(tiers, list) else ():
        # Some creators write a plain list of URLs: each is a tier of its own.
        raws = tier if isinstance(tier, list) else [tier]
        urls = [text(raw).strip() for raw in raws if isinstance(raw, bytes)]
        fresh = [url for url in dict.fromkeys(urls) if url and url not in seen]
        del fresh[MAX_URLS - len(seen) :]
        seen.update(fresh)
        if fresh:
            found.append(tuple(fresh))
    if found:
        del values[b"announce-list"]
    elif single and single.strip():
        found.append((single.strip(),))
    return tuple(found)


def _split_node(node: str) -> list[Encodable]:
    host, _, port = node.rpartition(":")
    return [untext(host.strip("[]")), int(port)]


def _piece_layers(values: dict[bytes, Value], of_info: Info) -> dict[bytes, bytes]:
    """The layers of this torrent's files, each checked against its root (BEP 52)."""
    if of_info.info_hash_v2 is None:
        return {}
    layers = values.pop(b"piece layers", {})
    if not isinstance(layers, dict):
        raise MetainfoError("must be a dictionary", "piece layers")
    found: dict[bytes, bytes] = {}
    for entry in of_info.files:
        root = entry.pieces_root
        if root is None or root not in layers or root in found:
            continue
        if entry.length <= of_info.piece_length:
            continue  # one piece: the root is all there is
        where = f"piece layers.{root.hex()}"
        layer = layers[root]
        count = -(-entry.length // of_info.piece_length)
        if not isinstance(layer, bytes) or len(layer) != 32 * count:
            raise MetainfoError(f"must be {count} hashes of 32 bytes", where)
        if merkle.root_of_layer(layer, of_info.piece_length) != root:
            raise MetainfoError("does not hash to its pieces root", where)
        found[root] = layer
    return found
