import random
from typing import Any

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.base.ids import InfoHash
from raincore.wire import lsd
from raincore.wire.lsd import DATAGRAM_MAX, GROUPS, HASHES_MAX, Announcement
from tests.wire.pair import vectors

HASHES = tuple(InfoHash(bytes([n]) * 20) for n in range(HASHES_MAX))
FULL = Announcement(65535, HASHES, "x" * 64)


@pytest.mark.parametrize("vector", vectors(14, "announcements"), ids=lambda v: v["name"])
def test_announces_as_bep_14_describes_them(vector: dict[str, Any]) -> None:
    hashes = tuple(InfoHash(bytes.fromhex(text)) for text in vector["info_hashes"])
    announcement = Announcement(vector["port"], hashes, vector["cookie"])
    datagram = bytes.fromhex(vector["hex"])
    assert lsd.parse(datagram) == announcement
    if vector["canonical"]:
        assert lsd.encode(announcement, Endpoint.parse(vector["group"])) == datagram


@pytest.mark.parametrize("vector", vectors(14, "bad_announcements"), ids=lambda v: v["name"])
def test_what_is_no_announce_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        lsd.parse(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_as_many_torrents_as_may_be_fit_into_one_datagram(group: Endpoint) -> None:
    datagram = lsd.encode(FULL, group)
    assert len(datagram) <= DATAGRAM_MAX
    assert lsd.parse(datagram) == FULL


@pytest.mark.parametrize(
    "wrong",
    [
        Announcement(1, ()),
        Announcement(1, (*HASHES, InfoHash(bytes(20)))),
        Announcement(1, HASHES[:1], "a\r\nPort: 2"),
        Announcement(1, HASHES[:1], "a\n"),
    ],
    ids=repr,
)
def test_what_cannot_be_said_is_our_bug(wrong: Announcement) -> None:
    with pytest.raises(FormatError):
        lsd.encode(wrong, GROUPS[0])


def test_longer_datagrams_and_more_headers_are_not_looked_at() -> None:
    datagram = lsd.encode(FULL, GROUPS[0])
    with pytest.raises(RemoteProtocolError, match="too long"):
        lsd.parse(datagram.ljust(DATAGRAM_MAX + 1, b"x"))
    with pytest.raises(RemoteProtocolError):
        lsd.parse(b"BT-SEARCH * HTTP/1.1" + b"\r\n" * 100 + b"Port: 1\r\nInfohash: " + b"a" * 40)


def test_damage_is_refused_or_read(seed: int) -> None:
    rng = random.Random(seed)
    whole = lsd.encode(Announcement(6881, HASHES[:2], "cookie"), GROUPS[0])
    for end in range(len(whole)):
        read_or_refuse(whole[:end])
    for _ in range(5000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            offset = rng.randrange(len(data))
            data[offset : offset + rng.randint(0, 3)] = rng.choice(
                (b"\r", b"\n", b":", b"\xff", b"0")
            )
        read_or_refuse(bytes(data))


def read_or_refuse(datagram: bytes) -> None:
    """Whatever is read makes sense."""
    try:
        read = lsd.parse(datagram)
    except RemoteProtocolError:
        return
    assert 0 < read.port < 65536
    assert read.info_hashes
