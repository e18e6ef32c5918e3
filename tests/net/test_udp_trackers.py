"""UDP trackers share sockets and connection ids; what they do not answer is bounded."""

import random

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError, RemoteProtocolError, TimedOut, TrackerError
from raincore.net.udp_trackers import MAX_REMEMBERED, UdpTrackers
from tests.net.memory_network import MemoryNetwork
from tests.net.udp_tracker import UdpTrackerServer
from tests.wire.trackers import INFO_HASH, request

HERE = Endpoint("127.0.0.1", 7000)
PEERS = [Endpoint("192.0.2.1", 6881), Endpoint("192.0.2.2", 6882)]


@pytest.fixture
def network() -> MemoryNetwork:
    return MemoryNetwork()


@pytest.fixture
def trackers(network: MemoryNetwork) -> UdpTrackers:
    return UdpTrackers(network, random.Random(1))


async def test_an_announce_brings_peers(network, trackers, autojump_clock):
    server = UdpTrackerServer(network, HERE, PEERS)
    reply = await trackers.announce(HERE, request(), server.url)
    assert list(reply.peers) == PEERS
    assert (reply.interval, reply.leechers, reply.seeds) == (1800, 1, 2)
    assert b"/announce?key=1" in server.announces[0]


async def test_peers_of_an_ipv6_tracker_are_ipv6(network, trackers, autojump_clock):
    peers = [Endpoint("2001:db8::7", 6881)]
    server = UdpTrackerServer(network, Endpoint("::1", 7000), peers)
    reply = await trackers.announce(server.endpoint, request(), server.url)
    assert list(reply.peers) == peers


async def test_a_scrape_brings_counts(network, trackers, autojump_clock):
    UdpTrackerServer(network, HERE, PEERS)
    [counts] = await trackers.scrape(HERE, [INFO_HASH])
    assert (counts.seeds, counts.downloads, counts.leechers) == (1, 2, 3)


async def test_many_torrents_share_one_connection_id(network, trackers, autojump_clock):
    server = UdpTrackerServer(network, HERE, PEERS)
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(trackers.announce, HERE, request(), server.url)
    assert len(server.announces) == 20
    assert len(server.heard) == 21


async def test_a_silent_tracker_is_given_up_within_a_minute(network, trackers, autojump_clock):
    before = trio.current_time()
    with pytest.raises(TimedOut):
        await trackers.announce(HERE, request(), "udp://127.0.0.1:7000")
    assert trio.current_time() - before == pytest.approx(45)


async def test_a_lost_packet_is_sent_again(network, trackers, autojump_clock):
    lost = iter([True, False, True, False])
    server = UdpTrackerServer(network, HERE, PEERS, lambda a: None if next(lost) else a)
    before = trio.current_time()
    assert (await trackers.announce(HERE, request(), server.url)).peers
    assert trio.current_time() - before == pytest.approx(30)


async def test_who_gives_up_leaves_nothing_that_harms_who_comes_next(
    network, trackers, autojump_clock
):
    with trio.move_on_after(20):
        await trackers.announce(HERE, request(), "udp://127.0.0.1:7000")
    await trio.sleep(3600)
    server = UdpTrackerServer(network, HERE, PEERS)
    before = trio.current_time()
    assert (await trackers.announce(HERE, request(), server.url)).peers
    assert trio.current_time() - before < 1


async def test_a_refusal_is_told_in_the_words_of_the_tracker(network, trackers, autojump_clock):
    def refuse(answer: bytes) -> bytes:
        return answer if answer[3] == 0 else b"\0\0\0\3" + answer[4:8] + b"who \x1b are you"

    server = UdpTrackerServer(network, HERE, PEERS, refuse)
    with pytest.raises(TrackerError, match="who � are you"):
        await trackers.announce(HERE, request(), server.url)


@pytest.mark.parametrize(
    "twist",
    [
        lambda answer: answer[:4] + b"\xff\xff\xff\xff" + answer[8:],
        lambda answer: answer[:7],
        lambda answer: b"",
    ],
)
async def test_what_answers_no_question_is_ignored(network, trackers, autojump_clock, twist):
    server = UdpTrackerServer(network, HERE, PEERS, twist)
    with pytest.raises(TimedOut):
        await trackers.announce(HERE, request(), server.url)


async def test_an_answer_that_is_too_short_is_refused(network, trackers, autojump_clock):
    server = UdpTrackerServer(network, HERE, PEERS, lambda a: a if a[3] == 0 else a[:12])
    with pytest.raises(RemoteProtocolError):
        await trackers.announce(HERE, request(), server.url)


async def test_answers_of_others_are_ignored(network, trackers, autojump_clock):
    def forge(data: bytes, remote: Endpoint) -> None:
        forger.send(b"\0\0\0\3" + data[12:16] + b"go away", remote)

    forger = network.datagrams(Endpoint("127.0.0.1", 7001), lambda data, remote: None)
    server = UdpTrackerServer(network, HERE, PEERS)
    take = network.bound[HERE].take

    def overhear(data: bytes, remote: Endpoint) -> None:
        forge(data, remote)
        take(data, remote)

    network.bound[HERE].take = overhear
    assert (await trackers.announce(HERE, request(), server.url)).peers


async def test_a_machine_without_ipv6_says_so(autojump_clock):
    trackers = UdpTrackers(MemoryNetwork(families=(4,)), random.Random(1))
    with pytest.raises(ListenError):
        await trackers.announce(Endpoint("::1", 7000), request(), "udp://[::1]:7000")


async def test_sockets_are_made_when_needed_and_closed_at_the_end(
    network, trackers, autojump_clock
):
    server = UdpTrackerServer(network, HERE, PEERS)
    assert len(network.bound) == 1
    await trackers.announce(HERE, request(), server.url)
    assert len(network.bound) == 2
    trackers.close()
    trackers.close()
    assert len(network.bound) == 1


async def test_memory_of_many_trackers_is_bounded(network, trackers, autojump_clock):
    for port in range(7000, 7000 + MAX_REMEMBERED + 50):
        server = UdpTrackerServer(network, Endpoint("127.0.0.1", port), PEERS)
        await trackers.announce(server.endpoint, request(), server.url)
    assert len(trackers._conversations) == MAX_REMEMBERED
