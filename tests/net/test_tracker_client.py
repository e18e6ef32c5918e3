"""Announces over HTTP and UDP, to trackers that mean well and to those that do not."""

import random
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import trio
import trustme

from raincore.base.config import SocketRules, TrackerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, NetworkError, RainError, TimedOut, TrackerError
from raincore.base.ids import InfoHash
from raincore.formats import bencoding, compact
from raincore.net.guarded_network import GuardedNetwork
from raincore.net.hub import Hub
from raincore.net.tracker_client import TrackerClient
from raincore.net.trio_network import TrioNetwork
from raincore.wire.announce import MAX_PEERS, AnnounceEvent, ScrapeCounts
from tests.net.memory_network import MemoryNetwork
from tests.net.udp_tracker import UdpTrackerServer
from tests.net.web import reply, web
from tests.wire.trackers import INFO_HASH, request

PEERS = [Endpoint("192.0.2.1", 6881), Endpoint("192.0.2.2", 6882)]
PEERS6 = [Endpoint("2001:db8::1", 6881)]
FORGOTTEN = "http://127.0.0.1:1/announce"


class Named(TrioNetwork):
    """Names of the test's own; what it looked up."""

    names: dict[str, list[str]]

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        if host in self.names:
            return [Endpoint(address, port) for address in self.names[host]]
        if host.endswith(".example"):
            raise ConnectError(f"cannot resolve host: {host}", host)
        return await super().resolve(host, port)


@asynccontextmanager
async def client(
    limits: TrackerLimits | None = None, **names: list[str]
) -> AsyncIterator[TrackerClient]:
    hub = Hub()
    network = Named(hub)
    network.names = {f"{name}.example": found for name, found in names.items()}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        made = TrackerClient(network, random.Random(1), limits=limits)
        try:
            with trio.fail_after(20):
                yield made
        finally:
            await made.aclose()
            nursery.cancel_scope.cancel()
    hub.close()


def answering(**values: object) -> Callable[[BaseHTTPRequestHandler], None]:
    body = bencoding.encode(values)
    return lambda handler: reply(handler, body)


def refusing(answer: bytes) -> bytes:
    """For UDP: connects, and refuses everything else."""
    return answer if answer[3] == 0 else b"\0\0\0\3" + answer[4:8] + b"go away"


def packed(peers: list[Endpoint]) -> bytes:
    return compact.pack_peers(peers, ipv6=peers[0].is_ipv6)


async def failure(url: str, limits: TrackerLimits | None = None) -> RainError:
    """What an announce fails with."""
    async with client(limits) as made:
        try:
            await made.announce(url, request())
        except RainError as error:
            return error
    raise AssertionError("it did not fail")


# --- trackers that mean well -----------------------------------------------------------------


async def test_an_announce_over_http_brings_peers_of_both_families() -> None:
    answer = answering(peers=packed(PEERS), peers6=packed(PEERS6), interval=900, complete=2)
    with web(answer) as server:
        async with client() as made:
            found = await made.announce(f"{server.url}/key/announce?x=1", request())
    assert list(found.peers) == PEERS + PEERS6
    assert (found.interval, found.seeds) == (900, 2)
    [(path, _)] = server.asked
    assert path.startswith("/key/announce?x=1&info_hash=%00%01")


async def test_an_announce_over_udp_brings_peers() -> None:
    async with client() as made:
        local = Endpoint("127.0.0.1", 0)
        server = UdpTrackerServer(made._network, local, PEERS)
        found = await made.announce(server.url, request())
        assert list(found.peers) == PEERS
        server.close()


async def test_peers_that_are_named_are_looked_up() -> None:
    listed = [{"ip": "friend.example", "port": 7}, {"ip": "gone.example", "port": 8}]
    with web(answering(peers=listed)) as server:
        async with client(friend=["192.0.2.77"]) as made:
            found = await made.announce(f"{server.url}/announce", request())
    assert [str(peer) for peer in found.peers] == ["192.0.2.77:7"]
    assert found.named_peers == ()


async def test_an_http_tracker_of_one_family_is_enough() -> None:
    with web(answering(peers=packed(PEERS))) as server:  # listens on IPv4 only
        async with client(both=["::1", "127.0.0.1"]) as made:
            url = f"http://both.example:{server.port}/announce"
            found = await made.announce(url, request())
    assert list(found.peers) == PEERS
    assert len(server.asked) == 1


async def test_a_redirect_is_followed() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/announce"):
            reply(handler, b"", 302, Location="/new")
        else:
            answering(peers=packed(PEERS))(handler)

    with web(answer) as server:
        async with client() as made:
            assert (await made.announce(f"{server.url}/announce", request())).peers


