"""Values as JSON: text where it is text, hex where it is not, and back."""

import pytest

from raincore.base.errors import DocumentError
from raincore.documents import item_value, raw
from raincore.formats import bencoding


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"text", "text"),
        ("π\tone\r\ntwo".encode(), "π\tone\r\ntwo"),
        (b"\xff", {"hex": "ff"}),
        (b"\x1b[2J", {"hex": "1b5b324a"}),
        ("\u202egpj".encode(), {"hex": "e280ae67706a"}),
        (-3, -3),
        ([b"a", [], {}], ["a", [], {}]),
        ({b"a": 1, b"\xff": 2, b"hex": 3}, {"a": 1, "hex:ff": 2, "hex:686578": 3}),
    ],
)
def test_what_is_shown_is_found_again(value, shown):
    assert raw.value_of(value) == shown
    assert item_value.bencoded(shown) == bencoding.encode(value)


@pytest.mark.parametrize(
    ("shown", "where", "said"),
    [
        (None, "$.value", "must be text, an integer, a list or a dictionary"),
        (True, "$.value", "must be text"),
        ([1, 2.5], "$.value[1]", "must be text"),
        ({"a": {"b": None}}, "$.value.a.b", "must be text"),
        (10**19, "$.value", "more than 19 digits"),
        ({"hex": "0"}, "$.value", "not pairs of hex digits"),
        ({"hex": "0g"}, "$.value", "not pairs of hex digits"),
        ({"hex": 5}, "$.value", 'must be text or {"hex": …}'),
        ({"hex:zz": 1}, "$.value.hex:zz", "not pairs of hex digits"),
        ({"a": 1, "hex:61": 2}, "$.value.hex:61", "the same key twice"),
        ("\ud800", "$.value", "text that UTF-8 cannot write"),
        ({"\ud800": 1}, "$.value.\ufffd", "text that UTF-8 cannot write"),
    ],
)
def test_what_bencode_has_no_word_for_is_refused(shown, where, said):
    with pytest.raises(DocumentError, match=said.replace("{", r"\{")) as caught:
        item_value.bencoded(shown)
    assert caught.value.where == where


def test_depth_is_bounded():
    def nested(depth):
        value = []
        for _ in range(depth - 1):
            value = [value]
        return value

    assert item_value.bencoded(nested(item_value.MAX_DEPTH))
    with pytest.raises(DocumentError, match="nested too deeply"):
        item_value.bencoded(nested(item_value.MAX_DEPTH + 1))


@pytest.mark.parametrize("given", [5, ["a"], {"hex": "ff", "more": 1}, {}])
def test_only_text_and_hex_are_strings(given):
    with pytest.raises(DocumentError) as caught:
        item_value.bytes_of(given, "$.salt")
    assert caught.value.where == "$.salt"


def test_text_and_hex_are_bytes():
    assert item_value.bytes_of("π", "$.salt") == "π".encode()
    assert item_value.bytes_of({"hex": "FF00"}, "$.salt") == b"\xff\x00"
