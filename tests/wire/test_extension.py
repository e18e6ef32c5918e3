import random
from typing import Any

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.formats import bencoding
from raincore.wire import extension
from raincore.wire.extension import ExtendedHandshake
from tests.wire.pair import vectors

FULL = ExtendedHandshake(
    ids={"ut_metadata": 1, "ut_pex": 2},
    client="rain 0.1",
    port=6881,
    request_queue=2000,
    metadata_size=31235,
    your_ip=b"\x7f\0\0\1",
    ipv4=b"\x14\1\2\3",
    ipv6=bytes(15) + b"\1",
    upload_only=True,
)


@pytest.mark.parametrize("vector", vectors(10, "handshakes"), ids=lambda v: v["name"])
def test_handshakes_seen_in_the_wild(vector: dict[str, Any]) -> None:
    value = dict(vector["value"])
    if value["your_ip"] is not None:
        value["your_ip"] = bytes.fromhex(value["your_ip"])
    assert extension.parse(bytes.fromhex(vector["hex"])) == ExtendedHandshake(**value)


@pytest.mark.parametrize("vector", vectors(10, "bad_handshakes"), ids=lambda v: v["name"])
def test_what_is_no_dictionary_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        extension.parse(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


@pytest.mark.parametrize("handshake", [FULL, ExtendedHandshake()], ids=["full", "empty"])
def test_handshakes_survive_the_round_trip(handshake: ExtendedHandshake) -> None:
    payload = handshake.encode()
    assert bencoding.is_canonical(payload)
    assert extension.parse(payload) == handshake


def test_keys_that_say_nothing_are_left_out() -> None:
    assert ExtendedHandshake().encode() == b"d1:mdee"


def test_too_long_a_payload_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="too long"):
        extension.parse(b"d1:v70000:" + b"x" * 70000 + b"e")


def test_too_deep_a_payload_is_refused() -> None:
    with pytest.raises(RemoteProtocolError):
        extension.parse(b"d1:a" + b"l" * 100 + b"e" * 101)


def test_a_flood_of_extensions_is_not_remembered() -> None:
    ids = {f"x{number:03}": 1 for number in range(200)}
    assert len(extension.parse(ExtendedHandshake(ids=ids).encode()).ids) == 64


def test_long_names_are_not_remembered() -> None:
    ids = {"x" * 65: 1, "y" * 64: 2}
    assert extension.parse(ExtendedHandshake(ids=ids).encode()).ids == {"y" * 64: 2}


def test_a_later_handshake_adds_to_the_earlier() -> None:
    later = ExtendedHandshake(ids={"ut_pex": 5, "ut_holepunch": 4}, request_queue=10)
    both = FULL.updated(later)
    assert both.ids == {"ut_metadata": 1, "ut_pex": 5, "ut_holepunch": 4}
    assert both.request_queue == 10
    assert both.client == "rain 0.1"
    assert both.metadata_size == 31235
    assert both.upload_only


def test_who_asked_for_nothing_may_ask_again() -> None:
    assert ExtendedHandshake(upload_only=False).encode() == b"d1:mde11:upload_onlyi0ee"
    assert not FULL.updated(ExtendedHandshake(upload_only=False)).upload_only


def test_id_zero_takes_an_extension_back() -> None:
    assert FULL.updated(ExtendedHandshake(ids={"ut_metadata": 0})).ids == {"ut_pex": 2}


def test_many_handshakes_do_not_add_up_to_a_flood() -> None:
    held = ExtendedHandshake()
    for batch in range(10):
        ids = {f"{batch}-{number}": 1 for number in range(60)}
        held = held.updated(ExtendedHandshake(ids=ids))
    assert len(held.ids) == 64


def test_every_truncation_is_refused() -> None:
    payload = FULL.encode()
    for end in range(len(payload)):
        with pytest.raises(RemoteProtocolError):
            extension.parse(payload[:end])


def test_every_changed_byte_is_refused_or_read() -> None:
    payload = bytearray(FULL.encode())
    for offset in range(len(payload)):
        for value in b"\x00\xffidel:0123456789-":
            changed = payload[:offset] + bytes((value,)) + payload[offset + 1 :]
            read_or_refuse(bytes(changed))


def test_mutants_are_refused_or_read(seed: int) -> None:
    rng = random.Random(seed)
    seeds = [bytes.fromhex(vector["hex"]) for vector in vectors(10, "handshakes")]
    for _ in range(3000):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 4)):
            offset = rng.randrange(len(data))
            data[offset : offset + rng.randint(0, 3)] = rng.choice(
                (b"i", b"e", b"d", b"9", b"\xff")
            )
        read_or_refuse(bytes(data))


def read_or_refuse(payload: bytes) -> None:
    """Whatever is read makes sense."""
    try:
        read = extension.parse(payload)
    except RemoteProtocolError:
        return
    assert all(0 <= number <= 255 for number in read.ids.values())
    assert read.client is None or read.client.isprintable()
    assert read.port is None or 1 <= read.port <= 65535
    assert read.metadata_size is None or read.metadata_size >= 1
    assert read.request_queue is None or read.request_queue >= 1
    assert read.your_ip is None or len(read.your_ip) in (4, 16)
    assert read.ipv4 is None or len(read.ipv4) == 4
    assert read.ipv6 is None or len(read.ipv6) == 16
