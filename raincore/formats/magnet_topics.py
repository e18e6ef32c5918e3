"""What a magnet link names: its exact topics, of which one or two are info-hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import FormatError, MagnetError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MULTIHASH_SHA256", "Topics", "parse"]

V1, V2, MUTABLE = "urn:btih", "urn:btmh", "urn:btpk"
MULTIHASH_SHA256 = "1220"
"""Says that 32 bytes of SHA-256 follow (BEP 52)."""

SHOWN = 80  # characters of a topic in a message


class Topics(NamedTuple):
    """The values of `xt`.

    Args:
        info_hash: Of `urn:btih:`, 40 hex digits or 32 characters of base32 (BEP 9).
        info_hash_v2: Of `urn:btmh:`, a multihash in hex (BEP 52).
        foreign: The other topics, which name files to other networks.
    """

    info_hash: InfoHash | None
    info_hash_v2: InfoHashV2 | None
    foreign: tuple[str, ...]


def parse(topics: Iterable[str]) -> Topics:
    """Read the values of all `xt` of a link, percent-decoded.

    Raises:
        MagnetError: An info-hash is malformed, or there is none, or there are two of the
            same kind that differ.
    """
    v1: dict[InfoHash, None] = {}
    v2: dict[InfoHashV2, None] = {}
    foreign = []
    for topic in filter(None, topics):
        kind, value = topic[: len(V1) + 1].lower().removesuffix(":"), topic[len(V1) + 1 :]
        if kind == V1:
            v1[_btih(value)] = None
        elif kind == V2:
            v2[_btmh(value)] = None
        else:
            foreign.append(topic)
    for found in (v1, v2):
        if len(found) > 1:
            both = " and ".join(one.hex() for one in list(found)[:2])
            raise MagnetError(f"names two different torrents: {both}", "xt")
    if not v1 and not v2:
        raise MagnetError(_nothing(foreign), "xt")
    return Topics(next(iter(v1), None), next(iter(v2), None), tuple(foreign))


def _btih(value: str) -> InfoHash:
    if len(value) not in (32, 40):
        raise MagnetError(
            f"{V1} takes 40 hex digits, or 32 characters of base32, not {len(value)}: "
            f"{printable(value, SHOWN)!r}",
            "xt",
        )
    try:
        return InfoHash.from_base32(value) if len(value) == 32 else InfoHash.from_hex(value)
    except FormatError as error:
        base = "base32" if len(value) == 32 else "hex"
        raise MagnetError(f"{V1} is not {base}: {printable(value, SHOWN)!r}", "xt") from error


def _btmh(value: str) -> InfoHashV2:
    shown = repr(printable(value, SHOWN))
    if not value.startswith(MULTIHASH_SHA256):
        raise MagnetError(
            f"{V2} is no multihash of SHA-256, which begins with {MULTIHASH_SHA256}: {shown}", "xt"
        )
    digits = value.removeprefix(MULTIHASH_SHA256)
    if len(digits) != 64:
        raise MagnetError(
            f"{V2} takes {MULTIHASH_SHA256} and 64 hex digits, not {len(digits)}: {shown}", "xt"
        )
    try:
        return InfoHashV2.from_hex(digits)
    except FormatError as error:
        raise MagnetError(f"{V2} is not hex: {shown}", "xt") from error


def _nothing(foreign: list[str]) -> str:
    if not foreign:
        return f"is missing: neither {V1} nor {V2} names a torrent"
    shown = printable(foreign[0], SHOWN)
    if foreign[0].lower().startswith(MUTABLE):
        return f"is the key of a torrent that may change (BEP 46), not of one torrent: {shown!r}"
    return f"names no torrent, by neither {V1} nor {V2}: {shown!r}"
