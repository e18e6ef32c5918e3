"""Magnet URI to Magnet and back (BEP 9, "magnet URI format"; BEP 53)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from raincore.base.endpoint import canonical_address
from raincore.base.errors import FormatError, MagnetError
from raincore.base.info_hashes import InfoHashes
from raincore.base.printable import printable
from raincore.formats import magnet_parameters, magnet_topics
from raincore.formats.magnet_parameters import numbered, quoted, tiers, unquoted
from raincore.formats.magnet_topics import MULTIHASH_SHA256
from raincore.formats.optional_keys import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from raincore.base.ids import InfoHash, InfoHashV2
    from raincore.formats.metainfo import Metainfo

__all__ = ["MAX_LENGTH", "MAX_SELECTED", "Magnet", "apart", "encode", "of", "parse"]

MAX_LENGTH = 2**20
"""Characters in a link."""

MAX_SELECTED = 1_000_000
"""Files that a link may select, so that "so=0-999999999" costs nothing."""

RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
PREFIX = "magnet:?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Magnet:
    """What a magnet link says; at least one of the hashes is there.

    In its texts surrogate escapes stand for bytes that are not UTF-8; make them printable
    before showing them.

    Args:
        info_hash: `xt=urn:btih:`.
        info_hash_v2: `xt=urn:btmh:`.
        name: `dn`; a hint, the info dictionary has the last word.
        trackers: Tiers of URLs, none of them empty: each `tr` is one, then those of each
            `tr.N` by rising N.
        webseeds: `ws`.
        peers: `x.pe` as "host:port", "[v6]:port"; host names are allowed.
        select: `so`: file indices, rising.
        length: `xl`: bytes of content; a hint.
        sources: `xs` and `as`: where else the .torrent may be had.
        unusable: What is wrong with each `x.pe` that is no address; such a hint is left out.
        unknown: All other parameters, and exact topics that are no info-hashes, as they are
            spelled in the link, "name=value".
    """

    info_hash: InfoHash | None = None
    info_hash_v2: InfoHashV2 | None = None
    name: str | None = None
    trackers: tuple[tuple[str, ...], ...] = ()
    webseeds: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    select: tuple[int, ...] = ()
    length: int | None = None
    sources: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def swarm_hash(self) -> InfoHash:
        """What handshakes, trackers and the DHT know the torrent by (BEP 52: v1 first)."""
        return InfoHashes(self.info_hash, self.info_hash_v2).swarm


def parse(link: str) -> Magnet:
    """Read a magnet link. Unknown parameters are kept, unusable known ones are refused.

    Only a peer that is no address is left out: it is a hint, and there are other ways.

    Raises:
        MagnetError: No magnet link, one that names no torrent, or two, or a parameter
            that makes no sense; `where` is that parameter.
    """
    link = link.strip()
    if len(link) > MAX_LENGTH:
        raise MagnetError(f"longer than {MAX_LENGTH} characters")
    if link[:8].lower() != PREFIX:
        raise MagnetError(f"not a magnet link, which begins with {PREFIX}: {printable(link, 40)!r}")
    values: dict[str, list[str]] = {}
    found = magnet_parameters.parse(link[8:])
    for name, _, value in found:
        values.setdefault(name, []).append(value)
    topics = magnet_topics.parse(map(unquoted, values.get("xt", ())))
    names = [name.replace("+", " ") for name in values.get("dn", ())]
    peers, unusable = _peers(map(unquoted, values.get("x.pe", ())))
    return Magnet(
        info_hash=topics.info_hash,
        info_hash_v2=topics.info_hash_v2,
        name=next((unquoted(name) for name in names if name), None),
        trackers=tiers((n, unquoted(value)) for name, n, value in found if name == "tr"),
        webseeds=_unique(map(unquoted, values.get("ws", ()))),
        peers=peers,
        select=_selection(",".join(map(unquoted, values.get("so", ())))),
        length=_length(values.get("xl", ())),
        sources=_unique(map(unquoted, [*values.get("xs", ()), *values.get("as", ())])),
        unusable=unusable,
        unknown=magnet_parameters.unknown(link[8:], topics.foreign),
    )


def encode(magnet: Magnet) -> str:
    """Write a magnet link; `parse` gives an equal Magnet back.

    Parameters come in a fixed order and, but for unknown ones, everything but the most
    harmless characters is percent-encoded, so equal magnets give equal links, safe inside
    shell quotes and HTML.

    A link that `parse` would find too long loses the hints (name, URLs, peers) that do
    not fit into it.

    Raises:
        MagnetError: The selection alone does not fit, without which the link would mean
            another thing.
    """
    parts: list[str] = []
    if magnet.info_hash is not None:
        parts.append(f"xt=urn:btih:{magnet.info_hash.hex()}")
    if magnet.info_hash_v2 is not None:
        parts.append(f"xt=urn:btmh:{MULTIHASH_SHA256}{magnet.info_hash_v2.hex()}")
    select = [f"so={_runs(magnet.select)}"] if magnet.select else []
    # The first part has no "&" before it, which is what the 1 is for.
    room = MAX_LENGTH - len(PREFIX) + 1 - sum(len(part) + 1 for part in parts + select)
    if room < 0:
        raise MagnetError("selects too many single files for a link", "so")
    for hint in _hints(magnet):
        if len(hint) + 1 <= room:
            parts.append(hint)
            room -= len(hint) + 1
    return PREFIX + "&".join(parts + select)


def _hints(magnet: Magnet) -> Iterator[str]:
    if magnet.name:
        yield f"dn={quoted(magnet.name)}"
    if magnet.length is not None:
        yield f"xl={magnet.length}"
    yield from numbered(magnet.trackers)
    yield from (f"ws={quoted(url)}" for url in magnet.webseeds)
    yield from (f"xs={quoted(url)}" for url in magnet.sources)
    yield from (f"x.pe={quote(peer, safe=':[]')}" for peer in magnet.peers)
    yield from magnet.unknown


def of(
    metainfo: Metainfo,
    *,
    peers: Sequence[str] = (),
    select: Iterable[int] = (),
    trackers: bool = True,
) -> Magnet:
    """Make the magnet of a .torrent file.

    Each tracker is a tier of its own: few programs know more than plain `tr`.

    Args:
        metainfo: The .torrent file.
        peers: "host:port", "[v6]:port".
        select: File indices; sorted here.
        trackers: Whether to name its trackers.
    """
    info = metainfo.info
    return Magnet(
        info_hash=info.info_hash,
        info_hash_v2=info.info_hash_v2,
        name=text(info.raw_name) or None,
        trackers=apart(metainfo.trackers) if trackers else (),
        webseeds=metainfo.webseeds,
        peers=tuple(peers),
        select=tuple(sorted(set(select))),
        length=info.total_length,
    )


def apart(trackers: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Make each tracker a tier of its own."""
    return tuple((url,) for tier in trackers for url in tier)


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _peers(values: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses in their usual form, and what is wrong with the others."""
    found, unusable = [], []
    for value in _unique(values):
        try:
            found.append(canonical_address(value))
        except FormatError as error:
            unusable.append(str(error))
    return _unique(found), tuple(unusable)


def _selection(value: str) -> tuple[int, ...]:
    """File indices and ranges of them: "0,2,4-7" (BEP 53)."""
    chosen: set[int] = set()
    for part in value.split(","):
        if not part.strip():
            continue
        match = RANGE.fullmatch(part.strip())
        if match is None:
            raise MagnetError(f"not an index or a range of them: {printable(part)!r}", "so")
        first = int(match[1])
        last = int(match[2] or match[1])
        if last < first:
            raise MagnetError(f"range runs backwards: {printable(part)!r}", "so")
        if last - first + len(chosen) >= MAX_SELECTED:
            raise MagnetError(
                f"selects more than {MAX_SELECTED:,} files: {printable(part)!r}", "so"
            )
        chosen.update(range(first, last + 1))
    return tuple(sorted(chosen))


def _runs(indices: Sequence[int]) -> str:
    """Indices as `_selection` reads them, neighbours joined to ranges."""
    runs: list[tuple[int, int]] = []
    for index in sorted(set(indices)):
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return ",".join(f"{a}-{b}" if a != b else f"{a}" for a, b in runs)


def _length(values: Sequence[str]) -> int | None:
    found: dict[int, None] = {}
    for value in filter(None, map(unquoted, values)):
        if not re.fullmatch("[0-9]{1,19}", value) or int(value) >= 2**63:
            raise MagnetError(f"not a number of bytes: {printable(value)!r}", "xl")
        found[int(value)] = None
    if len(found) > 1:
        both = " and ".join(str(length) for length in list(found)[:2])
        raise MagnetError(f"says two different lengths: {both}", "xl")
    return next(iter(found), None)