# --- both families ---------------------------------------------------------------------------


async def test_both_families_hear_of_us_with_the_same_key(autojump_clock) -> None:
    network = MemoryNetwork()
    network.names["both.example"] = ["::1", "127.0.0.1"]
    four = UdpTrackerServer(network, Endpoint("127.0.0.1", 7000), PEERS)
    six = UdpTrackerServer(network, Endpoint("::1", 7000), PEERS6)
    made = TrackerClient(network, random.Random(1))
    found = await made.announce("udp://both.example:7000", request())
    assert set(found.peers) == {*PEERS, *PEERS6}
    assert four.announces[0][16:] == six.announces[0][16:]


async def test_a_family_that_leads_nowhere_costs_seconds_only(autojump_clock) -> None:
    network = MemoryNetwork()
    network.names["both.example"] = ["::1", "127.0.0.1"]
    UdpTrackerServer(network, Endpoint("127.0.0.1", 7000), PEERS)
    made = TrackerClient(network, random.Random(1))
    before = trio.current_time()
    found = await made.announce("udp://both.example:7000", request())
    assert list(found.peers) == PEERS
    assert trio.current_time() - before <= 3.5


async def test_when_both_families_fail_the_words_of_the_tracker_are_told(autojump_clock) -> None:
    network = MemoryNetwork(families=(6,))
    network.names["both.example"] = ["::1", "127.0.0.1"]
    UdpTrackerServer(
        network,
        Endpoint("::1", 7000),
        PEERS6,
        refusing,
    )
    made = TrackerClient(network, random.Random(1))
    with pytest.raises(TrackerError, match="announce error: go away"):
        await made.announce("udp://both.example:7000", request())


async def test_a_tracker_that_keeps_accounts_hears_of_us_over_one_family(autojump_clock) -> None:
    network = MemoryNetwork()
    network.names["both.example"] = ["::1", "127.0.0.1"]
    four = UdpTrackerServer(network, Endpoint("127.0.0.1", 7000), PEERS)
    six = UdpTrackerServer(network, Endpoint("::1", 7000), PEERS6)
    made = TrackerClient(network, random.Random(1))
    found = await made.announce("udp://both.example:7000", request(one_family=True))
    assert list(found.peers) == PEERS
    assert (len(four.announces), len(six.announces)) == (1, 0)
    four.close()
    found = await made.announce("udp://both.example:7000", request(one_family=True))
    assert list(found.peers) == PEERS6
    six.close()
    with pytest.raises(TimedOut):
        await made.announce("udp://both.example:7000", request(one_family=True))


async def test_a_refusal_over_one_family_is_not_taken_to_the_other(autojump_clock) -> None:
    network = MemoryNetwork()
    network.names["both.example"] = ["::1", "127.0.0.1"]
    UdpTrackerServer(network, Endpoint("127.0.0.1", 7000), PEERS, refusing)
    six = UdpTrackerServer(network, Endpoint("::1", 7000), PEERS6)
    made = TrackerClient(network, random.Random(1))
    with pytest.raises(TrackerError, match="announce error: go away"):
        await made.announce("udp://both.example:7000", request(one_family=True))
    assert six.announces == []


async def test_an_address_that_is_silent_makes_way_for_another_of_its_family(
    autojump_clock,
) -> None:
    network = MemoryNetwork()
    network.names["two.example"] = ["127.0.0.1", "127.0.0.2"]
    UdpTrackerServer(network, Endpoint("127.0.0.2", 7000), PEERS)
    made = TrackerClient(network, random.Random(1))
    with pytest.raises(TimedOut):
        await made.announce("udp://two.example:7000", request())
    assert (await made.announce("udp://two.example:7000", request())).peers


# --- scrapes ---------------------------------------------------------------------------------


def hashes(count: int) -> list[InfoHash]:
    return [InfoHash(number.to_bytes(20, "big")) for number in range(count)]


async def test_a_scrape_over_udp_asks_for_any_number(autojump_clock) -> None:
    network = MemoryNetwork()
    server = UdpTrackerServer(network, Endpoint("127.0.0.1", 7000), [])
    made = TrackerClient(network, random.Random(1))
    found = await made.scrape("udp://127.0.0.1:7000", hashes(120))
    assert found == dict.fromkeys(hashes(120), ScrapeCounts(seeds=1, downloads=2, leechers=3))
    assert len(server.heard) == 1 + 3
    assert await made.scrape("udp://127.0.0.1:7000", []) == {}


