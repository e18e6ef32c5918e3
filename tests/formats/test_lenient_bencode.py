"""What .torrent files may do that peers may not: keys that come twice, bytes at the end."""

from __future__ import annotations

import pytest

from raincore.base.errors import BencodeError
from raincore.formats import bencoding, lenient_bencode
from raincore.formats.lenient_bencode import NO_REPEATS, Repeats
from tests.formats import damage, samples

GOOD = samples.v1_single()


@pytest.mark.parametrize("data", [b"i5e", b"2:ab", b"li1ei2ee", b"d1:ai1ee", b"de"])
@pytest.mark.parametrize("behind", [b"", b"\n", b"e", b"i1e", bytes(9)])
def test_a_value_of_any_kind_may_be_followed_by_anything(data, behind):
    read = lenient_bencode.decode(data + behind)
    assert (read.value, read.end) == (bencoding.decode(data), len(data))
    assert read.repeats == NO_REPEATS


def test_of_a_key_that_comes_twice_the_last_value_counts():
    read = lenient_bencode.decode(b"d1:ai1e1:bi2e1:ai3ee")
    assert read.value == {b"a": 3, b"b": 2}
    assert read.repeats == Repeats(1, b"a", 13)
    assert read.spans == {b"a": (16, 19), b"b": (10, 13)}


def test_repeats_are_counted_at_any_depth_and_the_first_is_named():
    data = b"ld1:xd1:bi1e1:bi2e1:bi3eee" + b"d0:0:0:0:ee"
    read = lenient_bencode.decode(data)
    assert read.value == [{b"x": {b"b": 3}}, {b"": b""}]
    assert read.repeats == Repeats(3, b"b", 12)
    assert lenient_bencode.decode(b"d1:ai1ee").repeats == NO_REPEATS


def test_a_value_may_be_all_that_is_wanted():
    assert lenient_bencode.decode_whole(b"d1:ai1e1:ai2ee") == {b"a": 2}
    with pytest.raises(BencodeError, match="offset 3: bytes after the end"):
        lenient_bencode.decode_whole(b"i1ee")


@pytest.mark.parametrize("data", [b"", b"le", b"i1e", b"1:a"])
def test_a_dictionary_is_wanted_where_it_is_asked_for(data):
    with pytest.raises(BencodeError, match="offset 0: not a dictionary"):
        lenient_bencode.decode_dictionary(data)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"i-0e", b"i03e", b"01:a", b"d-1:ai1ee", b"d1:a", b"l" * 101 + b"e" * 101]
)
def test_everything_else_is_as_strict_as_for_peers(data):
    with pytest.raises(BencodeError) as strict:
        bencoding.decode(data)
    with pytest.raises(BencodeError) as lenient:
        lenient_bencode.decode(data)
    assert str(lenient.value) == str(strict.value)


def test_damage_is_judged_as_by_the_strict_reader_but_for_these_two(seed):
    data = bencoding.encode({"info": GOOD, "list": [1, [b"x", {}]]})
    every = [*damage.truncations(data), *damage.mutations([data], 3000, seed)]
    for damaged in every:
        try:
            read = lenient_bencode.decode(damaged)
        except BencodeError:
            with pytest.raises(BencodeError, match="offset"):
                bencoding.decode(damaged)
            continue
        if read.repeats == NO_REPEATS:
            assert bencoding.decode(damaged[: read.end]) == read.value
        else:
            with pytest.raises(BencodeError, match="duplicate key"):
                bencoding.decode(damaged[: read.end])
