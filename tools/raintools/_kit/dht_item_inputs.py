"""What rain-dht is to get or to store: targets, keys, text, standard input, documents."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from typing import TYPE_CHECKING

import click

from raincore.base.errors import BencodeError, DocumentError, FormatError
from raincore.base.ids import NodeId
from raincore.base.printable import printable
from raincore.dht.item import MAX_VALUE, Item
from raincore.documents import item_value
from raincore.documents import items as documents
from raincore.formats import bencoding
from raintools._kit.stdin import standard_input

if TYPE_CHECKING:
    from raintools._kit.dht_inputs import Given

__all__ = ["again", "item_of", "target_of"]

READ_LIMIT = 100_000
"""Bytes of stdin that are read; far less can be stored."""


def target_of(given: Given, salt: str) -> tuple[NodeId, bytes]:
    """Where an item is, and under which salt it is signed.

    Raises:
        FormatError: The input is neither a target nor a public key.
    """
    document = given.document
    if document is not None and document["type"] == "item":
        item = documents.decode(document)
        return NodeId(item.target), item.salt
    text = given.text if document is None else document["k"]
    raw_salt = os.fsencode(salt)
    if re.fullmatch("[0-9A-Fa-f]{64}", text):
        return NodeId(hashlib.sha1(bytes.fromhex(text) + raw_salt).digest()), raw_salt
    if not re.fullmatch("[0-9A-Fa-f]{40}", text):
        shown = printable(text, limit=80)
        raise FormatError(f"neither a target (40 hex digits) nor a public key (64): {shown!r}")
    return NodeId.from_hex(text), raw_salt


def item_of(text: str | None, salt: str, seq: int | None, *, bencoded: bool) -> Item:
    """The item that was typed, or that stdin holds, not signed yet.

    Raises:
        click.UsageError: There is no text, and stdin is a terminal.
        FormatError: It is too much, or is to be bencoded and is not.
    """
    raw = _read_stdin() if text is None or text == "-" else os.fsencode(text)
    if bencoded:
        raw = raw.rstrip(b"\r\n") if text is None or text == "-" else raw
        try:
            bencoding.decode(raw, max_depth=item_value.MAX_DEPTH)
        except BencodeError as error:
            raise FormatError(f"not a bencoded value: {error}") from error
    else:
        raw = bencoding.encode(raw)
    return Item(raw, seq=1 if seq is None else seq, salt=os.fsencode(salt))


def again(given: Given) -> Item:
    """The item of a document, as it was signed.

    Raises:
        DocumentError: It is no longer what its target says.
        FormatError: It is no document.
    """
    if given.document is None:
        raise FormatError("not an item document")
    found = documents.decode(given.document)
    item = Item(found.value, found.key, found.seq, found.signature, found.salt)
    if item.target != found.target:
        raise DocumentError("is not that of this value, or of this key and salt", "$.target")
    return item


def _read_stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("nothing to store: give TEXT, or standard input")
    try:
        raw = standard_input().read(READ_LIMIT)
    except OSError as error:
        raise FormatError(f"stdin cannot be read: {(error.strerror or '').lower()}") from error
    if len(raw) == READ_LIMIT:
        raise FormatError(f"value is too big: over {READ_LIMIT:,} bytes, {MAX_VALUE} may be")
    return raw
