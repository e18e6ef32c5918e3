"""Every message of the DHT as a frozen value (BEP 5, 32, 33, 42, 43, 44, 51).

Lists of nodes and peers stay packed as on the wire: a node that answers joins packed
entries and never takes them apart. `formats.compact` unpacks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash, NodeId

__all__ = [
    "AnnouncePeer",
    "Error",
    "ErrorCode",
    "FindNode",
    "Get",
    "GetPeers",
    "Malformed",
    "Message",
    "Ping",
    "Put",
    "Query",
    "Question",
    "Reply",
    "Response",
    "SampleInfoHashes",
    "UnknownQuestion",
    "Want",
]


class ErrorCode(IntEnum):
    """Why a query is refused (BEP 5, "errors"; BEP 44, "errors")."""

    GENERIC = 201
    SERVER = 202
    PROTOCOL = 203
    """Malformed, invalid arguments, or a bad token."""
    UNKNOWN_METHOD = 204
    VALUE_TOO_BIG = 205
    BAD_SIGNATURE = 206
    SALT_TOO_BIG = 207
    CAS_MISMATCH = 301
    """The item has another sequence number than the writer believes: read it again."""
    OLD_SEQUENCE_NUMBER = 302


class Want(NamedTuple):
    """Nodes of which families a reply should name (BEP 32)."""

    ipv4: bool
    ipv6: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""


@dataclass(frozen=True, slots=True)
class FindNode:
    """Which nodes do you know that are close to `target`?"""

    target: NodeId
    want: Want | None = None


@dataclass(frozen=True, slots=True)
class GetPeers:
    """Which peers of this torrent do you know?

    Args:
        info_hash: The torrent's; for a v2 torrent the truncated hash (BEP 52).
        want: Families of nodes; None means the family of the datagram.
        no_seeds: Rather leechers, please (BEP 33).
        scrape: Give the bloom filters too (BEP 33).
    """

    info_hash: InfoHash
    want: Want | None = None
    no_seeds: bool = False
    scrape: bool = False


@dataclass(frozen=True, slots=True)
class AnnouncePeer:
    """Remember me as a peer of this torrent.

    Args:
        info_hash: The torrent's.
        port: Where the peer accepts connections; None for the port of the datagram
            ("implied_port").
        token: What a `Reply` to GetPeers from the same node gave.
        seed: Whether the peer is complete (BEP 33).
    """

    info_hash: InfoHash
    port: int | None
    token: bytes
    seed: bool = False


@dataclass(frozen=True, slots=True)
class Get:
    """Give me the item stored under `target` (BEP 44).

    Args:
        target: SHA-1 of the value, or of key and salt.
        seq: If given, only an item with a higher sequence number is of interest.
        want: As in GetPeers.
    """

    target: NodeId
    seq: int | None = None
    want: Want | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Store an item (BEP 44).

    Args:
        token: What a `Reply` to Get from the same node gave.
        value: The bencoded value, byte for byte as it was sent: it is hashed and signed.
        key: 32 bytes, the public key; None for an immutable item.
        seq: Sequence number of a mutable item.
        signature: 64 bytes.
        salt: Tells items under one key apart.
        cas: The sequence number that is to be replaced; None if any may be.
    """

    token: bytes
    value: bytes
    key: bytes | None = None
    seq: int = 0
    signature: bytes | None = None
    salt: bytes = b""
    cas: int | None = None


@dataclass(frozen=True, slots=True)
class SampleInfoHashes:
    """Which torrents do you have peers of? And name nodes close to `target` (BEP 51)."""

    target: NodeId
    want: Want | None = None


@dataclass(frozen=True, slots=True)
class UnknownQuestion:
    """A method that we do not know.

    Args:
        method: Its name, printable.
        target: What it is about, if it says so: then nodes close to it can be named, which
            helps protocols to come that look something up.
    """

    method: str
    target: NodeId | None = None


Question = (
    Ping | FindNode | GetPeers | AnnouncePeer | Get | Put | SampleInfoHashes | UnknownQuestion
)


@dataclass(frozen=True, slots=True)
class Query:
    """A question, and who asks.

    Args:
        transaction: To be repeated in the response.
        node_id: The asking node's.
        question: What is asked.
        read_only: The asking node answers nothing and is not to be remembered (BEP 43).
    """

    transaction: bytes
    node_id: NodeId
    question: Question
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a node answers; which keys are there depends on the question.

    Args:
        node_id: The answering node's.
        nodes: IPv4 nodes close to the target, packed.
        nodes6: IPv6 nodes, packed (BEP 32).
        token: Needed for AnnouncePeer and Put; None if the node will not store.
        values: Peers, packed, 6 or 18 bytes each.
        seeds_filter: Bloom filter of seeds, 256 bytes (BEP 33).
        peers_filter: Bloom filter of the other peers.
        value: An item's bencoded value, byte for byte (BEP 44).
        key: An item's public key, 32 bytes.
        seq: An item's sequence number; without a value, that of an item that is no newer
            than the one asked for.
        signature: An item's signature, 64 bytes.
        samples: Some info-hashes that the node has peers of (BEP 51); None if the node
            does not know the question.
        sampled_from: How many it has.
        sample_seconds: For how long it will give the same sample.
    """

    node_id: NodeId
    nodes: bytes | None = None
    nodes6: bytes | None = None
    token: bytes | None = None
    values: tuple[bytes, ...] = ()
    seeds_filter: bytes | None = None
    peers_filter: bytes | None = None
    value: bytes | None = None
    key: bytes | None = None
    seq: int | None = None
    signature: bytes | None = None
    samples: tuple[InfoHash, ...] | None = None
    sampled_from: int | None = None
    sample_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer.

    Args:
        transaction: That of the query.
        reply: The answer itself.
        seen_as: Our address and port as the answering node sees them, packed (BEP 42).
    """

    transaction: bytes
    reply: Reply
    seen_as: bytes | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """A refusal: an `ErrorCode` or any other number, and text for people, printable."""

    transaction: bytes
    code: int
    text: str
    seen_as: bytes | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A query that breaks the rules, though its transaction can be read: to be refused."""

    transaction: bytes
    why: str


Message = Query | Response | Error | Malformed
