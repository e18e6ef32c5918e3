"""What a server said is read without trust."""

import pytest

from raintools.ctl import fields

SAID = {"Pieces": {"Have": 3, "Total": True}, "Name": "a\x1b[2J", "Private": 1, "L": [1, {"x": 2}]}


def test_what_is_there_is_found():
    assert fields.number(SAID, "Pieces", "Have") == 3
    assert fields.text(SAID, "Name") == "a\ufffd[2J"
    assert fields.rows(SAID, "L") == [{"x": 2}]
    assert fields.flag({"a": {"b": True}}, "a", "b")
    assert fields.texts({"Labels": ["tv\x07", 1, "b"]}, "Labels") == ["tv\ufffd", "b"]


@pytest.mark.parametrize("value", [None, 7, "x", [], SAID])
def test_what_is_missing_or_wrong_is_nothing(value):
    assert fields.number(value, "Pieces", "Total") == 0
    assert fields.number(value, "Name") == 0
    assert fields.text(value, "Pieces") == ""
    assert fields.rows(value, "Name") == fields.texts(value, "Name") == []
    assert not fields.flag(value, "Private")


def test_the_size_of_a_torrent_leaves_its_padding_out():
    assert fields.length({"Bytes": {"Total": 100, "Padding": 30}}) == 70
    assert fields.length({"Bytes": {"Total": 100}}) == 100
    assert fields.length({"Bytes": {"Padding": 30}}) == fields.length(None) == 0


def test_all_strings_of_a_value_are_cleaned():
    value = {"a\x07": ["\u202e", 1, None, {"b": "\x9b"}]}
    assert fields.cleaned(value) == {"a\ufffd": ["\ufffd", 1, None, {"b": "\ufffd"}]}
