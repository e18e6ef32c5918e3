"""Length-prefixed framing: bytes to peer messages and back (BEP 3, 52, "peer messages").

HOT PATH: runs per block. Budget: 1 µs to parse a block, without copying its bytes;
0.5 µs to parse, 0.4 µs to encode a request within a run of them. Blocks and requests,
nearly all that ever arrives, are parsed by a loop over fixed shapes; everything else
takes the plain path, `decode_plain`.

A message is a 4-byte big-endian length, then that many bytes, the first of which is the
id; length 0 is a keep-alive. Unknown ids are skipped, so that peers may speak
extensions that we do not. Whether a message is legal now is not decided here.
"""

from __future__ import annotations

import struct
from itertools import starmap
from typing import TYPE_CHECKING

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import hash_runs
from raincore.wire.messages import (
    AllowedFast,
    Block,
    Cancel,
    Choke,
    Extended,
    HashRequest,
    Have,
    HaveAll,
    HaveNone,
    Interested,
    KeepAlive,
    NotInterested,
    PieceBitfield,
    Port,
    Reject,
    Request,
    Suggest,
    Unchoke,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.wire.messages import Message

__all__ = [
    "BLOCK_HEADER_LENGTH",
    "RULE",
    "block_header",
    "decode",
    "encode",
    "encode_requests",
]

RULE = "BEP 3, peer messages"

BLOCK_HEADER_LENGTH = 13
"""Bytes before a block's data: length prefix, id, piece, begin."""

LENGTH_PREFIX = struct.Struct(">I")
HEADER = struct.Struct(">IB")
INDEX = struct.Struct(">I")
TRIPLE = struct.Struct(">III")
SHORT = struct.Struct(">H")
EXTENDED = struct.Struct(">IBB")
BLOCK_HEADER = struct.Struct(">IBII")
REQUEST = struct.Struct(">IBIII")

BITFIELD_ID = 5
REQUEST_ID = 6
BLOCK_ID = 7
PORT_ID = 9
EXTENDED_ID = 20
HASH_RUN_IDS = frozenset(hash_runs.IDS.values())

EMPTY: dict[int, Message] = {
    0: Choke(),
    1: Unchoke(),
    2: Interested(),
    3: NotInterested(),
    14: HaveAll(),
    15: HaveNone(),
}
INDEXED: dict[int, type[Have | Suggest | AllowedFast]] = {4: Have, 13: Suggest, 17: AllowedFast}
TRIPLES: dict[int, type[Request | Cancel | Reject]] = {REQUEST_ID: Request, 8: Cancel, 16: Reject}
EMPTY_IDS = {type(message): kind for kind, message in EMPTY.items()}
INDEXED_IDS = {shape: kind for kind, shape in INDEXED.items()}
TRIPLE_IDS = {shape: kind for kind, shape in TRIPLES.items()}

FIXED_LENGTHS: dict[int, int] = {
    **dict.fromkeys(EMPTY, 1),
    **dict.fromkeys(INDEXED, 5),
    **dict.fromkeys(TRIPLES, 13),
    **hash_runs.FIXED_LENGTHS,
    PORT_ID: 3,
}
LEAST_LENGTHS = {BLOCK_ID: 10, EXTENDED_ID: 2, **hash_runs.LEAST_LENGTHS}
"""Id included. A block without data answers no legal request."""

KEEP_ALIVE = KeepAlive()
REQUEST_PREFIX = HEADER.pack(13, REQUEST_ID)


def decode(buffer: memoryview, end: int, max_length: int, out: list[Message]) -> int:
    """Parse every whole message at the front of what has arrived.

    Args:
        buffer: Bytes as they came; `Block.data` will be views of it.
        end: How many bytes of `buffer` have arrived.
        max_length: The longest message accepted, without its length prefix; at least 13.
        out: Messages are appended to it, in order.

    Returns:
        How many bytes were consumed; what is left is less than one message.

    Raises:
        RemoteProtocolError: A message is longer than `max_length`, or its length does
            not fit its id. Raised as soon as the length (and id) are in, before a body
            is waited for, so a peer cannot make us buffer. `out` keeps what came before.
    """
    position = 0
    append = out.append
    new = tuple.__new__  # skips the checks of NamedTuple's own constructor: 0.15 µs a block
    header = BLOCK_HEADER.unpack_from
    while end - position >= BLOCK_HEADER_LENGTH:
        length, kind, piece, begin = header(buffer, position)
        if kind == BLOCK_ID and 9 < length <= max_length:
            after = position + 4 + length
            if after > end:
                return position
            append(new(Block, (piece, begin, buffer[position + BLOCK_HEADER_LENGTH : after])))
        elif kind == REQUEST_ID and length == 13:
            after = decode_requests(buffer, position, end, out)
        else:
            after = decode_plain(buffer, position, end, max_length, out)
        if after == position:
            return position
        position = after
    while True:
        after = decode_plain(buffer, position, end, max_length, out)
        if after == position:
            return position
        position = after


def decode_requests(buffer: memoryview, position: int, end: int, out: list[Message]) -> int:
    """Parse a run of whole requests; return where it ends."""
    append = out.append
    new = tuple.__new__
    run = (end - position) // REQUEST.size * REQUEST.size
    for length, kind, piece, begin, size in REQUEST.iter_unpack(buffer[position : position + run]):
        if kind != REQUEST_ID or length != 13:
            break
        append(new(Request, (piece, begin, size)))
        position += REQUEST.size
    return position


def decode_plain(
    buffer: memoryview, position: int, end: int, max_length: int, out: list[Message]
) -> int:
    """Parse one message of any kind; return where it ends, or `position` if it is not whole."""
    if end - position < 4:
        return position
    length: int = LENGTH_PREFIX.unpack_from(buffer, position)[0]
    if length == 0:
        out.append(KEEP_ALIVE)
        return position + 4
    if length > max_length:
        raise RemoteProtocolError(f"message is longer than {max_length} bytes: {length}", RULE)
    if end - position < 5:
        return position
    kind = buffer[position + 4]
    check_length(kind, length)
    after = position + 4 + length
    if after > end:
        return position
    message = parse_body(kind, buffer[position + 5 : after])
    if message is not None:
        out.append(message)
    return after


def check_length(kind: int, length: int) -> None:
    """Refuse a length that no message of this id has; unknown ids may have any."""
    expected = FIXED_LENGTHS.get(kind)
    if expected is not None and length != expected:
        raise RemoteProtocolError(
            f"message with id {kind} must be {expected} bytes long, not {length}", RULE
        )
    least = LEAST_LENGTHS.get(kind, 1)
    if length < least:
        raise RemoteProtocolError(
            f"message with id {kind} must be at least {least} bytes long, not {length}", RULE
        )


def parse_body(kind: int, body: memoryview) -> Message | None:
    """Turn an id and what follows it into a message; None for ids that we do not know.

    A whole block never comes here: it is longer than its header, so `decode` has seen it.
    """
    if kind in EMPTY:
        return EMPTY[kind]
    if kind in INDEXED:
        return INDEXED[kind](*INDEX.unpack(body))
    if kind in TRIPLES:
        return TRIPLES[kind](*TRIPLE.unpack(body))
    if kind == EXTENDED_ID:
        return Extended(body[0], bytes(body[1:]))
    if kind == BITFIELD_ID:
        return PieceBitfield(bytes(body))
    if kind == PORT_ID:
        return Port(*SHORT.unpack(body))
    if kind in HASH_RUN_IDS:
        return hash_runs.parse(kind, body)
    return None


def encode(message: Message) -> bytes:
    """Give the wire form of one message, length prefix included.

    Raises:
        LocalProtocolError: A number does not fit its field; a bug in the caller.
    """
    try:
        return encode_unchecked(message)
    except struct.error as error:
        raise LocalProtocolError(f"message does not fit the wire: {message!r}", RULE) from error


def encode_unchecked(message: Message) -> bytes:
    """As `encode`, but struct.error is the caller's to map."""
    match message:
        case Request() | Cancel() | Reject():
            return REQUEST.pack(13, TRIPLE_IDS[type(message)], *message)
        case Have() | Suggest() | AllowedFast():
            return HEADER.pack(5, INDEXED_IDS[type(message)]) + INDEX.pack(message.piece)
        case Block(piece, begin, data):
            return BLOCK_HEADER.pack(9 + len(data), BLOCK_ID, piece, begin) + data
        case PieceBitfield(data):
            return HEADER.pack(1 + len(data), BITFIELD_ID) + data
        case Extended(extended_id, payload):
            return EXTENDED.pack(2 + len(payload), EXTENDED_ID, extended_id) + payload
        case HashRequest():
            body = hash_runs.encode(message)
            return HEADER.pack(1 + len(body), hash_runs.IDS[type(message)]) + body
        case Port(port):
            return HEADER.pack(3, PORT_ID) + SHORT.pack(port)
        case KeepAlive():
            return LENGTH_PREFIX.pack(0)
        case _:
            return HEADER.pack(1, EMPTY_IDS[type(message)])


def encode_requests(requests: Sequence[Request]) -> bytes:
    """Give the wire form of a batch of requests, in order; b"" for none.

    Raises:
        LocalProtocolError: A number does not fit its field; a bug in the caller.
    """
    if not requests:
        return b""
    try:
        return REQUEST_PREFIX + REQUEST_PREFIX.join(starmap(TRIPLE.pack, requests))
    except struct.error as error:
        raise LocalProtocolError("a request does not fit the wire", RULE) from error


def block_header(piece: int, begin: int, length: int) -> bytes:
    """Give the 13 bytes that go before a block's data, so that the data need not be copied.

    Args:
        piece: Piece index.
        begin: Offset in the piece, in bytes.
        length: Bytes of data that will follow.
    """
    return BLOCK_HEADER.pack(9 + length, BLOCK_ID, piece, begin)
