import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError, TimedOut, TrackerError
from raincore.base.ids import InfoHash
from raincore.formats import compact
from raincore.wire.announce import AnnounceEvent, AnnounceReply, ScrapeCounts
from raincore.wire.tracker_udp import MAX_SCRAPED, Answered, Failed, Scraped, UdpTracker
from tests.wire.trackers import INFO_HASH, request

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "bep_0015.json").read_text())
URL = "udp://tracker.example:6969"


def packet(template: str, transaction: bytes = b"\0\0\0\0") -> bytes:
    return bytes.fromhex(template.replace("TTTTTTTT", transaction.hex()))


@dataclass
class Play:
    """A conversation: what was sent, and a clock that the test moves."""

    tracker: UdpTracker
    now: float = 0.0
    sent: list[bytes] = field(default_factory=list)

    def flush(self) -> list[bytes]:
        fresh = self.tracker.datagrams_to_send(self.now)
        self.sent += fresh
        return fresh

    def hear(self, template: str) -> None:
        """The tracker answers the last packet that was sent to it."""
        self.tracker.receive_datagram(packet(template, transaction_of(self.sent[-1])), self.now)

    def connect(self) -> None:
        self.flush()
        self.hear(VECTORS["connect"]["reply"])

    def wait(self) -> None:
        self.now = self.tracker.next_timer()
        self.tracker.handle_timer(self.now)

    def events(self) -> list[Any]:
        return list(iter(self.tracker.next_event, None))


def transaction_of(sent: bytes) -> bytes:
    return sent[12:16]


@pytest.fixture
def play() -> Play:
    return Play(UdpTracker(ipv6=False, rng=random.Random(1)))


def test_a_connection_is_fetched_before_the_first_request(play: Play) -> None:
    play.tracker.announce(request(), URL)
    (first,) = play.flush()
    assert first == packet(VECTORS["connect"]["request"], transaction_of(first))
    assert play.flush() == []
    play.hear(VECTORS["connect"]["reply"])
    (second,) = play.flush()
    assert second == packet(VECTORS["announce"]["request"], transaction_of(second))


@pytest.mark.parametrize(("ipv6", "case"), [(False, "announce"), (True, "announce_v6")])
def test_an_announce_is_answered_with_peers_of_the_family(ipv6: bool, case: str) -> None:
    play = Play(UdpTracker(ipv6=ipv6, rng=random.Random(1)))
    handle = play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.hear(VECTORS[case]["reply"])
    peers = tuple(map(Endpoint.parse, VECTORS[case]["peers"]))
    reply = AnnounceReply(peers=peers, interval=1800.0, seeds=5, leechers=7)
    assert play.events() == [Answered(handle, reply)]
    assert play.tracker.is_idle


@pytest.mark.parametrize("case", VECTORS["url_data"], ids=lambda case: case["url"])
def test_path_and_query_travel_as_options(play: Play, case: dict[str, str]) -> None:
    play.tracker.announce(request(), case["url"])
    play.connect()
    assert play.flush()[0][98:].hex() == case["options"]


def test_a_long_path_is_cut_into_several_options(play: Play) -> None:
    play.tracker.announce(request(), f"{URL}/{'k' * 299}")
    play.connect()
    options = play.flush()[0][98:]
    assert options == b"\x02\xff/" + b"k" * 254 + b"\x02\x2d" + b"k" * 45


def test_a_scrape_counts_in_the_order_asked(play: Play) -> None:
    handle = play.tracker.scrape([INFO_HASH])
    play.connect()
    (sent,) = play.flush()
    assert sent == packet(VECTORS["scrape"]["request"], transaction_of(sent))
    play.hear(VECTORS["scrape"]["reply"])
    assert play.events() == [Scraped(handle, (ScrapeCounts(**VECTORS["scrape"]["counts"]),))]


def test_the_largest_scrape_fits_into_a_packet(play: Play) -> None:
    play.tracker.scrape([InfoHash(bytes([n]) * 20) for n in range(MAX_SCRAPED)])
    play.connect()
    assert len(play.flush()[0]) < 1500


