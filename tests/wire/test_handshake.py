from typing import Any

import pytest

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.base.ids import InfoHash, PeerId
from raincore.wire import handshake
from raincore.wire.handshake import Handshake, reserved, without_v2
from tests.wire.pair import vectors

OURS = Handshake(InfoHash(b"h" * 20), PeerId(b"-RA0100-abcdefghijkl"))


@pytest.mark.parametrize("vector", vectors(3, "handshakes"), ids=lambda v: v["name"])
def test_handshakes_seen_in_the_wild(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    theirs = handshake.decode(data)
    assert theirs.info_hash == InfoHash.from_hex(vector["info_hash"])
    assert theirs.peer_id == PeerId.from_hex(vector["peer_id"])
    assert {name: getattr(theirs, name) for name in ("fast", "extended", "dht", "v2")} == {
        name: vector[name] for name in ("fast", "extended", "dht", "v2")
    }
    assert theirs.encode() == data


@pytest.mark.parametrize("vector", vectors(3, "bad_handshakes"), ids=lambda v: v["name"])
def test_what_is_no_handshake_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.decode(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


def test_ours_announces_what_we_can() -> None:
    assert OURS.fast
    assert OURS.extended
    assert not OURS.dht
    assert not OURS.v2
    assert handshake.decode(OURS.encode()) == OURS


@pytest.mark.parametrize("feature", ["fast", "extended", "dht", "v2"])
def test_each_feature_has_its_own_bit(feature: str) -> None:
    theirs = Handshake(OURS.info_hash, OURS.peer_id, handshake.reserved(**{feature: True}))
    on = [name for name in ("fast", "extended", "dht", "v2") if getattr(theirs, name)]
    assert on == [feature]
    assert sum(byte.bit_count() for byte in theirs.reserved) == 1


def test_unknown_reserved_bits_mean_nothing() -> None:
    data = bytearray(OURS.encode())
    data[20:28] = b"\xff" * 8
    assert handshake.decode(data).peer_id == OURS.peer_id


def test_any_beginning_of_a_handshake_is_accepted_so_far() -> None:
    data = OURS.encode()
    for end in range(len(data) + 1):
        handshake.check_prefix(data[:end])
        handshake.check_prefix(memoryview(data)[:end])


@pytest.mark.parametrize("offset", range(20))
def test_the_first_wrong_byte_is_noticed(offset: int) -> None:
    data = bytearray(OURS.encode()[: offset + 1])
    data[offset] ^= 0x20
    with pytest.raises(RemoteProtocolError, match="not a bittorrent handshake"):
        handshake.check_prefix(data)


def test_bytes_of_strangers_are_printed_harmlessly() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.check_prefix(b"\x1b[2J\r\nhello")
    assert str(caught.value).isprintable()


def test_every_truncation_is_refused() -> None:
    data = OURS.encode()
    for end in range(len(data)):
        with pytest.raises(RemoteProtocolError):
            handshake.decode(data[:end])


def test_every_changed_byte_is_refused_or_read() -> None:
    data = OURS.encode()
    for offset in range(len(data)):
        changed = bytearray(data)
        changed[offset] ^= 0xFF
        if offset < 20:
            with pytest.raises(RemoteProtocolError):
                handshake.decode(changed)
        else:
            assert handshake.decode(changed).encode() == changed


def test_trailing_data_is_not_part_of_it() -> None:
    with pytest.raises(RemoteProtocolError, match="68"):
        handshake.decode(OURS.encode() + b"\0")


def test_reserved_bytes_of_another_length_are_our_bug() -> None:
    with pytest.raises(LocalProtocolError):
        Handshake(OURS.info_hash, OURS.peer_id, b"\0" * 7)


def test_the_offer_of_v2_can_be_taken_back_and_nothing_else() -> None:
    everything = bytes([0xFF]) * 8
    assert without_v2(everything) == bytes([0xFF] * 7 + [0xEF])
    assert without_v2(reserved(fast=True, v2=True)) == reserved(fast=True)
    assert without_v2(reserved(fast=True)) == reserved(fast=True)
