"""Items of the DHT as JSON documents, and back to the very bytes."""

import json
from pathlib import Path

import pytest

from raincore.base.errors import DocumentError
from raincore.documents import items, registry
from raincore.documents.items import ItemDocument, Refusal
from raincore.formats import bencoding

GOLDEN = Path(__file__).parent / "golden" / "item-1.json"
TARGET = bytes(range(20))


def item(value, **more):
    return ItemDocument(target=TARGET, value=bencoding.encode(value), **more)


def test_an_item_is_written_as_its_golden_file_says():
    record = ItemDocument(
        target=TARGET,
        value=b"d1:bi1e1:a2:\xff\xfee",
        key=bytes(32),
        seq=7,
        signature=bytes(64),
        salt=b"\xff",
        stored=6,
        refusals=[Refusal("a newer one is stored", 2, 302), Refusal("no answer", 1)],
    )
    value = items.encode(record)
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert value == golden
    assert list(value) == list(golden)
    registry.validate(value)


def test_every_key_of_the_schema_is_known():
    assert registry.schema("item")["properties"].keys() == items.KEYS


def test_what_is_not_known_is_left_out():
    value = items.encode(item("text\n"))
    assert value == {"type": "item", "v": 1, "target": TARGET.hex(), "value": "text\n"}
    registry.validate(value)


@pytest.mark.parametrize(
    "record",
    [
        item("text"),
        item(b"\xff\x00"),
        item([1, -5, {"a": ["b"]}], key=bytes(32), seq=3, signature=bytes(64), salt=b"news"),
        item({b"\xff": b"\xfe", b"hex": b"0a", b"hex:": 1}, key=bytes(32), salt=b"\x00"),
        ItemDocument(target=TARGET, value=b"d1:b0:1:a0:e"),
    ],
)
def test_documents_are_read_back(record):
    value = json.loads(json.dumps(items.encode(record)))
    registry.validate(value)
    assert items.decode(value) == record


def test_a_value_that_is_canonical_needs_no_second_spelling():
    assert "bencoded" not in items.encode(item({"a": 1}))
    assert items.encode(ItemDocument(target=TARGET, value=b"d1:b0:1:a0:e"))["bencoded"]


def test_damaged_bytes_are_refused():
    value = items.encode(item("x")) | {"bencoded": b"d1:a".hex()}
    with pytest.raises(DocumentError) as caught:
        items.decode(value)
    assert caught.value.where == "$.bencoded"


def test_a_key_without_a_signature_is_written_as_it_is():
    assert items.decode(items.encode(item("x", key=bytes(32)))).signature is None
