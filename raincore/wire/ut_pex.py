"""Peer exchange messages: whom else a peer is connected to, and whom no more (BEP 11).

These are payloads of extended messages: one bencoded dictionary of compact lists.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.formats import bencoding, compact

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = ["ADDRESSES_MAX", "PexFlags", "PexMessage", "PexPeer", "encode", "parse"]

ADDRESSES_MAX = 300
"""Addresses looked at in one of its lists. BEP 11 has 50 after the first message; clients
tell all their peers in that one."""

RULE = "BEP 11"

PAYLOAD_MAX = 64 * 1024
DEPTH_MAX = 4
TOKENS_MAX = 200


class PexFlags(enum.IntFlag):
    """What is known of an added peer (BEP 11); unknown bits are dropped."""

    NONE = 0
    PREFERS_ENCRYPTION = 0x01
    SEED = 0x02
    """It asks for nothing: a seed, or "upload_only" (BEP 21)."""
    UTP = 0x04
    HOLEPUNCH = 0x08
    REACHABLE = 0x10
    """The sender dialled it."""


KNOWN_FLAGS = 0x1F


@dataclass(frozen=True, slots=True)
class PexPeer:
    """A peer that the sender is connected to, and where that peer listens."""

    endpoint: Endpoint
    flags: PexFlags = PexFlags.NONE


@dataclass(frozen=True, slots=True)
class PexMessage:
    """Changes since the last message.

    Args:
        added: Connected since then.
        dropped: Connected no more.
        excessive: There was more than `ADDRESSES_MAX` in one list, more than anybody has
            reason to tell; only of what came.
    """

    added: tuple[PexPeer, ...] = ()
    dropped: tuple[Endpoint, ...] = ()
    excessive: bool = False


def encode(message: PexMessage) -> bytes:
    """Give the payload of the extended message: canonical bencode, empty lists left out.

    Raises:
        FormatError: It says nothing, which BEP 11 forbids; a bug in the caller.
    """
    value: dict[str, bytes] = {}
    for key, ipv6 in (("", False), ("6", True)):
        added = [peer for peer in message.added if peer.endpoint.is_ipv6 == ipv6]
        if added:
            value[f"added{key}"] = compact.pack_peers((p.endpoint for p in added), ipv6=ipv6)
            value[f"added{key}.f"] = bytes(peer.flags for peer in added)
        dropped = compact.pack_peers(message.dropped, ipv6=ipv6)
        if dropped:
            value[f"dropped{key}"] = dropped
    if not value:
        raise FormatError("a peer exchange message without any address")
    return bencoding.encode(value)


def parse(payload: bytes) -> PexMessage:
    """Read the payload of an extended message that was sent to our ut_pex id.

    Args:
        payload: What follows the extended id. Lists that are no strings, and ends that
            fill no entry, are ignored; so are entries with port 0, and repeated ones.

    Raises:
        RemoteProtocolError: It is too long, no bencode, or no dictionary.
    """
    if len(payload) > PAYLOAD_MAX:
        raise RemoteProtocolError(f"peer exchange message is too long: {len(payload)}", RULE)
    try:
        value = bencoding.decode(payload, max_depth=DEPTH_MAX, max_tokens=TOKENS_MAX)
    except FormatError as error:
        raise RemoteProtocolError(f"peer exchange message is no bencode: {error}", RULE) from error
    if not isinstance(value, dict):
        raise RemoteProtocolError("peer exchange message is no dictionary", RULE)

    def text(key: bytes) -> bytes:
        found = value.get(key)
        return found if isinstance(found, bytes) else b""

    added: dict[Endpoint, PexFlags] = {}
    dropped: dict[Endpoint, None] = {}
    excessive = False
    for key, ipv6, size in (
        (b"", False, compact.PEER_LENGTH),
        (b"6", True, compact.PEER_LENGTH_V6),
    ):
        come, gone = text(b"added" + key), text(b"dropped" + key)
        excessive |= max(len(come), len(gone)) > size * ADDRESSES_MAX
        flags = text(b"added" + key + b".f")
        for index in range(min(len(come) // size, ADDRESSES_MAX)):
            entry = come[index * size : (index + 1) * size]
            for endpoint in compact.unpack_peers(entry, ipv6=ipv6, limit=1):
                flag = flags[index] & KNOWN_FLAGS if index < len(flags) else 0
                added.setdefault(endpoint, PexFlags(flag))
        dropped |= dict.fromkeys(compact.unpack_peers(gone, ipv6=ipv6, limit=ADDRESSES_MAX))
    return PexMessage(
        added=tuple(PexPeer(endpoint, flag) for endpoint, flag in added.items()),
        dropped=tuple(dropped),
        excessive=excessive,
    )
