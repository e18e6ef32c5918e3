import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import NodeId
from raincore.wire import krpc_fields

ID = b"abcdefghij0123456789"


def test_a_dictionary_must_be_one() -> None:
    assert krpc_fields.dictionary({b"a": {b"b": 1}}, b"a") == {b"b": 1}
    for found in ({}, {b"a": b"text"}, {b"a": []}):
        with pytest.raises(RemoteProtocolError):
            krpc_fields.dictionary(found, b"a")


def test_a_needed_string_has_its_length() -> None:
    assert krpc_fields.needed({b"k": b"abc"}, b"k") == b"abc"
    assert krpc_fields.needed({b"k": b"abc"}, b"k", 3) == b"abc"
    for found in ({}, {b"k": 3}, {b"k": b"ab"}):
        with pytest.raises(RemoteProtocolError, match="k"):
            krpc_fields.needed(found, b"k", 3)


def test_an_id_has_twenty_bytes() -> None:
    assert krpc_fields.id_of({b"id": ID}) == NodeId(ID)
    with pytest.raises(RemoteProtocolError):
        krpc_fields.id_of({b"id": ID[1:]})


def test_what_is_of_another_kind_counts_as_absent() -> None:
    assert krpc_fields.sized({b"k": b"abc"}, b"k", 3, 4) == b"abc"
    assert krpc_fields.sized({b"k": b"abc"}, b"k") == b"abc"
    assert krpc_fields.sized({b"k": b"ab"}, b"k", 3, 4) is None
    assert krpc_fields.sized({b"k": 7}, b"k") is None
    assert krpc_fields.number({b"k": 7}, b"k") == 7
    assert krpc_fields.number({b"k": b"7"}, b"k") is None
    assert krpc_fields.number({}, b"k") is None


@pytest.mark.parametrize("value", [b"i1e", b"d1:bi2e1:ai1ee", b"ll1:vee", b"0:"])
def test_a_value_is_taken_as_it_was_sent(value: bytes) -> None:
    data = b"d1:ad1:t1:x1:v" + value + b"1:xi1ee1:t2:aae"
    assert krpc_fields.raw_value(data, b"a") == value


def test_no_value_is_an_error() -> None:
    with pytest.raises(RemoteProtocolError):
        krpc_fields.raw_value(b"d1:ad1:xd1:vi1eeee", b"a")
