from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork

ANY = Endpoint("127.0.0.1", 0)
HOSTS = ["127.0.0.1", "::1"]


class Inbox:
    """What a socket received."""

    def __init__(self) -> None:
        self.datagrams: list[tuple[bytes, Endpoint]] = []

    def take(self, data: bytes, remote: Endpoint) -> None:
        self.datagrams.append((data, remote))

    async def wait(self, count: int) -> None:
        with trio.fail_after(10):
            while len(self.datagrams) < count:
                await trio.sleep(0.001)


@asynccontextmanager
async def running() -> AsyncIterator[TrioNetwork]:
    hub = Hub()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        yield TrioNetwork(hub)
        nursery.cancel_scope.cancel()
    hub.close()


@pytest.mark.parametrize("host", HOSTS)
async def test_datagrams_arrive_with_their_senders(host: str) -> None:
    async with running() as network:
        inbox, other = Inbox(), Inbox()
        one = network.datagrams(Endpoint(host, 0), inbox.take)
        two = network.datagrams(Endpoint(host, 0), other.take)
        for number in range(20):
            two.send(b"%d" % number, one.endpoint)
        await inbox.wait(20)
        assert inbox.datagrams == [(b"%d" % n, two.endpoint) for n in range(20)]
        one.send(b"back", two.endpoint)
        await other.wait(1)
        one.close()
        two.close()


async def test_what_cannot_be_sent_is_lost_in_silence() -> None:
    async with running() as network:
        inbox = Inbox()
        one = network.datagrams(ANY, inbox.take)
        gone = network.datagrams(ANY, inbox.take)
        gone.close()
        one.send(b"x", gone.endpoint)
        await trio.sleep(0.01)
        one.send(b"x", gone.endpoint)  # meets what ICMP said of the first
        one.send(bytes(70_000), one.endpoint)
        one.send(b"x", Endpoint("::1", 9))
        one.send(b"still here", one.endpoint)
        await inbox.wait(1)
        assert inbox.datagrams == [(b"still here", one.endpoint)]
        one.close()
        one.close()
        one.send(b"x", gone.endpoint)


async def test_a_receiver_may_close_while_it_is_called() -> None:
    async with running() as network:
        heard = []

        def take(data: bytes, remote: Endpoint) -> None:
            heard.append(data)
            one.close()

        one = network.datagrams(ANY, take)
        two = network.datagrams(ANY, take)
        for _ in range(3):
            two.send(b"x", one.endpoint)
        with trio.fail_after(10):
            while not heard:
                await trio.sleep(0.001)
        await trio.sleep(0.01)
        assert heard == [b"x"]
        two.close()


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with running() as network:
        one = network.datagrams(ANY, Inbox().take)
        with pytest.raises(ListenError, match="address already in use"):
            network.datagrams(one.endpoint, Inbox().take)
        one.close()


async def test_what_cannot_be_sent_for_want_of_a_way_is_said() -> None:
    async with running() as network:
        socket = network.datagrams(ANY, lambda data, remote: None)
        assert socket.send(b"x", socket.endpoint) is True
        # From a loopback address there is no way out of this machine.
        assert socket.send(b"x", Endpoint("192.0.2.1", 9)) is False
        assert socket.send(b"x", Endpoint("::1", 9)) is False
        socket.close()
        assert socket.send(b"x", Endpoint("127.0.0.1", 9)) is False