def test_one_connection_serves_all_requests_of_a_minute(play: Play) -> None:
    for _ in range(3):
        play.tracker.announce(request(), URL)
    play.connect()
    assert len(play.flush()) == 3
    play.now = 59.0
    play.tracker.announce(request(), URL)
    assert len(play.flush()[0]) == 98
    play.now = 60.0
    play.tracker.announce(request(), URL)
    assert len(play.flush()[0]) == 16


def test_replies_find_their_requests_whatever_the_order(play: Play) -> None:
    handles = [play.tracker.announce(request(port=port), URL) for port in (1, 2)]
    play.connect()
    sent = play.flush()
    for one in reversed(sent):
        reply = packet(VECTORS["announce"]["reply"], transaction_of(one))
        play.tracker.receive_datagram(reply, play.now)
    assert [event.handle for event in play.events()] == handles[::-1]


def test_a_tracker_that_is_silent_is_given_up_after_45_seconds(play: Play) -> None:
    handle = play.tracker.announce(request(), URL)
    times = []
    while not (events := play.events()):
        times += [play.now] * len(play.flush())
        play.wait()
    assert times == [0.0, 15.0]
    assert play.now == 45.0
    assert isinstance(events[0], Failed)
    assert events[0].handle == handle
    assert isinstance(events[0].error, TimedOut)
    assert play.tracker.next_timer() == float("inf")


def test_a_lost_announce_is_repeated_as_it_was(play: Play) -> None:
    play.tracker.announce(request(), URL)
    play.connect()
    first = play.flush()
    play.wait()
    assert play.now == 15.0
    assert play.flush() == first


def test_a_tracker_that_falls_silent_after_its_connection_is_given_up_too(play: Play) -> None:
    play.tracker.announce(request(), URL)
    play.connect()
    while not (events := play.events()):
        play.flush()
        play.wait()
    assert play.now == 45.0
    assert isinstance(events[0].error, TimedOut)


def test_two_requests_never_share_a_transaction_id() -> None:
    class Repeating(random.Random):
        numbers = iter([7, 7, 8, 9])

        def getrandbits(self, k: int, /) -> int:
            return next(self.numbers)

    play = Play(UdpTracker(ipv6=False, rng=Repeating()))
    play.tracker.announce(request(), URL)
    play.tracker.announce(request(), URL)
    play.connect()
    assert [transaction_of(sent)[3] for sent in play.flush()] == [7, 8]


def test_the_whole_hour_of_bep_15_can_be_had() -> None:
    play = Play(UdpTracker(ipv6=False, rng=random.Random(1), retransmissions=8))
    play.tracker.announce(request(), URL)
    sends = 0
    while not play.events():
        sends += len(play.flush())
        play.wait()
    assert (sends, play.now) == (9, 15.0 * (2**9 - 1))


def test_a_repeated_request_fetches_a_new_connection_when_the_old_is_too_old() -> None:
    play = Play(UdpTracker(ipv6=False, rng=random.Random(1), retransmissions=3))
    play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    sizes = []
    while play.now < 100:
        play.wait()
        sizes += [len(sent) for sent in play.flush()]
    assert sizes == [98, 98, 16]


def test_an_error_packet_is_a_refusal_with_its_text(play: Play) -> None:
    handle = play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.hear(VECTORS["error"])
    (event,) = play.events()
    assert event.handle == handle
    assert isinstance(event.error, TrackerError)
    assert str(event.error) == "no torrent"


def test_after_an_error_a_new_connection_is_fetched(play: Play) -> None:
    play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.hear(VECTORS["error"])
    play.tracker.announce(request(), URL)
    assert len(play.flush()[0]) == 16


def error_of(sent: bytes, text: bytes) -> bytes:
    return b"\0\0\0\3" + transaction_of(sent) + text