async def test_a_scrape_over_udp_that_nobody_answers_ends(autojump_clock) -> None:
    made = TrackerClient(MemoryNetwork(), random.Random(1))
    with pytest.raises(TimedOut, match="timeout contacting tracker"):
        await made.scrape("udp://127.0.0.1:7000", hashes(1))
    assert trio.current_time() <= 16


async def test_a_scrape_over_http_keeps_to_what_the_tracker_wants() -> None:
    body = {"files": {bytes(INFO_HASH): {"complete": 5}}, "flags": {"min_request_interval": 900}}
    with web(answering(**body)) as server:
        async with client() as made:
            url = f"{server.url}/announce"
            found = await made.scrape(url, [INFO_HASH])
            assert found == {INFO_HASH: ScrapeCounts(seeds=5, leechers=0, downloads=0)}
            with pytest.raises(TrackerError, match="does not want to be scraped") as caught:
                await made.scrape(url, [INFO_HASH])
    assert len(server.asked) == 1
    assert caught.value.retry_seconds == pytest.approx(900, abs=10)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1:1/announce", "tracker refused the connection"),
        ("http://127.0.0.1:1/x", "scrape error: cannot be scraped"),
        ("wss://127.0.0.1:1/x", "unsupported tracker scheme"),
    ],
)
async def test_who_cannot_be_scraped_is_an_error(url: str, text: str) -> None:
    async with client() as made:
        with pytest.raises(NetworkError, match=text):
            await made.scrape(url, [INFO_HASH])


# --- limits ----------------------------------------------------------------------------------


async def test_a_dead_host_is_asked_by_a_few_whatever_the_number_of_torrents(
    autojump_clock,
) -> None:
    network = MemoryNetwork()
    made = TrackerClient(network, random.Random(1))
    network.lookup_seconds = 1.0
    failures: list[RainError] = []

    async def one() -> None:
        try:
            await made.announce(FORGOTTEN, request())
        except RainError as error:
            failures.append(error)

    async with trio.open_nursery() as nursery:
        for _ in range(300):
            nursery.start_soon(one)
    assert trio.current_time() <= 3
    assert network.lookups <= 8 * 3
    assert len(failures) == 300
    assert {type(error) for error in failures} == {ConnectError}
    assert len({str(error) for error in failures}) == 1


async def test_a_host_that_answers_is_asked_by_a_few_at_once() -> None:
    busy = [0, 0]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        busy[0] += 1
        busy[1] = max(busy)
        time.sleep(0.02)
        busy[0] -= 1
        answering(interval=900)(handler)

    with web(answer) as server:
        async with client() as made, trio.open_nursery() as nursery:
            for _ in range(40):
                nursery.start_soon(made.announce, f"{server.url}/announce", request())
    assert len(server.asked) == 40
    assert busy[1] <= 4


async def test_goodbyes_do_not_wait_behind_announces() -> None:
    goodbye = AnnounceEvent.STOPPED
    said = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "event=stopped" not in handler.path:
            said.wait(60)
        answering(interval=900)(handler)

    with web(answer) as server:
        async with client() as made, trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(made.announce, f"{server.url}/announce", request())
            await made.announce(f"{server.url}/announce", request(event=goodbye))
            said.set()
            nursery.cancel_scope.cancel()


async def test_a_name_server_that_is_silent_is_not_waited_for(autojump_clock) -> None:
    network = MemoryNetwork()
    network.lookup_seconds = 3600.0
    made = TrackerClient(network, random.Random(1))
    with pytest.raises(TimedOut):
        await made.announce("udp://slow.example:7000", request())
    assert trio.current_time() <= 15


# --- what cannot be asked --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("wss://t.example/", "unsupported tracker scheme: wss"),
        ("udp://t.example", "missing port in tracker address"),
        ("http://t.example:99999/", "invalid tracker address"),
        ("http:///announce", "invalid tracker address"),
        ("http://[::1/announce", "invalid tracker address"),
        ("", "unsupported tracker scheme"),
        ("http://t.example:0/", "invalid tracker address: t.example:0"),
    ],
)
async def test_an_address_that_makes_no_sense_is_never_tried_again(url: str, text: str) -> None:
    error = await failure(url)
    assert text in str(error)
    assert isinstance(error, TrackerError)
    assert error.retry_seconds == float("inf")


async def test_nobody_there_and_no_such_host_are_told_apart() -> None:
    assert str(await failure(FORGOTTEN)) == "tracker refused the connection"
    assert "cannot resolve host: gone.example" in str(await failure("http://gone.example/a"))


