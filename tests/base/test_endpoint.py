"""Addresses: one name per peer, an order, a strict text form."""

import random

import pytest

from raincore.base.endpoint import Endpoint, canonical_address
from raincore.base.errors import FormatError


@pytest.mark.parametrize(
    "text", ["192.0.2.1:6881", "[2001:db8::1]:6881", "127.0.0.1:0", "[::1]:65535"]
)
def test_text_form_round_trips(text):
    assert str(Endpoint.parse(text)) == text


def test_an_address_has_one_canonical_form():
    assert str(Endpoint.parse("[2001:DB8:0:0::0001]:1")) == "[2001:db8::1]:1"
    assert Endpoint("::ffff:192.0.2.1", 1) == Endpoint("192.0.2.1", 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:-1",
        "192.0.2.1:+1",
        "192.0.2.1:65536",
        "192.0.2.1:000080",
        "192.0.2.1:٣",
        "2001:db8::1:6881",
        "[192.0.2.1]:1",
        "[2001:db8::1:6881",
        "host.example:80",
        "192.0.2.01:80",
        "[]:80",
    ],
)
def test_what_is_not_an_address_is_refused(text):
    with pytest.raises(FormatError):
        Endpoint.parse(text)


@pytest.mark.parametrize("port", [-1, 65536])
def test_ports_out_of_range_are_refused(port):
    with pytest.raises(FormatError, match="port out of range"):
        Endpoint("192.0.2.1", port)


def test_order_is_family_then_number_then_port():
    texts = ["9.0.0.1:2", "10.0.0.1:1", "10.0.0.1:2", "[::1]:1"]
    endpoints = [Endpoint.parse(text) for text in texts]
    assert sorted([endpoints[n] for n in (2, 0, 3, 1)]) == endpoints


def test_family_and_loopback_are_told():
    assert Endpoint("::1", 1).is_ipv6
    assert not Endpoint("127.0.0.1", 1).is_ipv6
    assert not Endpoint("::ffff:127.0.0.1", 1).is_ipv6
    assert Endpoint("127.9.9.9", 1).is_loopback
    assert not Endpoint("192.0.2.1", 1).is_loopback


def test_equal_endpoints_hash_alike():
    assert len({Endpoint("192.0.2.1", 1), Endpoint.parse("192.0.2.1:1")}) == 1


@pytest.mark.parametrize("host", ["fe80::1%eth0", "fe80::1%\x1b[2J"])
def test_a_scope_is_refused_and_shown_harmlessly(host):
    with pytest.raises(FormatError, match="a scope") as caught:
        Endpoint(host, 1)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("192.0.2.1:06881", "192.0.2.1:6881"),
        ("[2001:DB8:0::1]:1", "[2001:db8::1]:1"),
        ("[::ffff:192.0.2.1]:65535", "192.0.2.1:65535"),
        ("Peer.Example:1", "peer.example:1"),
        ("a_b-c.example.:1", "a_b-c.example.:1"),
        ("x" * 63 + ":1", "x" * 63 + ":1"),
    ],
)
def test_an_address_or_a_name_is_spelt_one_way(text, canonical):
    assert canonical_address(text) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1",
        "host",
        "host:",
        "host:0",
        "host:65536",
        "host:000080",
        "host:٣",
        "192.0.2.1:0",
        "192.0.2.400:1",
        "1.2.3:1",
        "-host:1",
        "a..b:1",
        "a b:1",
        "é:1",
        "\x1b:1",
        "\ud800:1",
        "host\n:1",
        "host:1\n",
        "x" * 64 + ":1",
        ".".join(["x" * 50] * 6) + ":1",
    ],
)
def test_what_is_neither_address_nor_name_is_refused(text):
    with pytest.raises(FormatError):
        canonical_address(text)


def test_a_plain_address_is_read_as_any_other_is(seed):
    rng = random.Random(seed)
    parts = ["0", "1", "9", "00", "01", "10", "99", "100", "199", "249", "255", "256", "999", "٣"]
    ports = ["0", "1", "080", "6881", "65535", "65536", "99999", "123456", "1\n", "٣", ""]
    read = 0
    for _ in range(3000):
        host = ".".join(rng.choice(parts[:-3] if rng.random() < 0.9 else parts) for _ in range(4))
        text = f"{host}:{rng.choice(ports)}"
        try:
            endpoint = Endpoint.parse(text)
        except FormatError:
            endpoint = None
        if endpoint is None or not endpoint.port:
            with pytest.raises(FormatError):
                canonical_address(text)
        else:
            assert canonical_address(text) == str(endpoint)
            read += 1
    assert read > 50


def test_a_very_long_address_makes_a_short_message():
    for text in ("x" * 10**6, f"{'x' * 10**6}:1", f"[{':' * 10**6}]:1", f"h:{'9' * 10**6}"):
        with pytest.raises(FormatError) as caught:
            canonical_address(text)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        ("c00002011ae1", "192.0.2.1:6881"),
        ("000000000000", "0.0.0.0:0"),
        ("ffffffffffff", "255.255.255.255:65535"),
        ("20010db80000000000000000000000011ae1", "[2001:db8::1]:6881"),
    ],
)
def test_packed_addresses_are_the_same_as_those_in_text(packed, text):
    endpoint = Endpoint.from_packed(bytes.fromhex(packed))
    parsed = Endpoint.parse(text)
    assert endpoint == parsed
    assert (endpoint.host, endpoint.port) == (parsed.host, parsed.port)
    assert hash(endpoint) == hash(parsed)
    assert endpoint.packed == parsed.packed == bytes.fromhex(packed)


def test_a_packed_ipv4_address_in_ipv6_comes_out_as_ipv4():
    packed = bytes(10) + b"\xff\xff" + bytes.fromhex("c00002011ae1")
    endpoint = Endpoint.from_packed(packed)
    assert str(endpoint) == "192.0.2.1:6881"
    assert endpoint.packed == bytes.fromhex("c00002011ae1")
