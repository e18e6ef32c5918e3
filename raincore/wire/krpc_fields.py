"""One key of a stranger's dictionary: of the right type and length, or absent (BEP 5)."""

from __future__ import annotations

from typing import Any

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import NodeId
from raincore.formats import bencoding

__all__ = [
    "DEPTH",
    "KEY_LENGTH",
    "RULE",
    "SIGNATURE_LENGTH",
    "Args",
    "dictionary",
    "id_of",
    "needed",
    "number",
    "raw_value",
    "sized",
]

RULE = "BEP 5, KRPC"

DEPTH = 32
"""Lists and dictionaries that may be open at once in a datagram."""

KEY_LENGTH, SIGNATURE_LENGTH = 32, 64
"""Of items that are signed (BEP 44)."""

Args = dict[bytes, Any]
"""Arguments of a query or fields of a reply, as decoded."""


def dictionary(top: Args, key: bytes) -> Args:
    """The dictionary under `key`; raise RemoteProtocolError if there is none."""
    found = top.get(key)
    if not isinstance(found, dict):
        raise RemoteProtocolError(f"datagram without a dictionary: {key.decode()}", RULE)
    return found


def needed(args: Args, key: bytes, length: int | None = None) -> bytes:
    """The string under `key`, of `length` bytes if given; raise RemoteProtocolError if not."""
    found = args.get(key)
    if not isinstance(found, bytes) or (length is not None and len(found) != length):
        raise RemoteProtocolError(f"absent, or of the wrong length: {key.decode()}", RULE)
    return found


def id_of(args: Args, key: bytes = b"id") -> NodeId:
    """The 20 bytes under `key`; raise RemoteProtocolError if they are not there."""
    return NodeId(needed(args, key, NodeId.LENGTH))


def sized(args: Args, key: bytes, *lengths: int) -> bytes | None:
    """The string under `key` if it has one of the lengths (any, if none is given)."""
    found = args.get(key)
    if not isinstance(found, bytes) or (lengths and len(found) not in lengths):
        return None
    return found


def number(args: Args, key: bytes) -> int | None:
    """The number under `key`, if it is one."""
    found = args.get(key)
    return found if isinstance(found, int) else None


def raw_value(data: bytes, key: bytes) -> bytes:
    """The bytes of "v" inside the dictionary under `key`, exactly as they were sent.

    An item is hashed and signed as its sender wrote it; written again, it might differ
    (BEP 44, "messages").

    Args:
        data: The whole datagram, which holds a dictionary under `key`.
        key: Of the arguments or fields.

    Raises:
        RemoteProtocolError: There is no "v".
    """
    _, spans = bencoding.decode_with_spans(data, max_depth=DEPTH)
    start, end = spans[key]
    inner = data[start:end]
    _, spans = bencoding.decode_with_spans(inner, max_depth=DEPTH)
    if b"v" not in spans:
        raise RemoteProtocolError("item without a value", RULE)
    start, end = spans[b"v"]
    return inner[start:end]