# --- trackers that mean harm -----------------------------------------------------------------


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    for _ in range(100):
        handler.wfile.write(bytes(1024 * 1024))


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    for _ in range(100):
        handler.wfile.write(b"d")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (lambda handler: reply(handler, b"<html>"), "invalid response from tracker"),
        (lambda handler: reply(handler, b""), "invalid response from tracker"),
        (lambda handler: reply(handler, b"<p>", 404), "tracker returned HTTP status: 404"),
        (endless, "invalid response from tracker: answer is longer than 2097152 bytes"),
        (lambda handler: reply(handler, b"", 302, Location="/round"), "more than 5 redirects"),
        (answering(**{"failure reason": "no \x1b way"}), "announce error: no"),
        (lambda handler: handler.connection.close(), "tracker closed the connection"),
    ],
)
async def test_a_hostile_answer_is_one_short_error(answer, text: str) -> None:
    with web(answer) as server:
        error = await failure(f"{server.url}/announce")
    assert isinstance(error, NetworkError)
    assert text in str(error)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 300


async def test_a_failure_with_a_status_is_still_the_trackers_word() -> None:
    body = bencoding.encode({"failure reason": "unregistered", "retry in": 5})
    with web(lambda handler: reply(handler, body, 403)) as server:
        error = await failure(f"{server.url}/announce")
    assert isinstance(error, TrackerError)
    assert str(error) == "announce error: unregistered"
    assert error.retry_seconds == 300


async def test_a_server_that_cannot_prove_who_it_is_is_not_told_anything() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with web(answering(peers=packed(PEERS)), context) as server:
        error = await failure(f"{server.url}/announce")
    assert str(error).startswith("TLS handshake has failed: ")
    assert server.asked == []


async def test_a_slow_drip_ends_at_the_deadline() -> None:
    with web(dripping) as server:
        limits = TrackerLimits(http_timeout_seconds=0.3)
        error = await failure(f"{server.url}/announce", limits=limits)
    assert str(error) == "timeout contacting tracker"


async def test_of_ten_thousand_peers_the_first_are_taken() -> None:
    many = [Endpoint(f"10.{n >> 8}.{n & 255}.1", 6881) for n in range(10_000)]
    with web(answering(peers=packed(many))) as server:
        async with client() as made:
            found = await made.announce(f"{server.url}/announce", request())
    assert list(found.peers) == many[:MAX_PEERS]


async def test_cancelling_leaves_nothing_behind(autojump_clock) -> None:
    made = TrackerClient(MemoryNetwork(), random.Random(1))
    with trio.move_on_after(5):
        await made.announce("udp://127.0.0.1:7000", request())
    assert not made._udp_turns._lines
    assert made._udp_turns.all.value == 256
    await made.aclose()
    await made.aclose()


async def test_an_answer_that_is_longer_than_allowed_is_refused() -> None:
    many = [Endpoint(f"10.{n >> 8}.{n & 255}.1", 6881) for n in range(100)]
    with web(answering(peers=packed(many))) as server:
        error = await failure(f"{server.url}/announce", limits=TrackerLimits(http_max_length=500))
        assert "longer than 500 bytes" in str(error)
        async with client(limits=TrackerLimits(http_max_length=700)) as made:
            assert len((await made.announce(f"{server.url}/announce", request())).peers) == 100


async def test_a_name_is_looked_up_for_as_long_as_the_rules_allow(autojump_clock) -> None:
    network = MemoryNetwork()
    network.lookup_seconds = 1000.0
    rules = SocketRules(lookup_timeout_seconds=3.0)
    made = TrackerClient(network, random.Random(1), rules=rules)
    with pytest.raises(NetworkError, match="timeout contacting tracker"):
        await made.announce("udp://slow.example:7000", request())
    assert trio.current_time() == 3
    await made.aclose()


async def test_a_tracker_must_prove_who_it_is_unless_the_limits_say_otherwise() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with web(answering(peers=packed(PEERS)), context) as server:
        async with client(limits=TrackerLimits(verify_tls=False)) as made:
            found = await made.announce(f"{server.url}/announce", request())
    assert list(found.peers) == PEERS


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/announce", "udp://127.0.0.1:1"])
async def test_a_tracker_at_a_blocked_address_is_not_asked(url: str) -> None:
    hub = Hub()
    network = GuardedNetwork(TrioNetwork(hub), lambda endpoint: True)
    made = TrackerClient(network, random.Random(1))
    with pytest.raises(ConnectError, match=r"blocked by the blocklist: 127\.0\.0\.1"):
        await made.announce(url, request())
    await made.aclose()
    hub.close()
