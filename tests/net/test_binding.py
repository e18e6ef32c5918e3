"""A bound socket speaks from where it is bound to, or not at all.

What needs two devices is tested with whole programs in tests/interop/test_leaks.py.
"""

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConfigError, ConnectError, ListenError, NotBound
from raincore.net import binding, local_addresses
from raincore.net.binding import Binding
from raincore.net.hub import Hub
from raincore.net.local_addresses import LocalAddress
from raincore.net.trio_network import TrioNetwork
from tests.surroundings import GROUP_PORT

WILDCARD = Endpoint("0.0.0.0", 0)
WILDCARD_V6 = Endpoint("::", 0)
ELSEWHERE = Endpoint("203.0.113.1", 9)


def table(*rows: tuple[str, str]) -> list[LocalAddress]:
    return [LocalAddress(ipaddress.ip_address(host), device) for host, device in rows]


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@asynccontextmanager
async def running(hub):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        yield
        nursery.cancel_scope.cancel()


# --- reading --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "bound", "shown"),
    [
        ([], Binding(), ""),
        (["eth0"], Binding(device="eth0"), "eth0"),
        (["eth0", "eth0"], Binding(device="eth0"), "eth0"),
        (["192.0.2.1"], Binding(ipv4="192.0.2.1"), "192.0.2.1"),
        (["[2001:DB8::1]"], Binding(ipv6="2001:db8::1"), "2001:db8::1"),
        (
            ["2001:db8::1", "192.0.2.1"],
            Binding(ipv4="192.0.2.1", ipv6="2001:db8::1"),
            "192.0.2.1 and 2001:db8::1",
        ),
    ],
)
def test_addresses_and_devices_are_told_apart(texts, bound, shown):
    found = binding.parse(texts)
    assert found == bound
    assert str(found) == shown
    assert bool(found) == bool(texts)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([""], "not one device: ''"),
        (["eth0", "eth1"], "not one device: 'eth1'"),
        (["192.0.2.1", "192.0.2.2"], "more than one address of IPv4: 192.0.2.2"),
        (["eth0", "192.0.2.1"], "a device and an address; give one or the other: eth0"),
        (["0.0.0.0"], "no address of one machine: 0.0.0.0"),
        (["::"], "no address of one machine: ::"),
        (["239.192.152.143"], "no address of one machine: 239.192.152.143"),
        (["fe80::1%eth0"], "no address of one machine: fe80::1%eth0"),
    ],
)
def test_what_means_no_place_is_refused(texts, message):
    with pytest.raises(ConfigError) as caught:
        binding.parse(texts)
    assert str(caught.value) == message
    assert caught.value.setting == "bind"


# --- checking -------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [[], ["lo"], ["127.0.0.1"], ["127.7.7.7"]])
def test_what_is_there_passes(texts):
    binding.parse(texts).check()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nodevice", r"no such address or device, there are .*lo.*: nodevice"),
        ("a/\x1b", r"no such address or device, there are .*lo.*: a/�"),
        ("203.0.113.1", r"not an address of this machine, which has 127.0.0.1.*: 203.0.113.1"),
        ("2001:db8:ffff::1", r"not an address of this machine, .*: 2001:db8:ffff::1"),
    ],
)
def test_what_is_not_there_is_refused(text, message):
    with pytest.raises(ConfigError, match=f"^{message}$"):
        binding.parse([text]).check()


def test_a_device_that_is_down_is_refused(monkeypatch):
    monkeypatch.setattr(local_addresses, "device_is_up", lambda device: False)
    with pytest.raises(ConfigError, match=r"^the device is down, bring it up first: lo$"):
        binding.parse(["lo"]).check()


def test_a_device_without_an_address_is_refused(monkeypatch):
    monkeypatch.setattr(local_addresses, "table", lambda: table(("fe80::1", "lo")))
    with pytest.raises(ConfigError, match=r"^the device has no address: lo$"):
        binding.parse(["lo"]).check()


