"""The 68-byte handshake and its reserved bits (BEP 3, "peer protocol").

1 byte   19
19 bytes "BitTorrent protocol"
8 bytes  reserved: what the sender can do
20 bytes info-hash
20 bytes peer id
"""

from __future__ import annotations

from dataclasses import dataclass

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.base.ids import InfoHash, PeerId

__all__ = [
    "LENGTH",
    "OUR_RESERVED",
    "PREFIX",
    "Handshake",
    "check_prefix",
    "decode",
    "reserved",
    "without_v2",
]

LENGTH = 68
"""Bytes in a handshake."""

PREFIX = b"\x13BitTorrent protocol"
"""How every handshake begins that is not encrypted."""

RULE = "BEP 3, handshake"

EXTENDED_BYTE, EXTENDED_BIT = 5, 0x10  # BEP 10
DHT_BYTE, DHT_BIT = 7, 0x01  # BEP 5
FAST_BYTE, FAST_BIT = 7, 0x04  # BEP 6
V2_BYTE, V2_BIT = 7, 0x10  # BEP 52, "upgrade path"


def reserved(
    *, fast: bool = False, extended: bool = False, dht: bool = False, v2: bool = False
) -> bytes:
    """Make the 8 reserved bytes that announce these features and nothing else.

    Args:
        fast: Fast extension (BEP 6).
        extended: Extension protocol (BEP 10).
        dht: A DHT node runs beside (BEP 5).
        v2: The torrent is a hybrid and could be exchanged as v2 (BEP 52).
    """
    flags = bytearray(8)
    flags[EXTENDED_BYTE] |= EXTENDED_BIT if extended else 0
    flags[DHT_BYTE] |= DHT_BIT if dht else 0
    flags[FAST_BYTE] |= FAST_BIT if fast else 0
    flags[V2_BYTE] |= V2_BIT if v2 else 0
    return bytes(flags)


def without_v2(flags: bytes) -> bytes:
    """The same 8 reserved bytes, without the offer to go on as v2."""
    return flags[:V2_BYTE] + bytes([flags[V2_BYTE] & ~V2_BIT]) + flags[V2_BYTE + 1 :]


OUR_RESERVED = reserved(fast=True, extended=True)
"""What we can do so far."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What both sides say first.

    Args:
        info_hash: Of the torrent that is meant; for v2 the truncated one (BEP 52).
        peer_id: The sender's name for itself.
        reserved: 8 bytes of feature bits; `reserved()` makes them. Bits unknown to us
            mean nothing.

    Raises:
        LocalProtocolError: `reserved` is not 8 bytes; a bug in the caller.
    """

    info_hash: InfoHash
    peer_id: PeerId
    reserved: bytes = OUR_RESERVED

    def __post_init__(self) -> None:
        if len(self.reserved) != 8:
            raise LocalProtocolError(f"reserved bytes must be 8, not {len(self.reserved)}", RULE)

    @property
    def fast(self) -> bool:
        """Whether the sender speaks the Fast extension (BEP 6)."""
        return bool(self.reserved[FAST_BYTE] & FAST_BIT)

    @property
    def extended(self) -> bool:
        """Whether the sender speaks the extension protocol (BEP 10)."""
        return bool(self.reserved[EXTENDED_BYTE] & EXTENDED_BIT)

    @property
    def dht(self) -> bool:
        """Whether the sender runs a DHT node (BEP 5)."""
        return bool(self.reserved[DHT_BYTE] & DHT_BIT)

    @property
    def v2(self) -> bool:
        """Whether the sender could go on as v2 in a hybrid swarm (BEP 52)."""
        return bool(self.reserved[V2_BYTE] & V2_BIT)

    def encode(self) -> bytes:
        """Give the 68 bytes."""
        return PREFIX + self.reserved + self.info_hash + self.peer_id


def check_prefix(data: bytes | bytearray | memoryview) -> None:
    """Refuse a stranger as soon as its first wrong byte is in.

    Args:
        data: The first bytes that arrived, however few or many.

    Raises:
        RemoteProtocolError: They cannot be the beginning of a handshake.
    """
    start = bytes(data[: len(PREFIX)])
    if not PREFIX.startswith(start):
        raise RemoteProtocolError(f"not a bittorrent handshake: {start!r}", RULE)


def decode(data: bytes | bytearray | memoryview) -> Handshake:
    """Read a whole handshake.

    Args:
        data: Exactly 68 bytes.

    Raises:
        RemoteProtocolError: It does not begin as a handshake must, or is not 68 bytes.
    """
    check_prefix(data)
    if len(data) != LENGTH:
        raise RemoteProtocolError(f"handshake must be {LENGTH} bytes, not {len(data)}", RULE)
    return Handshake(
        reserved=bytes(data[20:28]),
        info_hash=InfoHash(bytes(data[28:48])),
        peer_id=PeerId(bytes(data[48:68])),
    )
