from dataclasses import replace
from typing import Any

import pytest

from raincore.dht.item import Item
from raincore.wire.krpc_messages import ErrorCode
from tests.dht import ed25519
from tests.wire.pair import vectors


def item_of(vector: dict[str, Any]) -> Item:
    return Item(
        value=vector["value"].encode(),
        key=bytes.fromhex(vector["key"]) if vector["key"] else None,
        seq=vector["seq"],
        signature=bytes.fromhex(vector["signature"]) if vector["key"] else None,
        salt=vector["salt"].encode(),
    )


@pytest.mark.parametrize("vector", vectors(44, "items"), ids=lambda v: v["name"])
def test_targets_and_signatures_are_those_of_bep_44(vector: dict[str, Any]) -> None:
    item = item_of(vector)
    assert item.target.hex() == vector["target"]
    if vector["key"]:
        assert item.signed == vector["signed"].encode()
    assert item.fault(ed25519.verify) is None


@pytest.mark.parametrize(
    "change",
    [{"value": b"12:Hello world!"}, {"seq": 2}, {"salt": b"foobaz"}, {"key": b"k" * 32}],
    ids=str,
)
def test_any_change_breaks_the_signature(change: dict[str, Any]) -> None:
    changed = replace(item_of(vectors(44, "items")[1]), **change)
    assert changed.fault(ed25519.verify) is ErrorCode.BAD_SIGNATURE


def never(key: bytes, signature: bytes, message: bytes) -> bool:
    raise AssertionError("sizes come first")


def test_sizes_are_checked_before_signatures() -> None:
    item = item_of(vectors(44, "items")[1])
    assert replace(item, value=b"x" * 1001).fault(never) is ErrorCode.VALUE_TOO_BIG
    assert replace(item, salt=b"x" * 65).fault(never) is ErrorCode.SALT_TOO_BIG
    assert replace(item, seq=-1).fault(never) is ErrorCode.PROTOCOL
    assert replace(item, seq=2**63).fault(never) is ErrorCode.PROTOCOL
    assert replace(item, signature=None).fault(never) is ErrorCode.BAD_SIGNATURE
    assert Item(b"x" * 1000).fault(never) is None
