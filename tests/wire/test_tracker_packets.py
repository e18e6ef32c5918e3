import pytest

from raincore.base.endpoint import Endpoint
from raincore.formats import compact
from raincore.wire import tracker_packets
from raincore.wire.announce import MAX_PEERS, AnnounceEvent, ScrapeCounts
from tests.wire.trackers import INFO_HASH, PEER_ID, request

URL = "udp://t.example:1"
PEERS = [Endpoint("192.0.2.1", 6881), Endpoint("192.0.2.2", 6882)]
PEERS_V6 = [Endpoint("2001:db8::1", 6881)]


def test_an_announce_holds_what_bep_15_wants() -> None:
    body = tracker_packets.announce_body(request(), URL)
    assert body[:40] == INFO_HASH + PEER_ID
    assert body[40:64] == b"".join(number.to_bytes(8, "big") for number in (2, 3, 1))
    assert body[64:] == bytes.fromhex("00000002 00000000 deadbeef 00000032 1ae1")


def test_counters_beyond_63_bits_are_cut_and_any_number_of_peers_is_minus_one() -> None:
    huge = request(uploaded=2**80, downloaded=2**80, left=2**80, num_want=None)
    body = tracker_packets.announce_body(huge, URL)
    assert body[40:64] == 3 * bytes.fromhex("7fffffffffffffff")
    assert body[76:80] == b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (URL, b""),
        (f"{URL}/", b"\2\1/"),
        (f"{URL}/a?k=v#top", b"\2\6/a?k=v"),
        (f"{URL}?k=v", b"\2\4?k=v"),
        (f"{URL}/\udcff", b"\2\2/\xff"),
        (f"{URL}/{'k' * 299}", b"\2\xff/" + b"k" * 254 + b"\2\x2d" + b"k" * 45),
    ],
)
def test_path_and_query_travel_as_options(url: str, options: bytes) -> None:
    assert tracker_packets.announce_body(request(), url)[82:] == options


@pytest.mark.parametrize(("ipv6", "peers"), [(False, PEERS), (True, PEERS_V6)])
def test_an_answer_brings_counts_and_peers_of_the_family(ipv6: bool, peers: list[Endpoint]) -> None:
    head = bytes.fromhex("00000708 00000007 00000005")
    packed = compact.pack_peers(peers, ipv6=ipv6) + b"rest"
    reply = tracker_packets.parse_announce(head + packed, ipv6=ipv6)
    assert list(reply.peers) == peers
    assert (reply.interval, reply.leechers, reply.seeds) == (1800.0, 7, 5)


def test_a_crowd_is_cut_and_an_interval_of_nothing_is_none() -> None:
    crowd = [Endpoint(f"10.{n >> 8}.{n & 255}.1", 1) for n in range(10_000)]
    packed = bytes(12) + compact.pack_peers(crowd, ipv6=False)
    reply = tracker_packets.parse_announce(packed, ipv6=False)
    assert list(reply.peers) == crowd[:MAX_PEERS]
    assert reply.interval is None


def test_counts_come_in_the_order_asked_and_what_was_not_asked_is_left_out() -> None:
    body = b"".join(number.to_bytes(4, "big") for number in range(1, 10))
    assert tracker_packets.parse_counts(body, 2) == (
        ScrapeCounts(seeds=1, downloads=2, leechers=3),
        ScrapeCounts(seeds=4, downloads=5, leechers=6),
    )


def test_udp_has_no_word_for_a_pause() -> None:
    paused = tracker_packets.announce_body(request(event=AnnounceEvent.PAUSED), URL)
    assert paused == tracker_packets.announce_body(request(event=AnnounceEvent.NONE), URL)
