"""What a connected TCP socket does that no simulated stream could show."""

import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork

LOOPBACK = Endpoint("127.0.0.1", 0)


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def network(hub) -> TrioNetwork:
    return TrioNetwork(hub)


@asynccontextmanager
async def running(hub):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        yield
        nursery.cancel_scope.cancel()


async def connected(network):
    """A pair of streams, and the listener between them."""
    accepted = []
    listener = network.listen(LOOPBACK, accepted.append)
    near = await network.connect(listener.endpoint)
    while not accepted:
        await trio.lowlevel.checkpoint()
    return near, accepted[0], listener


async def test_small_messages_leave_at_once_on_both_ends(hub, network):
    async with running(hub):
        near, far, listener = await connected(network)
        for stream in (near, far):
            assert stream._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert not stream._sock.getblocking()
            stream.close()
        listener.close()


async def test_reset_by_the_peer_is_a_network_error(hub, network):
    async with running(hub):
        near, far, listener = await connected(network)
        far._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        far.close()
        await near.wait_readable()
        with pytest.raises(NetworkError, match="connection reset by peer"):
            near.receive_into(memoryview(bytearray(9)))
        with pytest.raises(NetworkError, match="broken pipe"):
            near.send([b"x"])
        near.close()
        listener.close()


async def test_as_many_buffers_as_promised_go_out_in_one_send(hub, network):
    async with running(hub):
        near, far, listener = await connected(network)
        assert near.send([b"12"] * 512) == 1024
        near.close()
        far.close()
        listener.close()


async def test_closing_wakes_who_waits(hub, network):
    async with running(hub):
        near, far, listener = await connected(network)
        caught = []

        async def wait() -> None:
            try:
                await near.wait_readable()
            except NetworkError as error:
                caught.append(str(error))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            near.close()
        assert caught == [f"closed by us: {near.remote}"]
        far.close()
        listener.close()
