"""Optional keys: taken out when they make sense, left when they do not."""

from __future__ import annotations

import pytest

from raincore.formats import optional_keys


@pytest.mark.parametrize("raw", [b"", b"plain", "é".encode(), b"\xff\xfe", bytes(range(256))])
def test_text_gives_its_bytes_back(raw):
    assert optional_keys.untext(optional_keys.text(raw)) == raw


def test_surrogates_that_are_no_bytes_are_replaced():
    assert (
        optional_keys.untext("a\ud800b\udc7f\udcff\udd00")
        == "a�b�".encode() + b"\xff" + "�".encode()
    )


GOOD = [
    (optional_keys.take_text, b"t", "t"),
    (optional_keys.take_text, b"", ""),
    (optional_keys.take_number, -5, -5),
    (optional_keys.take_texts, [b"a", b"", b"b", b"a"], ("a", "b")),
    (optional_keys.take_texts, b"a", ("a",)),
    (optional_keys.take_texts, b"", ()),
    (optional_keys.take_texts, [], ()),
    (optional_keys.take_hashes, [bytes(20), bytes(32), bytes(20)], (bytes(20), bytes(32))),
]


@pytest.mark.parametrize(("take", "value", "expected"), GOOD)
def test_what_makes_sense_is_taken_out(take, value, expected):
    values = {b"k": value, b"other": 1}
    assert take(values, b"k") == expected
    assert values == {b"other": 1}


BAD = [
    (optional_keys.take_text, 1, None),
    (optional_keys.take_number, b"1", None),
    (optional_keys.take_texts, 1, ()),
    (optional_keys.take_texts, [b"a", 1], ()),
    (optional_keys.take_hashes, b"x" * 20, ()),
    (optional_keys.take_hashes, [bytes(20), bytes(19)], ()),
    (optional_keys.take_hashes, [1], ()),
]


@pytest.mark.parametrize(("take", "value", "expected"), BAD)
def test_what_makes_no_sense_stays(take, value, expected):
    values = {b"k": value}
    assert take(values, b"k") == expected
    assert values == {b"k": value}


@pytest.mark.parametrize(("take", "value", "nothing"), BAD)
def test_what_is_absent_is_nothing(take, value, nothing):
    assert take({}, b"k") == nothing


def test_nodes_are_pairs_of_a_host_and_a_port():
    pairs = [[b"n.example", 1], [b"2001:db8::1", 2], [b"[::1]", 3], [b"n.example", 1], [b"x", 4]]
    values = {b"nodes": [*pairs, [b"", 1], [b"a", 0], [b"a"], 5]}
    assert optional_keys.take_nodes(values, 4) == ("n.example:1", "[2001:db8::1]:2", "[::1]:3")
    assert values == {}


@pytest.mark.parametrize("value", [1, b"a:1", [], [[b"", 1], [b"a", 65536], [1, b"a"]]])
def test_nodes_that_make_no_sense_stay(value):
    values = {b"nodes": value}
    assert optional_keys.take_nodes(values, 10) == ()
    assert values == {b"nodes": value}
    assert optional_keys.take_nodes({}, 10) == ()
