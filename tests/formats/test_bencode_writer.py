"""Canonical bencode is written of all that has one; `test_bencoding` reads it back."""

from __future__ import annotations

import enum

import pytest

from raincore.base.ids import InfoHash
from raincore.formats import bencoding
from raincore.formats.bencoding import Raw


class Colour(enum.IntEnum):
    RED = 3


def test_subclasses_are_written_as_what_they_derive_from():
    assert bencoding.encode(Colour.RED) == b"i3e"
    assert bencoding.encode(InfoHash(b"x" * 20)) == b"20:" + b"x" * 20
    assert bencoding.encode({"é": (True, False)}) == "d2:él".encode() + b"i1ei0eee"


def test_raw_values_go_out_as_they_are():
    raw = b"d1:bi1e1:ai1ee"
    assert bencoding.encode({"info": Raw(raw), b"a": 1}) == b"d1:ai1e4:info" + raw + b"e"


def test_keys_are_sorted_as_bytes():
    assert bencoding.encode({"é": 1, "z": 2, b"\xff": 3}) == b"d1:zi2e2:\xc3\xa9i1e1:\xffi3ee"


@pytest.mark.parametrize("value", [None, 1.5, object(), [None], {"a": {1, 2}}, bytearray(b"x")])
def test_what_has_no_bencode_is_a_bug(value):
    with pytest.raises(TypeError, match="cannot be bencoded"):
        bencoding.encode(value)


@pytest.mark.parametrize("value", [{1: 2}, {None: 2}, {"a": 1, b"a": 2}])
def test_keys_must_be_strings_and_differ(value):
    with pytest.raises(TypeError, match="no key, or the same key twice"):
        bencoding.encode(value)
