"""Targets, keys, values and documents of items."""

import hashlib
import io
import sys

import click
import pytest

from raincore.base.errors import DocumentError, FormatError
from raincore.documents import items
from raincore.documents.items import ItemDocument
from raintools._kit import dht_item_inputs
from raintools._kit.dht_inputs import Given

KEY = bytes(range(32))


def stdin(monkeypatch, raw):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_a_target_is_itself_and_a_key_is_hashed_with_the_salt():
    assert dht_item_inputs.target_of(Given("", "0a" * 20), "s") == (bytes([10]) * 20, b"s")
    target, salt = dht_item_inputs.target_of(Given("", KEY.hex()), "π")
    assert (target, salt) == (hashlib.sha1(KEY + "π".encode()).digest(), "π".encode())
    with pytest.raises(FormatError, match="neither a target"):
        dht_item_inputs.target_of(Given("", "0a" * 21), "")


def test_a_document_knows_its_own_salt():
    document = items.encode(ItemDocument(target=bytes(20), value=b"1:a", key=KEY, salt=b"own"))
    assert dht_item_inputs.target_of(Given("", document=document), "s") == (bytes(20), b"own")


def test_text_is_stored_as_it_was_typed():
    item = dht_item_inputs.item_of("π", "s", None, bencoded=False)
    assert (item.value, item.seq, item.salt) == (b"2:\xcf\x80", 1, b"s")
    assert dht_item_inputs.item_of("i7e", "", 9, bencoded=True).value == b"i7e"
    with pytest.raises(FormatError, match="not a bencoded value: offset"):
        dht_item_inputs.item_of("7", "", None, bencoded=True)


@pytest.mark.parametrize("text", [None, "-"])
def test_standard_input_is_stored_to_its_last_byte(monkeypatch, text):
    stdin(monkeypatch, b"\xff\n")
    assert dht_item_inputs.item_of(text, "", None, bencoded=False).value == b"2:\xff\n"
    stdin(monkeypatch, b"i7e\n")
    assert dht_item_inputs.item_of(text, "", None, bencoded=True).value == b"i7e"


def test_standard_input_has_bounds(monkeypatch):
    stdin(monkeypatch, b"x" * dht_item_inputs.READ_LIMIT)
    with pytest.raises(FormatError, match="value is too big"):
        dht_item_inputs.item_of("-", "", None, bencoded=False)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(click.UsageError, match="nothing to store"):
        dht_item_inputs.item_of(None, "", None, bencoded=False)


def test_an_item_is_stored_again_as_it_was_signed():
    target = hashlib.sha1(b"1:a").digest()
    document = items.encode(ItemDocument(target=target, value=b"1:a"))
    assert dht_item_inputs.again(Given("", document=document)).value == b"1:a"
    with pytest.raises(DocumentError, match="is not that of this value"):
        dht_item_inputs.again(Given("", document=document | {"value": "b"}))
    with pytest.raises(FormatError, match="not an item document"):
        dht_item_inputs.again(Given("", "text"))
