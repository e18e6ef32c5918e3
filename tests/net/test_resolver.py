"""Names are looked up over our own sockets, with patience for servers but not for long."""

import random
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError
from raincore.net import binding
from raincore.net.binding import Binding
from raincore.net.hub import Hub
from raincore.net.resolver import Resolver
from raincore.net.system_names import SystemNames
from raincore.net.trio_network import TrioNetwork
from tests.net.memory_network import MemoryNetwork
from tests.net.name_server import NameServer

RECORDS = {
    "tracker.example": ["A 192.0.2.1", "AAAA 2001:db8::1"],
    "v6.example": ["AAAA 2001:db8::2"],
    "short.lan": ["A 192.0.2.3"],
    "empty.example": [],
    "xn--mnchen-3ya.example": ["A 192.0.2.4"],
}
SERVERS = (Endpoint("127.0.0.1", 53), Endpoint("127.0.0.2", 53))
BOTH = Binding(ipv4="127.0.0.1", ipv6="::1")
V4_ONLY = Binding(ipv4="127.0.0.1")


class Bench:
    """Name servers in a network without sockets."""

    def __init__(self, bound: Binding = BOTH, **known) -> None:
        self.network = MemoryNetwork()
        self.servers = [NameServer(dict(RECORDS)) for _ in SERVERS]
        self.names = SystemNames(**{"servers": SERVERS, "search": ("lan",), **known})
        self.resolver = Resolver(self.network, bound, rng=random.Random(1), load=self.load)

    async def load(self) -> SystemNames:
        await trio.lowlevel.checkpoint()
        return self.names

    def start(self, *numbers: int) -> None:
        for number in numbers or range(len(SERVERS)):
            server, endpoint = self.servers[number], SERVERS[number]

            def take(data: bytes, remote: Endpoint, server=server, endpoint=endpoint) -> None:
                self.network.bound[endpoint].send(server.answer(data), remote)

            self.network.datagrams(endpoint, take)

    async def hosts(self, name: str) -> list[str]:
        self.began = trio.current_time()
        return [endpoint.host for endpoint in await self.resolver.resolve(name, 80)]


@pytest.fixture
def bench(autojump_clock) -> Bench:
    return Bench()


async def refused(bench: Bench, name: str) -> str:
    with pytest.raises(ConnectError) as caught:
        await bench.hosts(name)
    return str(caught.value)


async def test_addresses_of_both_families_are_found(bench):
    bench.start()
    assert await bench.resolver.resolve("tracker.example", 80) == [
        Endpoint("192.0.2.1", 80),
        Endpoint("2001:db8::1", 80),
    ]
    assert await bench.hosts("v6.example") == ["2001:db8::2"]
    assert not set(bench.network.bound) - set(SERVERS)


async def test_only_families_that_are_bound_are_asked_for(autojump_clock):
    bench = Bench(V4_ONLY)
    bench.start()
    assert await bench.hosts("tracker.example") == ["192.0.2.1"]
    assert {kind for _, kind in bench.servers[0].asked} == {"A"}


async def test_the_file_of_hosts_comes_first(autojump_clock):
    hosts = {"tracker.example": ("192.0.2.9", "2001:db8::9"), "six": ("2001:db8::9",)}
    bench = Bench(V4_ONLY, hosts=hosts)
    assert await bench.hosts("Tracker.Example") == ["192.0.2.9"]
    assert "no address of a family that 127.0.0.1 has" in await refused(bench, "six")


@pytest.mark.parametrize("name", ["localhost", "a.localhost"])
async def test_localhost_is_never_asked_for(bench, name):
    assert await bench.hosts(name) == ["127.0.0.1", "::1"]


async def test_short_names_are_completed(bench):
    bench.start()
    assert await bench.hosts("short") == ["192.0.2.3"]
    assert bench.servers[0].asked[0][0].lower() == "short.lan"


async def test_names_in_other_scripts_are_asked_for_in_ascii(bench):
    bench.start()
    assert await bench.hosts("München.example") == ["192.0.2.4"]


async def test_a_silent_server_makes_the_next_be_asked_soon(bench):
    bench.start(1)
    assert await bench.hosts("tracker.example") == ["192.0.2.1", "2001:db8::1"]
    assert trio.current_time() - bench.began <= 3


async def test_a_server_that_fails_makes_the_next_be_asked_at_once(bench):
    bench.start()
    bench.servers[0].rcode = 2
    assert await bench.hosts("tracker.example") == ["192.0.2.1", "2001:db8::1"]
    assert trio.current_time() - bench.began < 1


async def test_a_question_is_repeated(bench):
    async def start_late() -> None:
        await trio.sleep(3)
        bench.start(0)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(start_late)
        with pytest.raises(ConnectError):
            await bench.hosts("none.example")
    assert bench.servers[0].asked


async def test_silence_ends(bench):
    message = await refused(bench, "tracker.example")
    assert message == (
        "cannot resolve host: the name servers cannot be asked: no answer: tracker.example"
    )
    assert trio.current_time() - bench.began < 30


