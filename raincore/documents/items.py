"""What the DHT stores for anybody, as JSON documents of type "item" (BEP 44)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import BencodeError, DocumentError
from raincore.documents import item_value, raw
from raincore.formats import bencoding

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KEYS", "ItemDocument", "Refusal", "decode", "encode"]

VERSION = 1

KEYS = frozenset(
    {"type", "v", "target", "value", "bencoded", "k", "sig", "seq", "salt"}
    | {"stored", "refused", "refusals"}
)
"""Every key that an item has by its schema."""


class Refusal(NamedTuple):
    """Why some nodes did not store an item.

    Args:
        reason: In words.
        nodes: How many said so.
        code: The number of the error (BEP 44, "errors"); None if they said nothing.
    """

    reason: str
    nodes: int
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDocument:
    """An item, and what became of storing it.

    Args:
        target: Where it is stored, 20 bytes.
        value: Bencoded, byte for byte.
        key: The public key of its writer, 32 bytes; None if it is immutable.
        seq: Its sequence number.
        signature: 64 bytes.
        salt: Tells the items under one key apart.
        stored: How many nodes stored it; None if none was asked to.
        refusals: Why others did not.
    """

    target: bytes
    value: bytes
    key: bytes | None = None
    seq: int = 0
    signature: bytes | None = None
    salt: bytes = b""
    stored: int | None = None
    refusals: Sequence[Refusal] = ()


def encode(item: ItemDocument) -> dict[str, Any]:
    """Turn an item into a JSON value.

    Where its writer bencoded it in an unusual way, `bencoded` gives the very bytes, which
    are what is hashed and signed.
    """
    value: dict[str, Any] = {"type": "item", "v": VERSION, "target": item.target.hex()}
    value |= _value(item.value)
    if item.key is not None:
        value |= {"k": item.key.hex(), "seq": item.seq}
        if item.signature is not None:
            value["sig"] = item.signature.hex()
        if item.salt:
            value["salt"] = raw.string_of(item.salt)
    if item.stored is not None:
        value["stored"] = item.stored
        value["refused"] = sum(refusal.nodes for refusal in item.refusals)
    if item.refusals:
        value["refusals"] = [_refusal(refusal) for refusal in item.refusals]
    return value


def decode(value: dict[str, Any]) -> ItemDocument:
    """Read an item from a JSON value that its schema accepts; what was stored is forgotten.

    Raises:
        DocumentError: Its value, or salt, is none that can be stored; `where` names it.
    """
    if "bencoded" in value:
        written = bytes.fromhex(value["bencoded"])
        try:
            bencoding.decode(written, max_depth=item_value.MAX_DEPTH)
        except BencodeError as error:
            raise DocumentError(str(error), "$.bencoded") from error
    else:
        written = item_value.bencoded(value["value"])
    return ItemDocument(
        target=bytes.fromhex(value["target"]),
        value=written,
        key=_bytes(value, "k"),
        seq=int(value.get("seq", 0)),
        signature=_bytes(value, "sig"),
        salt=item_value.bytes_of(value["salt"], "$.salt") if "salt" in value else b"",
    )


def _value(written: bytes) -> dict[str, Any]:
    shown = raw.value_of(bencoding.decode(written))
    exact = {} if bencoding.is_canonical(written) else {"bencoded": written.hex()}
    return {"value": shown, **exact}


def _refusal(refusal: Refusal) -> dict[str, Any]:
    code = {} if refusal.code is None else {"code": refusal.code}
    return {**code, "reason": refusal.reason, "nodes": refusal.nodes}


def _bytes(value: dict[str, Any], key: str) -> bytes | None:
    return bytes.fromhex(value[key]) if key in value else None
