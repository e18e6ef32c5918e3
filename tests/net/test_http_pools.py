"""Which connection a question goes over, how many there are, and when they are closed."""

import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import trio

from raincore.base.errors import ConnectError, NetworkError, TimedOut
from raincore.formats import http_url
from raincore.net import http_pools
from raincore.net.http_dialer import Kind, Steps
from raincore.net.http_pools import HttpPools
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from tests.net.web import Web, reply, web


class Ports:
    """A server that notes on which connections it is asked, and may let us wait."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.go = threading.Event()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.client_address[1])
        if handler.path == "/slow":
            self.go.wait(20)
        if handler.path != "/broken":
            reply(handler, b"hello")
        handler.close_connection = handler.path == "/broken"


@asynccontextmanager
async def pools(**steps: float) -> AsyncIterator[HttpPools]:
    hub = Hub()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        made = HttpPools(TrioNetwork(hub), verify_tls=True, steps=Steps(**steps))
        with trio.fail_after(20):
            yield made
        made.close()
        nursery.cancel_scope.cancel()
    hub.close()


async def ask(made: HttpPools, server: Web, path: str = "/", kind: Kind | None = None) -> bytes:
    there = http_url.parse(f"{server.url}{path}")
    held, head = await made.ask(kind or Kind(), there, [("Host", there.place)])
    buffer, got = memoryview(bytearray(5)), 0
    while got < 5:
        taken = head.body.take_into(buffer[got:])
        if taken is None:
            await head.body.wait()
        got += taken or 0
    made.give_back(held)
    return bytes(buffer)


async def test_a_kind_and_a_server_have_connections_of_their_own() -> None:
    first, second = Ports(), Ports()
    with web(first) as one, web(second) as other:
        async with pools() as made:
            for kind in (Kind(), Kind(family=4), Kind(), Kind(family=4)):
                assert await ask(made, one, kind=kind) == b"hello"
            await ask(made, other)
            await ask(made, one)
    assert first.asked[:2] == first.asked[2:4]
    assert first.asked[4] == first.asked[0] != first.asked[1]
    assert len(second.asked) == 1


async def test_only_so_many_are_in_use_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pools, "MAX_CONNECTIONS", 2)
    ports = Ports()
    with web(ports) as server:
        async with pools() as made, trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(ask, made, server, "/slow")
            while len(ports.asked) < 2:
                await trio.sleep(0.01)
            await trio.sleep(0.05)
            assert len(ports.asked) == 2
            ports.go.set()
    assert len(ports.asked) == 5
    assert len(set(ports.asked)) == 2


async def test_who_waits_longest_makes_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pools, "MAX_CONNECTIONS", 2)
    servers = [Ports() for _ in range(3)]
    with web(servers[0]) as one, web(servers[1]) as two, web(servers[2]) as three:
        async with pools() as made:
            for server in (one, two, three, two, one):
                await ask(made, server)
            ((pool),) = made._pools.values()
            assert len(pool.kept) == 2
    assert [len(set(ports.asked)) for ports in servers] == [2, 1, 1]


async def test_a_connection_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pools, "KEEP_SECONDS", 0.01)
    ports = Ports()
    with web(ports) as server:
        async with pools() as made:
            for _ in range(2):
                await ask(made, server)
                await trio.sleep(0.05)
    assert len(set(ports.asked)) == 2


async def test_a_question_with_content_goes_over_a_new_connection() -> None:
    """Content cannot be made twice, and a kept connection might turn out to be closed."""

    async def content() -> AsyncGenerator[bytes]:
        yield b"x"

    async with trio.open_nursery() as nursery:
        ports: list[int] = []

        async def answer(stream: trio.SocketStream) -> None:
            ports.append(stream.socket.getpeername()[1])
            await stream.receive_some()
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await stream.receive_some()

        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, answer, [listener])
        there = http_url.parse(f"http://127.0.0.1:{listener.socket.getsockname()[1]}/")
        async with pools() as made:
            for given in (None, content()):
                fields = [("Host", "h"), ("Transfer-Encoding", "chunked")]
                held, _ = await made.ask(Kind(), there, fields[: 2 if given else 1], given)
                made.give_back(held)
        nursery.cancel_scope.cancel()
    assert len(set(ports)) == 2


async def test_a_failure_leaves_nothing_behind() -> None:
    ports = Ports()
    with web(ports) as server:
        async with pools(head=0.2) as made:
            with pytest.raises(NetworkError, match="broke"):
                await ask(made, server, "/broken")
            with pytest.raises(TimedOut, match=r"no answer within 0\.2 s"):
                await ask(made, server, "/slow")
            with pytest.raises(ConnectError):
                await ask(made, server, kind=Kind(public_only=True))
            with trio.move_on_after(0.05):
                await ask(made, server, "/slow")
            assert not made._used
            assert {pool.slots.value for pool in made._pools.values()} == {50}
            ports.go.set()


async def test_closing_ends_what_is_under_way_and_nothing_is_asked_again() -> None:
    ports = Ports()
    with web(ports) as server:
        async with pools() as made:
            await ask(made, server)
            async with trio.open_nursery() as nursery:

                async def one() -> None:
                    with pytest.raises(NetworkError, match="broke"):
                        await ask(made, server, "/slow")

                nursery.start_soon(one)
                while len(ports.asked) < 2:
                    await trio.sleep(0.01)
                made.close()
                made.close()
            ports.go.set()
            assert len(ports.asked) == 2
            assert await ask(made, server) == b"hello"
