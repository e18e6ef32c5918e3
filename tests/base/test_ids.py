"""Fixed-length identifiers and their text forms."""

import pytest

from raincore.base.errors import FormatError
from raincore.base.ids import InfoHash, InfoHashV2, NodeId, PeerId

RAW = bytes(range(20))


def test_an_identifier_is_bytes_of_one_length():
    assert NodeId(RAW) == RAW
    info_hash = InfoHash(RAW)
    assert info_hash == RAW
    assert hash(info_hash) == hash(RAW)
    assert len(InfoHashV2(bytes(32))) == 32


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_any_other_length_is_refused(length):
    with pytest.raises(FormatError, match="must be 20 bytes"):
        PeerId(bytes(length))


def test_hex_is_read_in_either_case():
    assert InfoHash.from_hex(RAW.hex().upper()) == RAW
    assert InfoHash.from_hex(RAW.hex()) == RAW


@pytest.mark.parametrize("text", ["", "0" * 39, "0" * 41, "g" * 40, "0" * 38 + " 0", "é" * 40])
def test_what_is_not_hex_is_refused(text):
    with pytest.raises(FormatError):
        InfoHash.from_hex(text)


def test_base32_is_read_in_either_case():
    text = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
    assert InfoHash.from_base32(text) == RAW
    assert InfoHash.from_base32(text.lower()) == RAW


@pytest.mark.parametrize("text", ["A" * 31, "A" * 33, "1" * 32, "A" * 31 + "=", "é" * 32])
def test_what_is_not_base32_is_refused(text):
    with pytest.raises(FormatError):
        InfoHash.from_base32(text)


def test_a_v2_hash_is_cut_for_the_wire():
    assert InfoHashV2(bytes(range(32))).truncated() == InfoHash(RAW)


def test_repr_can_be_pasted_back():
    assert eval(repr(InfoHash(RAW))) == InfoHash(RAW)
