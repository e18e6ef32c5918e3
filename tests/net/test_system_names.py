"""The system's files are read as its own library reads them."""

import pytest

from raincore.base.endpoint import Endpoint
from raincore.net import system_names
from raincore.net.system_names import DEFAULT_SERVER, SystemNames, parse_hosts, parse_resolv_conf


def test_hosts():
    text = """# comment
127.0.0.1 localhost loop
::1\tlocalhost
192.0.2.1 Tracker.Example tracker # why
999.0.0.1 bad
192.0.2.2
fe80::1%eth0 scoped
"""
    assert parse_hosts(text) == {
        "localhost": ("127.0.0.1", "::1"),
        "loop": ("127.0.0.1",),
        "tracker.example": ("192.0.2.1",),
        "tracker": ("192.0.2.1",),
    }


def test_resolv_conf():
    found = parse_resolv_conf(
        """# comment
nameserver 192.0.2.53
nameserver 2001:db8::53
nameserver fe80::1%eth0
nameserver nonsense
nameserver
nameserver 192.0.2.54
nameserver 192.0.2.55
search Example. lan .
options ndots:2 timeout:1 attempts:3 rotate
"""
    )
    assert [server.host for server in found.servers] == ["192.0.2.53", "2001:db8::53", "192.0.2.54"]
    assert {server.port for server in found.servers} == {53}
    assert found.search == ("example", "lan")
    assert (found.ndots, found.timeout, found.attempts) == (2, 1, 3)


def test_an_empty_file_means_a_server_on_this_machine():
    assert parse_resolv_conf("") == SystemNames(servers=(DEFAULT_SERVER,))


def test_numbers_are_bounded():
    found = parse_resolv_conf("options ndots:99 timeout:9999 attempts:0\n")
    assert (found.ndots, found.timeout, found.attempts) == (15, 30, 1)


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("host", ["host.lan", "host.example", "host"]),
        ("host.x", ["host.x", "host.x.lan", "host.x.example"]),
        ("host.", ["host"]),
    ],
)
def test_short_names_are_tried_in_the_domains_to_search(name, candidates):
    assert SystemNames(search=("lan", "example")).candidates(name) == candidates


def test_servers_behind_that_of_this_machine_can_be_asked_directly(monkeypatch, tmp_path):
    files = [tmp_path / name for name in ("hosts", "resolv.conf", "upstream")]
    for name, path in zip(("HOSTS", "RESOLV_CONF", "UPSTREAM"), files, strict=True):
        monkeypatch.setattr(system_names, name, path)
    files[2].write_text("nameserver 192.0.2.53\nnameserver 192.0.2.54\n")
    for stub, hosts in (
        ("127.0.0.53", ["127.0.0.53", "192.0.2.53", "192.0.2.54"]),
        ("192.0.2.1", ["192.0.2.1"]),
    ):
        files[1].write_text(f"nameserver {stub}\n")
        assert [server.host for server in system_names.load().servers] == hosts


def test_files_are_read_again_when_they_have_changed(monkeypatch, tmp_path):
    hosts, resolv_conf = tmp_path / "hosts", tmp_path / "resolv.conf"
    monkeypatch.setattr(system_names, "HOSTS", hosts)
    monkeypatch.setattr(system_names, "RESOLV_CONF", resolv_conf)
    assert system_names.load() == SystemNames()
    hosts.write_text("192.0.2.1 a\n")
    resolv_conf.write_text("nameserver 192.0.2.53\n")
    found = system_names.load()
    assert found.hosts == {"a": ("192.0.2.1",)}
    assert found.servers == (Endpoint("192.0.2.53", 53),)
    assert system_names.load() is found
    hosts.write_text("192.0.2.1 a b\n")
    assert "b" in system_names.load().hosts
