"""Addresses: one name per peer, an order, a strict text form."""

import pytest

from raincore.base.endpoint import Endpoint
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