def test_a_tracker_that_has_forgotten_an_old_connection_is_asked_over_a_new_one(
    play: Play,
) -> None:
    play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.hear(VECTORS["announce"]["reply"])
    assert isinstance(play.events()[0], Answered)
    play.now = 30.0
    play.tracker.announce(request(), URL)
    (second,) = play.flush()
    play.tracker.receive_datagram(error_of(second, b"Connection ID missmatch."), play.now)
    assert play.events() == []
    play.connect()
    (third,) = play.flush()
    assert transaction_of(third) != transaction_of(second)
    play.tracker.receive_datagram(error_of(third, b"Connection ID missmatch."), play.now)
    (event,) = play.events()
    assert isinstance(event, Failed)
    assert str(event.error) == "Connection ID missmatch."


def test_silence_over_an_old_connection_is_answered_by_a_new_one(play: Play) -> None:
    play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.hear(VECTORS["announce"]["reply"])
    play.events()
    play.tracker.announce(request(), URL)
    play.now = 1.0
    (again,) = play.flush()
    play.wait()
    assert play.now == 16.0
    (connect,) = play.flush()
    assert connect == packet(VECTORS["connect"]["request"], transaction_of(connect))
    play.hear(VECTORS["connect"]["reply"])
    assert play.flush() == [again]


def test_a_refused_connection_fails_all_that_wait_for_it(play: Play) -> None:
    handles = [play.tracker.announce(request(), URL) for _ in range(2)]
    play.flush()
    play.hear(VECTORS["error"])
    assert [event.handle for event in play.events()] == handles


@pytest.mark.parametrize("action", [1, 2])
def test_a_reply_that_is_too_short_fails_its_request(play: Play, action: int) -> None:
    ask: dict[int, Callable[[], int]] = {
        1: lambda: play.tracker.announce(request(), URL),
        2: lambda: play.tracker.scrape([INFO_HASH]),
    }
    ask[action]()
    play.connect()
    play.flush()
    play.hear(f"{action:08x} TTTTTTTT 0000")
    (event,) = play.events()
    assert isinstance(event.error, RemoteProtocolError)


def test_strangers_packets_change_nothing(play: Play) -> None:
    play.tracker.announce(request(), URL)
    play.flush()
    dice = random.Random(2)
    for _ in range(300):
        play.tracker.receive_datagram(dice.randbytes(dice.randrange(40)), 0.0)
    play.hear("00000001 TTTTTTTT 1122334455667788")
    play.hear("00000000 TTTTTTTT 11223344")
    assert play.events() == []
    play.hear(VECTORS["connect"]["reply"])
    play.flush()
    play.hear("00000000 TTTTTTTT 1122334455667788")
    play.hear(VECTORS["scrape"]["reply"])
    assert play.events() == []
    play.hear(VECTORS["announce"]["reply"])
    assert len(play.events()) == 1


def test_a_second_answer_is_ignored(play: Play) -> None:
    play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.hear(VECTORS["announce"]["reply"])
    play.hear(VECTORS["announce"]["reply"])
    assert len(play.events()) == 1


def test_a_cancelled_request_says_nothing_more(play: Play) -> None:
    handle = play.tracker.announce(request(), URL)
    play.connect()
    play.flush()
    play.tracker.cancel(handle)
    play.hear(VECTORS["announce"]["reply"])
    assert play.events() == []
    assert play.tracker.is_idle


def test_a_crowd_of_peers_is_cut(play: Play) -> None:
    play.tracker.announce(request(event=AnnounceEvent.NONE, num_want=None), URL)
    play.connect()
    assert play.flush()[0][92:96] == b"\xff\xff\xff\xff"
    crowd = [Endpoint(f"10.{n >> 8}.{n & 255}.1", 1) for n in range(10_000)]
    packed = compact.pack_peers(crowd, ipv6=False).hex()
    play.hear(f"00000001 TTTTTTTT 00000000 00000000 00000000 {packed}")
    (event,) = play.events()
    assert len(event.reply.peers) == 2000
    assert event.reply.interval is None
