"""This machine knows where it can be reached, and by which devices."""

import ipaddress

from raincore.net import local_addresses
from raincore.net.local_addresses import LocalAddress


def test_loopback_comes_first_and_ipv4_before_ipv6():
    found = [ipaddress.ip_address(host) for host in local_addresses.hosts()]
    assert found[0].is_loopback
    ranks = [(not address.is_loopback, address.version) for address in found]
    assert ranks == sorted(ranks)
    assert len(set(found)) == len(found)


def test_addresses_that_need_the_name_of_a_device_are_left_out(monkeypatch, tmp_path):
    table = tmp_path / "if_inet6"
    table.write_text(
        "fe800000000000000000000000000001 02 40 20 80 lo\n"
        "20010db8000000000000000000000007 02 40 00 80 lo\n"
        "00000000000000000000000000000001 01 80 10 80 lo\n"
    )
    monkeypatch.setattr(local_addresses, "IPV6_TABLE", table)
    monkeypatch.setattr(local_addresses, "_ipv4_table", list)
    assert local_addresses.hosts() == ["::1", "2001:db8::7"]


def test_addresses_that_cannot_be_used_yet_are_left_out(monkeypatch, tmp_path):
    table = tmp_path / "if_inet6"
    table.write_text(
        "20010db8000000000000000000000001 02 40 00 40 eth0\n"  # tentative
        "20010db8000000000000000000000002 02 40 00 08 eth0\n"  # a duplicate
        "20010db8000000000000000000000003 02 40 00 20 eth0\n"  # deprecated
    )
    monkeypatch.setattr(local_addresses, "IPV6_TABLE", table)
    monkeypatch.setattr(local_addresses, "_ipv4_table", list)
    address = ipaddress.ip_address("2001:db8::3")
    assert local_addresses.table() == [LocalAddress(address, "eth0", lasting=False)]


def test_a_system_without_ipv6_has_no_table(monkeypatch, tmp_path):
    monkeypatch.setattr(local_addresses, "IPV6_TABLE", tmp_path / "none")
    assert all(one.address.version == 4 for one in local_addresses.table())


def test_a_system_that_does_not_tell_has_no_addresses(monkeypatch, tmp_path):
    def ioctl(*arguments):
        raise OSError("not permitted")

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    monkeypatch.setattr(local_addresses, "IPV6_TABLE", tmp_path / "none")
    assert local_addresses.table() == []
    assert local_addresses.hosts() == []


def test_loopback_is_a_device_that_is_up():
    assert "lo" in local_addresses.devices()
    assert local_addresses.device_is_up("lo")
    assert not local_addresses.device_is_up("nodevice")
    assert LocalAddress(ipaddress.ip_address("127.0.0.1"), "lo") in local_addresses.table()


def test_all_of_loopback_is_ours_and_documentation_is_not():
    assert local_addresses.is_ours("127.3.2.1")
    assert not local_addresses.is_ours("203.0.113.1")
    assert not local_addresses.is_ours("2001:db8:ffff::1")
