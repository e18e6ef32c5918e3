import random
from typing import Any

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.wire import ut_metadata
from raincore.wire.ut_metadata import (
    METADATA_PIECE,
    MetadataData,
    MetadataMessage,
    MetadataReject,
    MetadataRequest,
)
from tests.wire.pair import vectors

MESSAGES: list[MetadataMessage] = [
    MetadataRequest(0),
    MetadataRequest(65535),
    MetadataReject(3),
    MetadataData(0, METADATA_PIECE, b"x" * METADATA_PIECE),
    MetadataData(1, METADATA_PIECE + 3, b"abc"),
]


@pytest.mark.parametrize("vector", vectors(9, "messages"), ids=lambda v: v["name"])
def test_messages_as_bep_9_describes_them(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["hex"])
    fields = dict(vector["fields"])
    if "data" in fields:
        fields["data"] = bytes.fromhex(fields["data"])
    message = getattr(ut_metadata, vector["message"])(**fields)
    assert ut_metadata.parse(payload) == message
    assert ut_metadata.encode(message) == payload


@pytest.mark.parametrize("vector", vectors(9, "bad_messages"), ids=lambda v: v["name"])
def test_what_makes_no_sense_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ut_metadata.parse(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


@pytest.mark.parametrize("vector", vectors(9, "skipped"), ids=lambda v: v["name"])
def test_unknown_types_are_ignored(vector: dict[str, Any]) -> None:
    assert ut_metadata.parse(bytes.fromhex(vector["hex"])) is None


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: f"{type(m).__name__} {m.piece}")
def test_messages_survive_the_round_trip(message: MetadataMessage) -> None:
    assert ut_metadata.parse(ut_metadata.encode(message)) == message


def test_metadata_larger_than_any_is_refused() -> None:
    claim = MetadataData(0, 2**30 + 1, b"x" * METADATA_PIECE)
    with pytest.raises(RemoteProtocolError, match="total size"):
        ut_metadata.parse(ut_metadata.encode(claim))


def test_a_part_longer_than_16_kib_is_refused() -> None:
    claim = MetadataData(0, 2 * METADATA_PIECE, b"x" * (METADATA_PIECE + 1))
    with pytest.raises(RemoteProtocolError, match="wrong length: 16385"):
        ut_metadata.parse(ut_metadata.encode(claim))


def test_something_behind_a_request_is_ignored() -> None:
    payload = ut_metadata.encode(MetadataRequest(2)) + b"more"
    assert ut_metadata.parse(payload) == MetadataRequest(2)


def test_every_truncation_is_refused() -> None:
    payload = ut_metadata.encode(MetadataData(1, METADATA_PIECE + 3, b"abc"))
    for end in range(len(payload)):
        with pytest.raises(RemoteProtocolError):
            ut_metadata.parse(payload[:end])


def test_every_changed_byte_is_refused_or_read() -> None:
    for message in (MetadataRequest(1), MetadataData(1, METADATA_PIECE + 3, b"abc")):
        payload = bytearray(ut_metadata.encode(message))
        for offset in range(len(payload)):
            for value in range(256):
                changed = payload[:offset] + bytes((value,)) + payload[offset + 1 :]
                read_or_refuse(bytes(changed))


def test_mutants_are_refused_or_read(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(3000):
        data = bytearray(ut_metadata.encode(rng.choice(MESSAGES[:3] + MESSAGES[4:])))
        for _ in range(rng.randint(1, 4)):
            offset = rng.randrange(len(data) + 1)
            data[offset : offset + rng.randint(0, 3)] = rng.choice((b"i", b"e", b"d", b"9", b"-"))
        read_or_refuse(bytes(data))


def read_or_refuse(payload: bytes) -> None:
    """Whatever is read makes sense."""
    try:
        read = ut_metadata.parse(payload)
    except RemoteProtocolError:
        return
    assert read is None or 0 <= read.piece < 65536
    if isinstance(read, MetadataData):
        start = read.piece * METADATA_PIECE
        assert 1 <= len(read.data) <= METADATA_PIECE
        assert start + len(read.data) <= read.total_size