def test_what_is_not_permitted_is_refused(monkeypatch):
    def refuse(sock: socket.socket, device: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(binding, "_stay", refuse)
    with pytest.raises(ConfigError, match=r"^cannot bind, operation not permitted: lo$"):
        binding.parse(["lo"]).check()


# --- which address --------------------------------------------------------------------------


def test_of_the_addresses_of_a_device_those_that_reach_furthest_are_used(monkeypatch):
    rows = table(
        ("10.0.0.1", "tun0"),
        ("192.0.2.1", "eth0"),
        ("fe80::1", "tun0"),
        ("fd00::1", "tun0"),
        ("2606:4700::1", "tun0"),
    )
    rows.append(LocalAddress(ipaddress.ip_address("2606:4700::2"), "tun0", lasting=False))
    monkeypatch.setattr(local_addresses, "table", lambda: rows)
    tunnel = binding.parse(["tun0"])
    assert tunnel.host(ipv6=False) == "10.0.0.1"
    assert tunnel.host(ipv6=True) == "2606:4700::1"
    assert binding.parse(["eth0"]).host(ipv6=True) == ""
    monkeypatch.setattr(local_addresses, "table", lambda: table(("10.0.0.9", "tun0")))
    assert tunnel.host(ipv6=False) == "10.0.0.9"


def test_only_addresses_that_lead_to_us_are_told_to_others():
    assert Binding().hosts() == local_addresses.hosts()
    assert binding.parse(["127.0.0.1"]).hosts() == ["127.0.0.1"]
    assert binding.parse(["127.7.7.7"]).hosts() == ["127.7.7.7"]
    assert binding.parse(["lo"]).hosts()[0] == "127.0.0.1"
    assert binding.parse(["nodevice"]).hosts() == []


# --- sockets --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["127.0.0.5", "lo"])
async def test_all_kinds_of_sockets_have_the_bound_address(hub, text):
    bound = binding.parse([text])
    network = TrioNetwork(hub, bound)
    remotes = []
    host = bound.host(ipv6=False)
    heard = trio.Event()

    def on_datagram(data: bytes, remote: Endpoint) -> None:
        remotes.append(remote.host)
        heard.set()

    async with running(hub):
        accepted: list = []
        listener = network.listen(WILDCARD, accepted.append)
        assert listener.endpoint.host == host
        stream = await network.connect(listener.endpoint)
        assert stream.local.host == host
        other = network.datagrams(Endpoint(host, 0), on_datagram)
        sock = network.datagrams(WILDCARD, on_datagram)
        assert sock.endpoint.host == host
        sock.send(b"x", other.endpoint)
        with trio.fail_after(10):
            await heard.wait()
            while not accepted:
                await trio.sleep(0.001)
        assert remotes == [host]
        for one in (stream, listener, other, sock, *accepted):
            one.close()


async def test_a_socket_stays_with_its_device(hub):
    network = TrioNetwork(hub, binding.parse(["lo"]))
    listener = network.listen(WILDCARD, lambda stream: stream.close())
    stream = await network.connect(listener.endpoint)
    sock = network.datagrams(WILDCARD, lambda data, remote: None)
    for one in (stream, listener, sock):
        device = one._sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
        assert device.rstrip(b"\0") == b"lo"
        one.close()


async def test_what_comes_from_elsewhere_to_a_bound_address_stays_with_its_device(monkeypatch):
    monkeypatch.setattr(local_addresses, "is_ours", lambda host: host.startswith("127."))
    with socket.socket() as sock:
        binding.parse(["127.0.0.1"]).accept(sock, ELSEWHERE)
        device = sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
        assert device.rstrip(b"\0") == b"lo"


async def test_the_other_family_is_not_used(hub):
    network = TrioNetwork(hub, binding.parse(["127.0.0.1"]))
    with pytest.raises(ConnectError) as caught:
        await network.connect(Endpoint("2001:db8::1", 9))
    assert str(caught.value) == (
        "IPv6 is not used, since we are bound to 127.0.0.1: [2001:db8::1]:9"
    )
    assert caught.value.code == "not_bound"
    with pytest.raises(ListenError, match="IPv6 is not used"):
        network.listen(WILDCARD_V6, lambda stream: stream.close())
    with pytest.raises(NotBound, match="IPv6 is not used"):
        network.datagrams(WILDCARD_V6, lambda data, remote: None)


async def test_nothing_beyond_this_machine_is_reached_from_loopback(hub):
    network = TrioNetwork(hub, binding.parse(["127.0.0.1"]))
    with pytest.raises(NotBound, match=r"^cannot be reached from 127.0.0.1: 203.0.113.1:9$"):
        await network.connect(ELSEWHERE)
    sock = network.datagrams(WILDCARD, lambda data, remote: None)
    sock.send(b"x", ELSEWHERE)
    sock.close()


def test_each_family_has_a_reach_of_its_own():
    bound = binding.parse(["127.0.0.1", "2001:db8::1"])
    assert bound.reaches(Endpoint("127.0.0.9", 1))
    assert bound.reaches(Endpoint("2001:db8::9", 1))
    assert not bound.reaches(Endpoint("::1", 1))
    assert not bound.reaches(ELSEWHERE)


async def test_another_address_is_not_listened_on(hub):
    network = TrioNetwork(hub, binding.parse(["127.0.0.1"]))
    with pytest.raises(NotBound, match=r"^bound to 127.0.0.1, so not to 127.0.0.2:0$"):
        network.listen(Endpoint("127.0.0.2", 0), lambda stream: stream.close())


async def test_when_the_address_is_gone_sockets_fail(hub, monkeypatch):
    network = TrioNetwork(hub, binding.parse(["127.0.0.1"]))
    monkeypatch.setattr(local_addresses, "table", list)
    monkeypatch.setattr(local_addresses, "is_ours", lambda host: False)
    monkeypatch.setattr(Binding, "reaches", lambda self, remote: True)
    with pytest.raises(ConnectError, match="cannot assign requested address"):
        await network.connect(ELSEWHERE)
    with pytest.raises(ListenError, match="cannot assign requested address"):
        network.datagrams(WILDCARD, lambda data, remote: None)


async def test_when_the_device_is_gone_sockets_fail(hub, monkeypatch):
    network = TrioNetwork(hub, binding.parse(["nodevice"]))
    monkeypatch.setattr(local_addresses, "table", lambda: table(("10.0.0.1", "nodevice")))
    with pytest.raises(ConnectError, match="no such device"):
        await network.connect(ELSEWHERE)
    with pytest.raises(ListenError, match="no such device"):
        network.listen(WILDCARD, lambda stream: stream.close())


def test_ipv6_sends_by_its_device_too():
    if "::1" not in local_addresses.hosts():
        pytest.skip("no IPv6 here")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        binding.parse(["::1"]).receive(sock, WILDCARD_V6)
        assert sock.getsockname()[0] == "::1"
        number = sock.getsockopt(socket.IPPROTO_IPV6, binding.IPV6_UNICAST_IF)
        assert socket.ntohl(number & 0xFFFFFFFF) == socket.if_nametoindex("lo")


@pytest.mark.parametrize("texts", [["lo"], ["127.0.0.5"]])
async def test_a_group_is_joined_and_spoken_to_where_we_are_bound(hub, texts):
    group = Endpoint("239.192.152.144", GROUP_PORT)
    network = TrioNetwork(hub, binding.parse(texts))
    remotes = []
    member = network.multicast(group, lambda data, remote: remotes.append(remote.host))
    lo = socket.if_nametoindex("lo")
    assert member._joined <= {lo}
    async with running(hub):
        member.send(b"x")
        with trio.move_on_after(0.2):
            while not remotes:
                await trio.sleep(0.01)
    assert set(remotes) <= {network._binding.host(ipv6=False)}
    member.close()
    with pytest.raises(ListenError, match="IPv6 is not used"):
        TrioNetwork(hub, binding.parse(["127.0.0.1"])).multicast(
            Endpoint("ff15::efc0:988f", GROUP_PORT), lambda data, remote: None
        )


def test_devices_are_used_by_family(monkeypatch):
    monkeypatch.setattr(local_addresses, "table", lambda: table(("10.0.0.1", "tun0")))
    tunnel = binding.parse(["tun0"])
    assert tunnel.uses("tun0", ipv6=False)
    assert not tunnel.uses("eth0", ipv6=False)
    assert not tunnel.uses("tun0", ipv6=True)
    assert binding.parse(["10.0.0.1"]).uses("tun0", ipv6=False)
    assert Binding().uses("eth0", ipv6=True)
