"""This machine knows where it can be reached."""

import ipaddress

from raincore.net import local_addresses


def test_loopback_comes_first_and_ipv4_before_ipv6():
    found = [ipaddress.ip_address(host) for host in local_addresses.hosts()]
    assert found[0].is_loopback
    ranks = [(not address.is_loopback, address.version) for address in found]
    assert ranks == sorted(ranks)
    assert len(set(found)) == len(found)


def test_addresses_that_need_the_name_of_an_interface_are_left_out(monkeypatch, tmp_path):
    table = tmp_path / "if_inet6"
    table.write_text(
        "fe800000000000000000000000000001 02 40 20 80 eth0\n"
        "20010db8000000000000000000000007 02 40 00 80 eth0\n"
        "00000000000000000000000000000001 01 80 10 80 lo\n"
    )
    monkeypatch.setattr(local_addresses, "IPV6_TABLE", table)
    monkeypatch.setattr(local_addresses, "ipv4_hosts", set)
    assert local_addresses.hosts() == ["::1", "2001:db8::7"]


def test_a_system_without_ipv6_has_no_table(monkeypatch, tmp_path):
    monkeypatch.setattr(local_addresses, "IPV6_TABLE", tmp_path / "none")
    assert local_addresses.ipv6_hosts() == set()


def test_interfaces_without_an_address_are_skipped(monkeypatch):
    def ioctl(*arguments):
        raise OSError("cannot assign requested address")

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    assert local_addresses.ipv4_hosts() == set()
