import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.formats import compact
from raincore.formats.compact import Node

V4 = [Endpoint("192.0.2.1", 6881), Endpoint("198.51.100.7", 1)]
V6 = [Endpoint("2001:db8::1", 6881), Endpoint("2001:db8:1::", 65535)]
MANY = 1000


def test_ipv4_peers_are_six_bytes_each() -> None:
    packed = bytes.fromhex("c00002011ae1 c63364070001")
    assert compact.unpack_peers(packed, ipv6=False, limit=MANY) == V4
    assert compact.pack_peers(V4, ipv6=False) == packed


def test_ipv6_peers_are_eighteen_bytes_each() -> None:
    packed = bytes.fromhex(
        "20010db8000000000000000000000001 1ae1 20010db8000100000000000000000000 ffff"
    )
    assert compact.unpack_peers(packed, ipv6=True, limit=MANY) == V6
    assert compact.pack_peers(V6, ipv6=True) == packed


def test_only_the_wanted_family_is_packed() -> None:
    assert compact.pack_peers(V4 + V6, ipv6=False) == compact.pack_peers(V4, ipv6=False)
    assert compact.pack_peers(V4 + V6, ipv6=True) == compact.pack_peers(V6, ipv6=True)


@pytest.mark.parametrize("cut", range(6))
def test_a_torn_entry_at_the_end_is_ignored(cut: int) -> None:
    packed = compact.pack_peers(V4, ipv6=False)
    assert compact.unpack_peers(packed[: 6 + cut], ipv6=False, limit=MANY) == V4[:1]


def test_port_zero_and_repeated_entries_are_left_out() -> None:
    packed = compact.pack_peers([V4[0], Endpoint("192.0.2.9", 0), V4[0], V4[1]], ipv6=False)
    assert compact.unpack_peers(packed, ipv6=False, limit=MANY) == V4


def test_entries_beyond_the_limit_are_not_looked_at() -> None:
    packed = compact.pack_peers(V4 * 500, ipv6=False)
    assert compact.unpack_peers(packed, ipv6=False, limit=1) == V4[:1]


def test_ipv4_wrapped_into_ipv6_comes_out_as_ipv4() -> None:
    packed = bytes.fromhex("00000000000000000000ffff c0000201 1ae1")
    assert compact.unpack_peers(packed, ipv6=True, limit=MANY) == V4[:1]


@pytest.mark.parametrize("ipv6", [False, True])
def test_nodes_carry_their_ids(ipv6: bool) -> None:
    nodes = [Node(NodeId(bytes([n]) * 20), end) for n, end in enumerate(V6 if ipv6 else V4)]
    packed = compact.pack_nodes(nodes, ipv6=ipv6)
    assert len(packed) == 2 * (38 if ipv6 else 26)
    assert compact.unpack_nodes(packed, ipv6=ipv6, limit=MANY) == nodes
    assert compact.unpack_nodes(packed[:-1], ipv6=ipv6, limit=MANY) == nodes[:1]
    assert compact.unpack_nodes(packed, ipv6=ipv6, limit=1) == nodes[:1]
    assert compact.pack_nodes(nodes, ipv6=not ipv6) == b""
