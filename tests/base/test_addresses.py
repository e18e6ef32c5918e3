import pytest

from raincore.base import addresses
from raincore.base.endpoint import Endpoint

PUBLIC, LOCAL = Endpoint("20.1.2.3", 1), Endpoint("192.168.1.1", 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("20.1.2.3", "20.1.2.250", True),
        ("20.1.2.3", "20.1.3.3", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("10.0.0.1", "10.0.0.2", False),
    ],
)
def test_neighbours_share_a_network_unless_they_are_ours(one: str, other: str, same: bool) -> None:
    networks = [addresses.network_of(Endpoint(host, 6881)) for host in (one, other)]
    assert (networks[0] == networks[1]) == same


def test_ports_tell_only_local_nodes_apart() -> None:
    for host, same in (("20.1.2.3", True), ("127.0.0.1", False), ("::1", False)):
        networks = [addresses.network_of(Endpoint(host, port)) for port in (1, 2)]
        assert (networks[0] == networks[1]) == same


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("10.255.255.255", True),
        ("11.0.0.0", False),
        ("172.16.0.1", True),
        ("172.32.0.0", False),
        ("192.168.255.1", True),
        ("169.254.1.1", True),
        ("127.0.0.1", True),
        ("8.8.8.8", False),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("2001:db8::1", False),
    ],
)
def test_local_addresses_are_those_of_bep_42(host: str, local: bool) -> None:
    assert addresses.is_local(Endpoint(host, 6881)) == local


@pytest.mark.parametrize(
    ("host", "port"),
    [("20.1.2.4", 0), ("0.0.0.0", 1), ("224.0.0.1", 1), ("255.255.255.255", 1), ("ff02::1", 1)],
)
def test_nobody_is_believed_about_what_no_node_can_have(host: str, port: int) -> None:
    for told_by in (PUBLIC, LOCAL):
        assert not addresses.credible(Endpoint(host, port), told_by)


def test_only_local_nodes_are_believed_about_local_addresses() -> None:
    assert addresses.credible(PUBLIC, PUBLIC)
    assert addresses.credible(PUBLIC, LOCAL)
    assert addresses.credible(LOCAL, LOCAL)
    assert not addresses.credible(LOCAL, PUBLIC)
    assert not addresses.credible(Endpoint("::1", 1), Endpoint("2001:db8::1", 1))


def test_whom_nobody_can_be_is_impossible_and_our_neighbours_are_not() -> None:
    assert addresses.is_possible(LOCAL)
    assert not addresses.is_possible(Endpoint("192.168.1.1", 0))
    assert not addresses.is_possible(Endpoint("ff15::1", 6881))


def test_near_is_what_is_local_or_in_a_network_of_ours() -> None:
    ours = [Endpoint("20.1.2.3", 1), Endpoint("2001:db8::1", 1), LOCAL]
    near = ["20.1.2.99", "2001:db8::ffff", "192.168.77.1", "::1"]
    assert all(addresses.is_near(Endpoint(host, 6881), ours) for host in near)
    assert not any(
        addresses.is_near(Endpoint(host, 6881), ours) for host in ("20.1.3.3", "2620::1")
    )


@pytest.mark.parametrize(
    ("host", "is_global"),
    [("8.8.8.8", True), ("2a00:1450::1", True), ("10.0.0.1", False), ("::1", False)],
)
def test_addresses_of_the_internet_are_told_from_others(host: str, is_global: bool) -> None:
    assert addresses.is_global(host) is is_global