async def test_one_family_does_not_wait_for_the_other_for_long(bench):
    bench.start()
    answer = bench.servers[0].answer

    def only_v4(data: bytes) -> bytes:
        return b"" if data.endswith(b"\0\x1c\0\1") else answer(data)

    for server in bench.servers:
        server.answer = only_v4
    assert await bench.hosts("tracker.example") == ["192.0.2.1"]
    assert trio.current_time() - bench.began <= 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.example", "there is no such name"),
        ("empty.example", "the name has no address"),
        ("a b", "not a host name"),
        ("", "not a host name"),
        ("x..y", "not a host name"),
        ("a" * 64, "not a host name"),
        (".".join(["a" * 60] * 5), "not a host name"),
        ("a\n\x1b.example", "not a host name"),
    ],
)
async def test_what_has_no_address_is_an_error_that_says_why(bench, name, reason):
    bench.start()
    message = await refused(bench, name)
    assert message.startswith(f"cannot resolve host: {reason}: ")
    assert message.isprintable()


async def test_a_port_out_of_range_is_refused(bench):
    bench.start()
    with pytest.raises(ConnectError, match="port out of range"):
        await bench.resolver.resolve("tracker.example", 65536)


async def test_answers_from_others_do_not_count(bench):
    bench.start()
    liar = NameServer({"tracker.example": ["A 203.0.113.1"]})

    def take(data: bytes, remote: Endpoint) -> None:
        bench.network.bound[Endpoint("127.0.0.3", 53)].send(liar.answer(data), remote)
        bench.network.bound[SERVERS[0]].send(bench.servers[0].answer(data), remote)

    bench.network.bound.pop(SERVERS[0])
    bench.network.datagrams(SERVERS[0], take)
    bench.network.datagrams(Endpoint("127.0.0.3", 53), lambda data, remote: None)
    assert await bench.hosts("tracker.example") == ["192.0.2.1", "2001:db8::1"]
    assert liar.asked


class Elsewhere(Binding):
    """Bound to a device that has an address of IPv4 and is not loopback."""

    def host(self, *, ipv6: bool) -> str:
        return "" if ipv6 else "10.0.0.1"


async def test_a_server_that_cannot_be_reached_from_there_is_not_asked(autojump_clock):
    servers = (SERVERS[0], Endpoint("2001:db8::53", 53))
    bench = Bench(Elsewhere("tun0"), servers=servers)
    bench.start()
    assert await refused(bench, "tracker.example") == (
        "cannot resolve host: no name server can be asked from tun0, put one that can be into "
        "/etc/resolv.conf beside 127.0.0.1, 2001:db8::53: tracker.example"
    )
    assert not bench.servers[0].asked


async def test_a_device_without_addresses_asks_nobody(autojump_clock):
    bench = Bench(binding.parse(["nodevice"]))
    assert "nodevice has no address now" in await refused(bench, "localhost")


# --- over real sockets -----------------------------------------------------------------------


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@asynccontextmanager
async def serving(hub: Hub, reply):
    """A server that cuts its datagrams; `reply` makes what it sends over a stream."""
    network = TrioNetwork(hub, V4_ONLY)
    server = NameServer(dict(RECORDS))
    server.cut = True
    listener = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener[0].socket.getsockname()[1]  # those of streams are scarce, datagrams' are not
    sock = network.datagrams(
        Endpoint("0.0.0.0", port), lambda data, remote: sock.send(server.answer(data), remote)
    )

    async def serve(stream: trio.SocketStream) -> None:
        data = await stream.receive_some(1000)
        await stream.send_all(reply(server, bytes(data[2:])))
        await stream.aclose()

    async def load() -> SystemNames:
        await trio.lowlevel.checkpoint()
        return SystemNames(servers=(sock.endpoint,), attempts=1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        nursery.start_soon(trio.serve_listeners, serve, listener)
        yield Resolver(network, V4_ONLY, load=load)
        nursery.cancel_scope.cancel()
    sock.close()


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


async def test_a_long_answer_is_asked_for_over_a_stream(hub):
    async with serving(hub, lambda s, q: framed(s.answer(q, stream=True))) as resolver:
        assert await resolver.resolve("tracker.example", 80) == [Endpoint("192.0.2.1", 80)]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (lambda s, q: framed(s.answer(q)), "no proper answer"),
        (lambda s, q: framed(b"garbage"), "no proper answer"),
        (lambda s, q: framed(s.answer(q, stream=True))[:20], "closed the connection"),
        (lambda s, q: b"", "closed the connection"),
    ],
)
async def test_a_bad_answer_over_a_stream_is_a_failure(hub, reply, reason):
    async with serving(hub, reply) as resolver:
        with pytest.raises(ConnectError, match=reason):
            await resolver.resolve("tracker.example", 80)


async def test_a_bound_network_looks_names_up_itself(hub, monkeypatch):
    async def no_system(*arguments: object, **named: object) -> None:
        raise AssertionError("the system was asked")

    monkeypatch.setattr("trio.socket.getaddrinfo", no_system)
    network = TrioNetwork(hub, V4_ONLY)
    assert await network.resolve("localhost", 6881) == [Endpoint("127.0.0.1", 6881)]
    assert await network.resolve("localhost", 6882) == [Endpoint("127.0.0.1", 6882)]
