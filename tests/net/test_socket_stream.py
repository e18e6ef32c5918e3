"""What a connected TCP socket does that no simulated stream could show."""

import socket

import pytest
import trio
import trio.testing

from raincore.base.errors import NetworkError
from tests.net.loopback import connected, running


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
