import random
from typing import Any

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.formats import bencoding
from raincore.wire import ut_pex
from raincore.wire.ut_pex import ADDRESSES_MAX, PexFlags, PexMessage, PexPeer
from tests.wire.pair import vectors


def peer(text: str, flags: int = 0) -> PexPeer:
    return PexPeer(Endpoint.parse(text), PexFlags(flags))


FULL = PexMessage(
    added=(peer("192.0.2.1:6881", 0x12), peer("192.0.2.2:1"), peer("[2001:db8::1]:6881", 0x1D)),
    dropped=(Endpoint("192.0.2.3", 2), Endpoint("2001:db8::2", 65535)),
)


def many(count: int) -> bytes:
    return b"".join(Endpoint(f"20.0.{n // 250}.{n % 250}", 6881).packed for n in range(count))


@pytest.mark.parametrize("vector", vectors(11, "messages"), ids=lambda v: v["name"])
def test_messages_as_bep_11_describes_them(vector: dict[str, Any]) -> None:
    message = PexMessage(
        added=tuple(peer(text, flags) for text, flags in vector["added"]),
        dropped=tuple(map(Endpoint.parse, vector["dropped"])),
    )
    payload = bytes.fromhex(vector["hex"])
    assert ut_pex.parse(payload) == message
    if vector.get("canonical", True):
        assert ut_pex.encode(message) == payload


@pytest.mark.parametrize("vector", vectors(11, "bad_messages"), ids=lambda v: v["name"])
def test_what_is_no_dictionary_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ut_pex.parse(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


def test_a_message_survives_the_round_trip() -> None:
    payload = ut_pex.encode(FULL)
    assert bencoding.is_canonical(payload)
    assert ut_pex.parse(payload) == FULL


def test_a_message_that_says_nothing_is_our_bug() -> None:
    with pytest.raises(FormatError, match="without any address"):
        ut_pex.encode(PexMessage())


def test_missing_flags_are_none_and_unknown_ones_are_dropped() -> None:
    payload = bencoding.encode({"added": many(2), "added.f": b"\xf2"})
    flags = [added.flags for added in ut_pex.parse(payload).added]
    assert flags == [PexFlags.SEED | PexFlags.REACHABLE, PexFlags.NONE]


def test_flags_belong_to_their_address_also_behind_one_that_is_left_out() -> None:
    packed = Endpoint("192.0.2.1", 0).packed + Endpoint("192.0.2.2", 1).packed
    payload = bencoding.encode({"added": packed, "added.f": b"\x02\x10"})
    assert ut_pex.parse(payload).added == (peer("192.0.2.2:1", 0x10),)


def test_repeated_addresses_count_once() -> None:
    payload = bencoding.encode({"added": many(1) * 5, "dropped": many(1) * 5})
    message = ut_pex.parse(payload)
    assert (len(message.added), len(message.dropped)) == (1, 1)


def test_what_fills_no_entry_and_what_is_no_text_is_ignored() -> None:
    payload = bencoding.encode({"added": many(1) + b"xxx", "added.f": 1, "dropped6": [1]})
    message = ut_pex.parse(payload)
    assert (len(message.added), message.dropped) == (1, ())


@pytest.mark.parametrize("key", ["added", "added6", "dropped", "dropped6"])
def test_more_addresses_than_anybody_tells_are_not_looked_at(key: str) -> None:
    packed = b"".join(Endpoint(f"2001:db8::{n:x}", 1).packed for n in range(1, 400))
    message = ut_pex.parse(bencoding.encode({key: packed if key[-1] == "6" else many(400)}))
    assert message.excessive
    assert len(message.added) + len(message.dropped) == ADDRESSES_MAX
    assert not ut_pex.parse(bencoding.encode({"added": many(ADDRESSES_MAX)})).excessive


def test_ten_thousand_addresses_are_bounded_and_more_are_refused() -> None:
    message = ut_pex.parse(bencoding.encode({"added": many(10_000)}))
    assert (len(message.added), message.excessive) == (ADDRESSES_MAX, True)
    with pytest.raises(RemoteProtocolError, match="too long"):
        ut_pex.parse(bencoding.encode({"added": many(11_000)}))


def test_every_truncation_is_refused() -> None:
    payload = ut_pex.encode(FULL)
    for end in range(len(payload)):
        with pytest.raises(RemoteProtocolError):
            ut_pex.parse(payload[:end])


def test_every_changed_byte_is_refused_or_read() -> None:
    payload = bytearray(ut_pex.encode(FULL))
    for offset in range(len(payload)):
        for value in range(256):
            read_or_refuse(bytes(payload[:offset] + bytes((value,)) + payload[offset + 1 :]))


def test_mutants_are_refused_or_read(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(3000):
        data = bytearray(ut_pex.encode(FULL))
        for _ in range(rng.randint(1, 4)):
            offset = rng.randrange(len(data))
            data[offset : offset + rng.randint(0, 3)] = rng.choice((b"i", b"e", b"d", b"9", b"-"))
        read_or_refuse(bytes(data))


def read_or_refuse(payload: bytes) -> None:
    """Whatever is read makes sense."""
    try:
        read = ut_pex.parse(payload)
    except RemoteProtocolError:
        return
    endpoints = [*(added.endpoint for added in read.added), *read.dropped]
    assert all(endpoint.port for endpoint in endpoints)
