"""A listener outlives a shortage of descriptors, and keeps what comes where it belongs."""

import errno
import resource
import socket

import trio
import trio.testing

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NotBound
from raincore.net import binding, socket_listener
from raincore.net.binding import Binding
from raincore.net.trio_network import TrioNetwork
from tests.net.loopback import LOOPBACK, running


async def test_running_out_of_descriptors_pauses_accepting(hub, network, autojump_clock, caplog):
    accepted = []
    listener = network.listen(LOOPBACK, accepted.append)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_connection((listener.endpoint.host, listener.endpoint.port)):
        async with running(hub):
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
            try:
                await trio.sleep(0.5)
                assert not accepted
                assert len(hub) == 0
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            await trio.sleep(2 * socket_listener.ACCEPT_PAUSE_SECONDS)
    assert len(accepted) == 1
    assert "accepting paused" in caplog.text
    accepted[0].close()
    listener.close()


async def test_a_listener_closed_while_it_pauses_stays_closed(hub, network, autojump_clock):
    listener = network.listen(LOOPBACK, lambda stream: stream.close())
    listener._pause(OSError(errno.EMFILE, "Too many open files"))
    listener.close()
    await trio.sleep(2 * socket_listener.ACCEPT_PAUSE_SECONDS)
    assert len(hub) == 0


async def test_a_connection_that_cannot_be_kept_in_place_is_closed(hub, monkeypatch):
    def gone(self: Binding, sock: socket.socket, remote: Endpoint) -> None:
        raise NotBound("gone") if remote.is_loopback else OSError(errno.ENODEV, "gone")

    monkeypatch.setattr(Binding, "accept", gone)
    network = TrioNetwork(hub, binding.parse(["127.0.0.1"]))
    accepted = []
    listener = network.listen(Endpoint("0.0.0.0", 0), accepted.append)
    async with running(hub):
        near = await network.connect(listener.endpoint)
        await near.wait_readable()
        assert near.receive_into(memoryview(bytearray(9))) == 0
        near.close()
    assert not accepted
    listener.close()


async def test_a_long_shortage_is_told_once(hub, network, autojump_clock, caplog):
    listener = network.listen(LOOPBACK, lambda stream: stream.close())
    for _ in range(5):
        listener._pause(OSError(errno.EMFILE, "Too many open files"))
        await trio.sleep(2 * socket_listener.ACCEPT_PAUSE_SECONDS)
    assert caplog.text.count("accepting paused") == 1
    listener.close()
