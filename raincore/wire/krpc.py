"""Datagrams of the DHT: bencoded queries, responses and errors, and back (BEP 5, "KRPC").

What a datagram must have is checked; of what it may have, anything that makes no sense
counts as absent, so that one odd key does not cost a whole answer.
"""

from __future__ import annotations

from typing import Any

from raincore.base.errors import BencodeError, RemoteProtocolError
from raincore.base.printable import printable
from raincore.formats import bencoding
from raincore.wire import krpc_questions, krpc_replies
from raincore.wire.krpc_fields import DEPTH, RULE, Args, dictionary, id_of, sized
from raincore.wire.krpc_messages import Error, Malformed, Message, Query, Response

__all__ = ["MAX_RECEIVED", "MAX_SENT", "decode", "encode"]

MAX_RECEIVED = 1500
"""Bytes in a datagram that is looked at."""

MAX_SENT = 1024
"""Bytes in a datagram that fits through any tunnel (BEP 32, "maximum packet size")."""

MAX_TRANSACTION = 64
ADDRESS_LENGTHS = (6, 18)


def decode(data: bytes) -> Message:
    """Read a datagram.

    Args:
        data: Anything from anybody.

    Returns:
        The message. A query that can be refused but not answered is `Malformed`.

    Raises:
        RemoteProtocolError: No message, longer than MAX_RECEIVED, or one without a
            transaction; nothing can be said to that.
    """
    if len(data) > MAX_RECEIVED:
        raise RemoteProtocolError(f"datagram is too long: {len(data)}", RULE)
    try:
        top = bencoding.decode(data, max_depth=DEPTH)
    except BencodeError as error:
        raise RemoteProtocolError(f"datagram is no bencode: {error}", RULE) from error
    if not isinstance(top, dict):
        raise RemoteProtocolError("datagram is no dictionary", RULE)
    transaction = top.get(b"t")
    if not isinstance(transaction, bytes) or len(transaction) > MAX_TRANSACTION:
        raise RemoteProtocolError("datagram without a sensible transaction", RULE)
    kind = top.get(b"y")
    if kind == b"q":
        try:
            return _query(transaction, top, data)
        except RemoteProtocolError as error:
            return Malformed(transaction, str(error))
    if kind == b"r":
        reply = krpc_replies.read(dictionary(top, b"r"), data)
        return Response(transaction, reply, sized(top, b"ip", *ADDRESS_LENGTHS))
    if kind == b"e":
        return _error(transaction, top)
    raise RemoteProtocolError("datagram is neither query, response nor error", RULE)


def encode(message: Query | Response | Error) -> bytes:
    """Write a datagram. That it fits MAX_SENT is for the caller to see to."""
    if isinstance(message, Query):
        method, args = krpc_questions.write(message.question)
        args["id"] = message.node_id
        top: dict[str, Any] = {"a": args, "q": method, "t": message.transaction, "y": "q"}
        if message.read_only:
            top["ro"] = 1
        return bencoding.encode(top)
    seen_as, transaction = message.seen_as, message.transaction
    if isinstance(message, Response):
        ip = b"" if seen_as is None else b"2:ip%d:%b" % (len(seen_as), seen_as)
        reply = krpc_replies.write(message.reply)
        return b"d%b1:r%b1:t%d:%b1:y1:re" % (ip, reply, len(transaction), transaction)
    top = {"e": [message.code, message.text], "t": transaction, "y": "e"}
    if seen_as is not None:
        top["ip"] = seen_as
    return bencoding.encode(top)


def _query(transaction: bytes, top: Args, data: bytes) -> Query:
    args = dictionary(top, b"a")
    node_id = id_of(args)
    method = top.get(b"q")
    if not isinstance(method, bytes):
        raise RemoteProtocolError("query without a method", RULE)
    question = krpc_questions.read(method, args, data)
    return Query(transaction, node_id, question, top.get(b"ro") == 1)


def _error(transaction: bytes, top: Args) -> Error:
    match top.get(b"e"):
        case [int(code), bytes(text), *_]:
            return Error(transaction, code, printable(text), sized(top, b"ip", *ADDRESS_LENGTHS))
    raise RemoteProtocolError("error without code and text", RULE)
