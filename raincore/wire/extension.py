"""The extended handshake and the mapping of extension ids (BEP 10).

Each side chooses the ids by which it wants to be addressed: what we send carries *their*
ids, what we receive carries `OUR_IDS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.base.printable import printable
from raincore.formats import bencoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.bencoding import Value

__all__ = [
    "HANDSHAKE_ID",
    "LT_DONTHAVE",
    "OUR_IDS",
    "UT_METADATA",
    "UT_PEX",
    "ExtendedHandshake",
    "parse",
]

HANDSHAKE_ID = 0
"""The extended id of the extended handshake itself."""

UT_METADATA = "ut_metadata"
"""Metadata exchange (BEP 9)."""

UT_PEX = "ut_pex"
"""Peer exchange (BEP 11)."""

LT_DONTHAVE = "lt_donthave"
"""Pieces that a peer has lost (BEP 54)."""

OUR_IDS: Mapping[str, int] = {UT_METADATA: 1, UT_PEX: 2, LT_DONTHAVE: 3}
"""The extensions we understand, and the ids by which peers shall address them."""

RULE = "BEP 10, handshake message"

PAYLOAD_MAX = 64 * 1024
DEPTH_MAX = 16
TOKENS_MAX = 10_000
IDS_MAX = 64
"""Extensions remembered of one peer; clients offer about ten. Ours, against floods."""
NAME_MAX = 64
CLIENT_MAX = 100
NUMBER_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ExtendedHandshake:
    """What a peer can do beyond BEP 3, and facts about it. All but `ids` optional.

    Args:
        ids: Extension name to the id by which the sender wants to be addressed, 1..255;
            0 takes an extension back.
        client: Name and version, key "v"; made printable when it came from a peer.
        port: Where the sender listens, key "p".
        request_queue: How many requests it queues before it drops some, key "reqq".
        metadata_size: Bytes in the info dictionary, if it has it (BEP 9). Unchecked:
            a peer may claim any size up to 2 GiB.
        your_ip: The receiver's address as the sender sees it, 4 or 16 bytes, "yourip".
        ipv4: The sender's address of that family, 4 bytes, key "ipv4".
        ipv6: The same, 16 bytes, key "ipv6".
        upload_only: Whether it will request nothing, key "upload_only" (BEP 21).
    """

    ids: Mapping[str, int] = field(default_factory=dict)
    client: str | None = None
    port: int | None = None
    request_queue: int | None = None
    metadata_size: int | None = None
    your_ip: bytes | None = None
    ipv4: bytes | None = None
    ipv6: bytes | None = None
    upload_only: bool | None = None

    def encode(self) -> bytes:
        """Give the payload: canonical bencode, absent keys left out."""
        optional: dict[str, Value | str | None] = {
            "ipv4": self.ipv4,
            "ipv6": self.ipv6,
            "metadata_size": self.metadata_size,
            "p": self.port,
            "reqq": self.request_queue,
            "upload_only": None if self.upload_only is None else int(self.upload_only),
            "v": self.client,
            "yourip": self.your_ip,
        }
        present = {key: value for key, value in optional.items() if value is not None}
        return bencoding.encode({"m": dict(self.ids), **present})

    def updated(self, later: ExtendedHandshake) -> ExtendedHandshake:
        """Say what holds after a later handshake of the same peer.

        A later handshake adds to the earlier ones; id 0 takes an extension back
        (BEP 10). The result's `ids` hold no zeros.
        """
        merged = {**self.ids, **later.ids}
        named = [(name, number) for name, number in merged.items() if number]
        return ExtendedHandshake(
            ids=dict(named[:IDS_MAX]),
            client=later.client or self.client,
            port=later.port or self.port,
            request_queue=later.request_queue or self.request_queue,
            metadata_size=later.metadata_size or self.metadata_size,
            your_ip=later.your_ip or self.your_ip,
            ipv4=later.ipv4 or self.ipv4,
            ipv6=later.ipv6 or self.ipv6,
            upload_only=self.upload_only if later.upload_only is None else later.upload_only,
        )


def parse(payload: bytes) -> ExtendedHandshake:
    """Read the payload of an extended message with id 0.

    Keys that are unknown, or of a type or value that makes no sense, are ignored, as
    clients differ in the optional ones; only the frame must be right.

    Args:
        payload: What follows the extended id.

    Raises:
        RemoteProtocolError: It is too long, no bencode, or no dictionary.
    """
    if len(payload) > PAYLOAD_MAX:
        raise RemoteProtocolError(f"extended handshake is too long: {len(payload)}", RULE)
    try:
        value = bencoding.decode(payload, max_depth=DEPTH_MAX, max_tokens=TOKENS_MAX)
    except FormatError as error:
        raise RemoteProtocolError(f"extended handshake is no bencode: {error}", RULE) from error
    if not isinstance(value, dict):
        raise RemoteProtocolError("extended handshake is no dictionary", RULE)
    client = value.get(b"v")
    upload_only = value.get(b"upload_only")
    port = positive(value.get(b"p"))
    return ExtendedHandshake(
        ids=parse_ids(value.get(b"m")),
        client=printable(client, CLIENT_MAX) if isinstance(client, bytes) and client else None,
        port=port if port is not None and port <= 65535 else None,
        request_queue=positive(value.get(b"reqq")),
        metadata_size=positive(value.get(b"metadata_size")),
        your_ip=packed_address(value.get(b"yourip"), 4, 16),
        ipv4=packed_address(value.get(b"ipv4"), 4),
        ipv6=packed_address(value.get(b"ipv6"), 16),
        upload_only=bool(upload_only) if upload_only in (0, 1) else None,
    )


def parse_ids(value: Value | None) -> dict[str, int]:
    """Read the "m" dictionary; entries that make no sense are left out."""
    ids: dict[str, int] = {}
    if not isinstance(value, dict):
        return ids
    for name, number in value.items():
        if len(ids) == IDS_MAX:
            break
        if isinstance(number, int) and 0 <= number <= 255 and len(name) <= NAME_MAX:
            ids[printable(name, NAME_MAX)] = number
    return ids


def positive(value: Value | None) -> int | None:
    """Give a number from 1 to 2³¹ − 1 back; None for anything else."""
    return value if isinstance(value, int) and 1 <= value <= NUMBER_MAX else None


def packed_address(value: Value | None, *lengths: int) -> bytes | None:
    """Give an address of one of these lengths back; None for anything else."""
    return value if isinstance(value, bytes) and len(value) in lengths else None
