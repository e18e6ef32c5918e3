"""Bit sets against Python's own sets."""

import random

import pytest

from raincore.base.bitfield import Bitfield, nth_set
from raincore.base.errors import FormatError


def test_bit_zero_is_the_highest_of_the_first_byte():
    assert Bitfield(9, [0, 8]).to_bytes() == b"\x80\x80"


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 16, 1000])
def test_wire_form_round_trips(length, seed):
    rng = random.Random(seed)
    field = Bitfield(length, [n for n in range(length) if rng.random() < 0.5])
    assert Bitfield.from_bytes(field.to_bytes(), length) == field
    assert Bitfield.from_bytes(memoryview(field.to_bytes()), length) == field


@pytest.mark.parametrize(("data", "length"), [(b"", 1), (b"\x80", 0), (b"\0\0", 8), (b"\0", 9)])
def test_wire_form_of_another_length_is_refused(data, length):
    with pytest.raises(FormatError, match="bytes"):
        Bitfield.from_bytes(data, length)


@pytest.mark.parametrize("data", [b"\xc1", b"\x01"])
def test_spare_bits_are_refused(data):
    with pytest.raises(FormatError, match="spare"):
        Bitfield.from_bytes(data, 7)


def test_operations_agree_with_sets(seed):
    rng = random.Random(seed)
    for _ in range(50):
        length = rng.randrange(1, 70)
        a = {n for n in range(length) if rng.random() < 0.4}
        b = {n for n in range(length) if rng.random() < 0.4}
        x, y = Bitfield(length, a), Bitfield(length, b)
        assert list(x) == sorted(a)
        assert list(x.missing()) == sorted(set(range(length)) - a)
        assert list(x | y) == sorted(a | b)
        assert list(x & y) == sorted(a & b)
        assert list(x - y) == sorted(a - b)
        assert x.common(y) == len(a & b)
        assert x.meets(y) == bool(a & b)
        assert x.count() == len(a)
        assert x.any() == bool(a)
        assert x.all() == (len(a) == length)
        assert [n for n in range(-2, length + 2) if n in x] == sorted(a)


def test_bits_are_set_and_cleared_one_by_one():
    field = Bitfield(3)
    field.add(1)
    assert field[1]
    assert not field[0]
    field.discard(1)
    assert not field.any()


def test_a_full_field_has_every_bit():
    assert Bitfield.full(9).all()
    assert Bitfield.full(9).to_bytes() == b"\xff\x80"
    assert Bitfield(0).all()


def test_a_copy_is_independent():
    field = Bitfield(3, [0])
    other = field.copy()
    other.add(1)
    assert list(field) == [0]


def test_membership_is_for_indices_only():
    assert "0" not in Bitfield.full(1)
    assert Bitfield(1) != [False]
    with pytest.raises(TypeError):
        hash(Bitfield(1))


def test_the_nth_set_bit_is_found():
    field = Bitfield(10, [2, 3, 9])
    assert [nth_set(field.bits, n) for n in range(3)] == [2, 3, 9]
    with pytest.raises(ValueError, match="n = 4"):
        nth_set(field.bits, 3)


def test_repr_lists_the_bits():
    assert repr(Bitfield(4, [1])) == "Bitfield(4, [1])"


def test_runs_of_set_bits_are_as_long_as_they_can_be() -> None:
    assert list(Bitfield(9, [0, 1, 4, 7, 8]).runs()) == [range(2), range(4, 5), range(7, 9)]
    assert list(Bitfield(3).runs()) == list(Bitfield(0).runs()) == []
