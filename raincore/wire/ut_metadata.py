"""Metadata exchange messages: the info dictionary in parts of 16 KiB (BEP 9).

These are payloads of extended messages. Each is a bencoded dictionary; a data message
has the part's bytes right behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.formats import bencoding

__all__ = [
    "METADATA_PIECE",
    "MetadataData",
    "MetadataMessage",
    "MetadataReject",
    "MetadataRequest",
    "encode",
    "parse",
]

METADATA_PIECE = 16 * 1024
"""Bytes in every part but the last (BEP 9)."""

RULE = "BEP 9, extension message"

REQUEST, DATA, REJECT = range(3)

PIECES_MAX = 1 << 16
"""More parts than any metadata has: 1 GiB. What is accepted is for policy to say."""
DEPTH_MAX = 8
TOKENS_MAX = 1000


@dataclass(frozen=True, slots=True)
class MetadataRequest:
    """Asks for one part of the info dictionary; `piece` counts parts from 0."""

    piece: int


@dataclass(frozen=True, slots=True)
class MetadataData:
    """One part of the info dictionary.

    Args:
        piece: Which part, from 0.
        total_size: Bytes in the whole info dictionary, as the sender claims.
        data: METADATA_PIECE bytes; in the last part the rest.
    """

    piece: int
    total_size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class MetadataReject:
    """A part that the sender does not have or will not give."""

    piece: int


MetadataMessage = MetadataRequest | MetadataData | MetadataReject


def encode(message: MetadataMessage) -> bytes:
    """Give the payload of the extended message that carries `message`."""
    if isinstance(message, MetadataData):
        head = {"msg_type": DATA, "piece": message.piece, "total_size": message.total_size}
        return bencoding.encode(head) + message.data
    kind = REQUEST if isinstance(message, MetadataRequest) else REJECT
    return bencoding.encode({"msg_type": kind, "piece": message.piece})


def parse(payload: bytes) -> MetadataMessage | None:
    """Read the payload of an extended message that was sent to our ut_metadata id.

    Args:
        payload: What follows the extended id.

    Returns:
        The message, or None for a message type that we do not know (BEP 9: "MUST be
        ignored").

    Raises:
        RemoteProtocolError: No bencoded dictionary, no part number that makes sense, or
            data whose length is not that of the part.
    """
    try:
        head, end = bencoding.decode_prefix(payload, max_depth=DEPTH_MAX, max_tokens=TOKENS_MAX)
    except FormatError as error:
        raise RemoteProtocolError(f"metadata message is no bencode: {error}", RULE) from error
    if not isinstance(head, dict):
        raise RemoteProtocolError("metadata message is no dictionary", RULE)
    kind = head.get(b"msg_type")
    if not isinstance(kind, int):
        raise RemoteProtocolError("metadata message has no type", RULE)
    if kind not in (REQUEST, DATA, REJECT):
        return None
    piece = head.get(b"piece")
    if not isinstance(piece, int) or not 0 <= piece < PIECES_MAX:
        raise RemoteProtocolError("metadata message without a sensible part number", RULE)
    if kind == REQUEST:
        return MetadataRequest(piece)
    if kind == REJECT:
        return MetadataReject(piece)
    total_size = head.get(b"total_size")
    if not isinstance(total_size, int) or not 0 < total_size <= PIECES_MAX * METADATA_PIECE:
        raise RemoteProtocolError("metadata part without a sensible total size", RULE)
    expected = min(METADATA_PIECE, total_size - piece * METADATA_PIECE)
    if expected < 1 or len(payload) - end != expected:
        raise RemoteProtocolError(f"metadata part has the wrong length: {len(payload) - end}", RULE)
    return MetadataData(piece, total_size, payload[end:])
