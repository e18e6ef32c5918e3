"""What only real sockets do; what every network does is in test_interface."""

import resource
import socket

import pytest
import trio
import trio.testing

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, ListenError
from raincore.net import trio_network
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from tests.net.loopback import LOOPBACK, running


async def test_refusal_names_reason_and_endpoint(network):
    listener = network.listen(LOOPBACK, lambda stream: stream.close())
    gone = listener.endpoint
    listener.close()
    with pytest.raises(ConnectError) as caught:
        await network.connect(gone)
    assert str(caught.value) == f"connection refused: {gone}"
    assert caught.value.endpoint == str(gone)


async def test_a_port_in_use_names_reason_and_endpoint(network):
    listener = network.listen(LOOPBACK, lambda stream: stream.close())
    with pytest.raises(ListenError) as caught:
        network.listen(listener.endpoint, lambda stream: stream.close())
    assert str(caught.value) == f"address already in use: {listener.endpoint}"
    listener.close()


async def test_an_address_of_another_machine_cannot_be_listened_on(network):
    with pytest.raises(ListenError, match="cannot assign requested address"):
        network.listen(Endpoint("192.0.2.1", 0), lambda stream: stream.close())


async def test_a_dialled_free_port_never_answers_itself(network, monkeypatch):
    """The system may give our end the port that we dial; that is nobody."""

    make = trio_network._new_socket

    def bound_to_its_goal(endpoint: Endpoint) -> socket.socket:
        sock = make(endpoint)
        sock.bind((endpoint.host, endpoint.port))
        return sock

    monkeypatch.setattr(trio_network, "_new_socket", bound_to_its_goal)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ConnectError, match="connection refused"):
        await network.connect(Endpoint("127.0.0.1", port))


async def test_one_port_serves_both_families(hub, network):
    remotes = []

    def on_connection(stream):
        remotes.append(stream.remote)
        stream.close()

    v4 = network.listen(Endpoint("0.0.0.0", 0), on_connection)
    port = v4.endpoint.port
    try:
        v6 = network.listen(Endpoint("::", port), on_connection)
    except ListenError:
        v4.close()
        pytest.skip("no IPv6 here")
    async with running(hub):
        for host in ("127.0.0.1", "::1"):
            (await network.connect(Endpoint(host, port))).close()
        while len(remotes) < 2:
            await trio.lowlevel.checkpoint()
    assert {remote.host for remote in remotes} == {"127.0.0.1", "::1"}
    v4.close()
    v6.close()


async def test_no_descriptor_left_to_connect_or_listen_with(network):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(ConnectError, match="too many open files"):
            await network.connect(Endpoint("127.0.0.1", 1))
        with pytest.raises(ListenError, match="too many open files"):
            network.listen(LOOPBACK, lambda stream: stream.close())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_literals_resolve_to_themselves(network, host):
    assert await network.resolve(host, 6881) == [Endpoint(host, 6881)]


async def test_names_resolve(network):
    found = await network.resolve("localhost", 6881)
    assert found
    assert all(endpoint.is_loopback and endpoint.port == 6881 for endpoint in found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("host", ["", "a" * 64, "\0", "x..y", "-\n\x1b[31m.invalid", "127.0.0.1 "])
async def test_hostile_names_do_not_resolve(network, host):
    with pytest.raises(ConnectError, match="cannot resolve host") as caught:
        await network.resolve(host, 6881)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_port_out_of_range_does_not_resolve(network):
    with pytest.raises(ConnectError):
        await network.resolve("127.0.0.1", 65536)


class Silent(trio.abc.HostnameResolver):
    """A name server that never answers."""

    async def getaddrinfo(self, *args, **kwargs):
        await trio.sleep_forever()

    async def getnameinfo(self, *args, **kwargs):
        await trio.sleep_forever()


async def test_a_name_is_looked_up_for_a_limited_time(autojump_clock):
    trio.socket.set_custom_hostname_resolver(Silent())
    hub = Hub()
    try:
        with pytest.raises(ConnectError, match=r"no answer within 5 s: slow\.example"):
            await TrioNetwork(hub, lookup_seconds=5.0).resolve("slow.example", 80)
        assert trio.current_time() == 5
    finally:
        trio.socket.set_custom_hostname_resolver(None)
        hub.close()
