"""Exact topics: which torrent a link names, and why it names none."""

from __future__ import annotations

import base64

import pytest

from raincore.base.errors import MagnetError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.formats import magnet_topics
from raincore.formats.magnet_topics import Topics

V1 = InfoHash(bytes(range(20)))
V2 = InfoHashV2(bytes(range(32)))
BTIH = f"urn:btih:{V1.hex()}"
BTMH = f"urn:btmh:1220{V2.hex()}"


@pytest.mark.parametrize(
    "topic",
    [
        BTIH,
        BTIH.upper(),
        f"urn:btih:{base64.b32encode(V1).decode()}",
        f"urn:btih:{base64.b32encode(V1).decode().lower()}",
    ],
)
def test_an_info_hash_is_hex_or_base32_in_either_case(topic):
    assert magnet_topics.parse([topic]) == Topics(V1, None, ())


@pytest.mark.parametrize("topic", [BTMH, f"URN:BTMH:1220{V2.hex().upper()}"])
def test_a_v2_info_hash_is_a_multihash(topic):
    assert magnet_topics.parse([topic]) == Topics(None, V2, ())


def test_a_hybrid_has_both():
    assert magnet_topics.parse([BTMH, BTIH]) == Topics(V1, V2, ())


def test_the_same_hash_twice_is_one():
    assert magnet_topics.parse([BTIH, BTIH.upper(), ""]) == Topics(V1, None, ())


def test_what_other_networks_know_it_by_is_kept():
    others = ("urn:ed2k:31D6CFE0", "urn:tree:tiger:X", "nonsense")
    assert magnet_topics.parse([others[0], BTIH, *others[1:]]) == Topics(V1, None, others)


OTHER = "ff" * 20
REFUSED = [
    ([], "is missing: neither urn:btih nor urn:btmh names a torrent"),
    ([""], "is missing: neither urn:btih nor urn:btmh names a torrent"),
    (["urn:sha1:X"], "names no torrent, by neither urn:btih nor urn:btmh: 'urn:sha1:X'"),
    (["urn:btpk:ff"], "is the key of a torrent that may change (BEP 46), not of one torrent"),
    (["urn:btmh1220"], "names no torrent"),
    (["urn:btih"], "urn:btih takes 40 hex digits"),
    (["urn:btih:"], "urn:btih takes 40 hex digits, or 32 characters of base32, not 0: ''"),
    ([BTIH + "#x"], f"or 32 characters of base32, not 42: '{V1.hex()}#x'"),
    (["urn:btih:" + "g" * 40], f"urn:btih is not hex: '{'g' * 40}'"),
    (["urn:btih:" + "1" * 32], f"urn:btih is not base32: '{'1' * 32}'"),
    (["urn:btih:" + " " * 40], "urn:btih is not hex"),
    (["urn:btih:" + "é" * 40], "urn:btih is not hex"),
    (["urn:btmh:" + OTHER], "no multihash of SHA-256, which begins with 1220"),
    (["urn:btmh:1114" + OTHER], "no multihash of SHA-256, which begins with 1220"),
    (["urn:btmh:1220" + OTHER], f"takes 1220 and 64 hex digits, not 40: '1220{OTHER}'"),
    (["urn:btmh:1220" + "g" * 64], "urn:btmh is not hex"),
    ([BTIH, f"urn:btih:{OTHER}"], f"names two different torrents: {V1.hex()} and {OTHER}"),
    ([BTMH, f"urn:btmh:1220{'ff' * 32}"], f"names two different torrents: {V2.hex()} and ffff"),
]


@pytest.mark.parametrize(("topics", "reason"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_refusal_says_what_is_wrong_with_which_value(topics, reason):
    with pytest.raises(MagnetError) as caught:
        magnet_topics.parse(topics)
    assert str(caught.value).startswith("xt: ")
    assert reason in str(caught.value)
    assert caught.value.where == "xt"


def test_a_long_topic_does_not_flood_the_message():
    with pytest.raises(MagnetError) as caught:
        magnet_topics.parse(["urn:btih:" + "\x1b" * 100_000])
    assert len(str(caught.value)) < 200
    assert "\x1b" not in str(caught.value)
