"""Every peer message as a frozen value (BEP 3, 6, 10, 52).

What a message may say and when is judged by `wire.peer_protocol`; how it looks as bytes
is known to `wire.peer_codec`. Integers are what the wire carries: unsigned, 32 bits.

Messages that come by the thousand are named tuples, the rest dataclasses. Tuples
compare by content alone: `Request(0, 0, 1) == Cancel(0, 0, 1)`; so look at the type first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "AllowedFast",
    "Block",
    "Cancel",
    "Choke",
    "Extended",
    "HashReject",
    "HashRequest",
    "Hashes",
    "Have",
    "HaveAll",
    "HaveNone",
    "Interested",
    "KeepAlive",
    "Message",
    "NotInterested",
    "PieceBitfield",
    "Port",
    "Reject",
    "Request",
    "Suggest",
    "Unchoke",
]


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Nothing to say, still here; usually each two minutes (BEP 3)."""


@dataclass(frozen=True, slots=True)
class Choke:
    """The sender will not answer requests (BEP 3, id 0).

    Without the Fast extension all requests on the way are void; with it each of them is
    still answered by a Block or a Reject (BEP 6).
    """


@dataclass(frozen=True, slots=True)
class Unchoke:
    """The sender will answer requests (BEP 3, id 1)."""


@dataclass(frozen=True, slots=True)
class Interested:
    """The sender would request something if it were unchoked (BEP 3, id 2)."""


@dataclass(frozen=True, slots=True)
class NotInterested:
    """The sender would request nothing (BEP 3, id 3)."""


@dataclass(frozen=True, slots=True)
class Have:
    """The sender has one more verified piece (BEP 3, id 4)."""

    piece: int


@dataclass(frozen=True, slots=True)
class PieceBitfield:
    """All pieces that the sender has, before it says anything else of them (BEP 3, id 5).

    Args:
        data: The wire form, spare bits included; `base.bitfield.Bitfield` reads it.
    """

    data: bytes


class Request(NamedTuple):
    """Asks for a block (BEP 3, id 6); `begin` and `length` are bytes within the piece."""

    piece: int
    begin: int
    length: int


class Block(NamedTuple):
    """The bytes of a block; BEP 3 calls this message "piece" (id 7).

    Args:
        data: When decoded, a view of the buffer that was parsed, good only until that
            buffer is used again: copy the bytes to where they belong at once.
    """

    piece: int
    begin: int
    data: memoryview | bytes


class Cancel(NamedTuple):
    """Takes a request back (BEP 3, id 8)."""

    piece: int
    begin: int
    length: int


@dataclass(frozen=True, slots=True)
class Port:
    """The UDP port of the sender's DHT node (BEP 5, id 9)."""

    port: int


@dataclass(frozen=True, slots=True)
class Suggest:
    """A piece that is cheap for the sender to give; a hint (BEP 6, id 13)."""

    piece: int


@dataclass(frozen=True, slots=True)
class HaveAll:
    """The sender is a seed; stands for a bitfield of ones (BEP 6, id 14)."""


@dataclass(frozen=True, slots=True)
class HaveNone:
    """The sender has nothing yet; stands for a bitfield of zeros (BEP 6, id 15)."""


class Reject(NamedTuple):
    """A request that will not be answered by a Block (BEP 6, id 16)."""

    piece: int
    begin: int
    length: int


@dataclass(frozen=True, slots=True)
class AllowedFast:
    """A piece that may be requested even while choked (BEP 6, id 17)."""

    piece: int


@dataclass(frozen=True, slots=True)
class Extended:
    """A message of an extension, not yet looked into (BEP 10, id 20).

    Args:
        extended_id: 0 is the extended handshake; others are what the receiver chose
            in its own extended handshake.
        payload: Bytes that follow.
    """

    extended_id: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class HashRequest:
    """Asks for a run of one layer of a file's tree, and what proves it (BEP 52, id 21).

    Args:
        pieces_root: Names the file, 32 bytes.
        base_layer: How many levels above the leaves the run lies.
        index: Of its first hash, within the layer; a multiple of `length`.
        length: Hashes in it.
        proof_layers: How many levels above it the proof spans.
    """

    pieces_root: bytes
    base_layer: int
    index: int
    length: int
    proof_layers: int


@dataclass(frozen=True, slots=True)
class Hashes(HashRequest):
    """Answers a HashRequest, which it repeats (BEP 52, id 22).

    Args:
        hashes: The run, then the uncles that prove it, the lowest first; 32 bytes each.
    """

    hashes: bytes


@dataclass(frozen=True, slots=True)
class HashReject(HashRequest):
    """A HashRequest that will not be answered (BEP 52, id 23)."""


Message = (
    KeepAlive
    | Choke
    | Unchoke
    | Interested
    | NotInterested
    | Have
    | PieceBitfield
    | Request
    | Block
    | Cancel
    | Port
    | Suggest
    | HaveAll
    | HaveNone
    | Reject
    | AllowedFast
    | Extended
    | HashRequest
)
