"""Strict bencode is read: vectors, a plain decoder as oracle, damage, limits."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest

from raincore.base.errors import BencodeError
from raincore.formats import bencoding
from tests.formats import damage

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "bep_0003_bencoding.json").read_text()
)


def named(kind):
    return pytest.mark.parametrize("case", VECTORS[kind], ids=lambda case: case["name"])


def value_of(shown):
    """A value as the vectors spell it."""
    match shown:
        case {"bytes": text}:
            return text.encode()
        case {"dict": items}:
            return {key.encode(): value_of(item) for key, item in items.items()}
        case list():
            return [value_of(item) for item in shown]
    return shown


@named("values")
def test_vectors_are_read_and_written(case):
    data = case["text"].encode()
    value = value_of(case["value"])
    assert bencoding.decode(data) == value
    assert bencoding.encode(value) == data
    assert bencoding.is_canonical(data)


@named("not_canonical")
def test_keys_out_of_order_are_read_but_never_written(case):
    data = case["text"].encode()
    value = bencoding.decode(data)
    assert value == value_of(case["value"])
    assert bencoding.encode(value) == case["canonical"].encode()
    assert not bencoding.is_canonical(data)


@named("bad")
def test_what_is_not_strict_is_refused_with_its_offset(case):
    data = case["text"].encode()
    with pytest.raises(BencodeError) as caught:
        bencoding.decode(data)
    assert caught.value.where == case["where"]
    assert not bencoding.is_canonical(data)


def plain_decode(data: bytes, at: int = 0):
    """The decoder as one would write it without a thought for speed; an oracle."""
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        digits = data[at + 1 : end].removeprefix(b"-")
        if not all(c in b"0123456789" for c in digits) or not 0 < len(digits) < 20:
            raise ValueError(at)
        if digits.startswith(b"0") and data[at + 1 : end] != b"0":
            raise ValueError(at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        found, at = [], at + 1
        while data[at : at + 1] != b"e":
            value, at = plain_decode(data, at)
            found.append(value)
        if kind == b"l":
            return found, at + 1
        keys, values = found[::2], found[1::2]
        if len(keys) != len(values) or not all(isinstance(key, bytes) for key in keys):
            raise ValueError(at)
        if len(set(keys)) != len(keys):
            raise ValueError(at)
        return dict(zip(keys, values, strict=True)), at + 1
    colon = data.index(b":", at)
    digits = data[at:colon]
    if not all(c in b"0123456789" for c in digits) or not 0 < len(digits) < 11:
        raise ValueError(at)
    if digits.startswith(b"0") and digits != b"0":
        raise ValueError(at)
    end = colon + 1 + int(digits)
    if end > len(data):
        raise ValueError(at)
    return data[colon + 1 : end], end


def oracle(data: bytes):
    try:
        value, end = plain_decode(data)
    except ValueError:
        return None
    return (value,) if end == len(data) else None


def ours(data: bytes):
    try:
        return (bencoding.decode(data),)
    except BencodeError:
        return None


def random_value(rng, depth=0):
    match rng.randrange(4 if depth < 5 else 2):
        case 0:
            return rng.choice([0, 1, -1, rng.randrange(-(10**18), 10**18)])
        case 1:
            return rng.randbytes(rng.choice([0, 1, 9, 10, 11]))
        case 2:
            return [random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
        case _:
            return {
                rng.randbytes(rng.randrange(4)): random_value(rng, depth + 1)
                for _ in range(rng.randrange(4))
            }


def test_random_values_round_trip(seed):
    rng = random.Random(seed)
    for _ in range(500):
        value = random_value(rng)
        data = bencoding.encode(value)
        assert bencoding.decode(data) == value
        assert plain_decode(data) == (value, len(data))


SEEDS = [
    b"d1:ai-12e4:listl0:lei0ee3:subd0:3:xyzee",
    b"d8:msg_typei1e5:piecei0e10:total_sizei34256ee",
    b"li1e2:abd1:kdeee",
]


@pytest.mark.parametrize("data", SEEDS)
def test_every_small_damage_is_judged_as_by_the_plain_decoder(data):
    for damaged in [*damage.truncations(data), *damage.single_byte_changes(data)]:
        assert ours(damaged) == oracle(damaged), damaged


def test_random_damage_is_judged_as_by_the_plain_decoder(seed):
    for damaged in damage.mutations(SEEDS, 5000, seed):
        assert ours(damaged) == oracle(damaged), damaged


def test_text_of_any_kind_is_judged_as_by_the_plain_decoder(seed):
    rng = random.Random(seed)
    for _ in range(5000):
        text = "".join(rng.choices("deli0123:-" + string.ascii_letters[:2], k=rng.randrange(12)))
        assert ours(text.encode()) == oracle(text.encode()), text


def test_a_prefix_is_read_and_its_end_told():
    assert bencoding.decode_prefix(b"d1:ai1eeXYZ") == ({b"a": 1}, 8)
    assert bencoding.decode_prefix(b"i1e") == (1, 3)


def test_spans_are_those_of_the_raw_values():
    data = b"d1:bi7e1:ali1ei2ee1:cd1:di1eee"
    value, spans = bencoding.decode_with_spans(data)
    assert value == bencoding.decode(data)
    assert {key: data[start:end] for key, (start, end) in spans.items()} == {
        b"b": b"i7e",
        b"a": b"li1ei2ee",
        b"c": b"d1:di1ee",
    }


@pytest.mark.parametrize("data", [b"", b"le", b"i1e", b"1:a"])
def test_spans_need_a_dictionary(data):
    with pytest.raises(BencodeError, match="not a dictionary"):
        bencoding.decode_with_spans(data)


def test_spans_allow_nothing_after_the_dictionary():
    with pytest.raises(BencodeError, match="offset 2: bytes after the end"):
        bencoding.decode_with_spans(b"dee")


@pytest.mark.parametrize(("opening", "closing"), [(b"l", b"e"), (b"d1:a", b"e"), (b"ld1:a", b"ee")])
def test_depth_is_limited(opening, closing):
    step = opening.count(b"l") + opening.count(b"d")
    fits = bencoding.MAX_DEPTH // step
    assert bencoding.decode(opening * (fits - 1) + b"le" + closing * (fits - 1))
    for levels in (fits + 1, 100_000):
        with pytest.raises(BencodeError, match="nested too deeply"):
            bencoding.decode(opening * levels + b"i1e" + closing * levels)


def test_a_caller_may_allow_less_depth():
    assert bencoding.decode(b"llee", max_depth=2) == [[]]
    for data in (b"llleee", b"lld0:leeee", b"d0:lleee"):
        with pytest.raises(BencodeError, match="nested too deeply"):
            bencoding.decode(data, max_depth=2)


@pytest.mark.parametrize(
    ("data", "tokens"),
    [(b"i1e", 1), (b"li1ei1ee", 3), (b"d1:ai1ee", 3), (b"d1:ali1eee", 4), (b"lld1:a0:eee", 5)],
)
def test_values_and_keys_are_counted(data, tokens):
    bencoding.decode(data, max_tokens=tokens)
    if tokens > 1:
        with pytest.raises(BencodeError, match="too many values"):
            bencoding.decode(data, max_tokens=tokens - 1)


def test_strings_are_bytes_whatever_they_came_in():
    assert type(bencoding.decode(b"1:a")) is bytes
