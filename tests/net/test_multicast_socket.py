"""Groups over real sockets, within this machine; what holds for simulated ones too is in
test_interface."""

import errno
import socket

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError
from raincore.net import multicast_socket
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from tests.surroundings import GROUP_PORT

GROUP = Endpoint("239.192.152.144", GROUP_PORT)
GROUP_6 = Endpoint("ff15::efc0:9999", GROUP_PORT)
LO = socket.if_nametoindex("lo")


@pytest.fixture
def devices(monkeypatch) -> set[int]:
    present = {LO}
    monkeypatch.setattr(multicast_socket, "device_indices", lambda uses: set(present))
    return present


@pytest.fixture
def network():
    hub = Hub()
    yield TrioNetwork(hub)
    hub.close()


def ignore(data: bytes, source: Endpoint) -> None:
    raise AssertionError("nobody speaks here")


async def test_a_device_that_comes_later_is_joined_when_something_is_said(devices, network):
    devices.clear()
    heard = []
    member = network.multicast(GROUP, lambda data, source: heard.append(data))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network._hub.run)
        member.send(b"to nobody")
        devices.add(LO)
        member.send(b"to ourselves")
        while not heard:
            await trio.sleep(0.001)
        assert set(heard) == {b"to ourselves"}
        devices.clear()
        member.send(b"to nobody again")
        assert member._joined == set()
        nursery.cancel_scope.cancel()
    member.close()


async def test_a_device_that_can_do_no_multicast_is_passed_over(devices, network):
    devices.add(9999)
    member = network.multicast(GROUP, ignore)
    assert member._joined == {LO}
    member.close()


async def test_what_cannot_be_sent_is_lost_in_silence(devices, network):
    member = network.multicast(GROUP_6, ignore)
    member.send(b"x" * 60_000)
    member.close()
    member.send(b"closed")


async def test_the_other_family_has_groups_too(devices, network):
    member = network.multicast(GROUP_6, ignore)
    assert member.group == GROUP_6
    assert member._joined == {LO}
    level = socket.IPPROTO_IPV6
    assert member._speaking.getsockopt(level, socket.IPV6_MULTICAST_HOPS) == 1
    member.close()


async def test_a_port_that_somebody_keeps_for_himself_is_an_error_and_leaves_nothing(
    devices, network
):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", GROUP.port))
        with pytest.raises(ListenError, match="address already in use"):
            network.multicast(GROUP, ignore)


async def test_a_system_without_multicast_is_an_error(devices, network, monkeypatch):
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOPROTOOPT, "protocol not available")

    monkeypatch.setattr(multicast_socket, "set_up", fail)
    with pytest.raises(ListenError, match="protocol not available"):
        network.multicast(GROUP, ignore)
