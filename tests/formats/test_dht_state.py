"""What a node keeps between two runs comes back as it was; anything else is refused."""

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError
from raincore.base.ids import NodeId
from raincore.formats import bencoding, dht_state
from raincore.formats.compact import Node
from raincore.formats.dht_state import Saved


def saved(family: int, count: int = 3) -> Saved:
    host = "2001:db8::{}" if family == 6 else "192.0.2.{}"
    nodes = (
        Node(NodeId(n.to_bytes(20, "big")), Endpoint(host.format(n % 200 + 1), 1000 + n))
        for n in range(count)
    )
    return Saved(NodeId(b"%020d" % family), tuple(nodes))


@pytest.mark.parametrize("families", [(), (4,), (6,), (4, 6)])
def test_what_is_written_is_read(families):
    known = {family: saved(family) for family in families}
    assert dht_state.decode(dht_state.encode(known)) == known


def test_however_much_is_known_the_file_stays_small():
    many = {family: saved(family, 5000) for family in (4, 6)}
    data = dht_state.encode(many)
    assert len(data) <= dht_state.MAX_LENGTH
    assert len(dht_state.decode(data)[6].nodes) == dht_state.MAX_NODES


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "not of version 1"),
        ({}, "not of version 1"),
        ({"v": 2}, "not of version 1"),
        ({"v": 1, "ipv4": []}, "ipv4: not a dictionary"),
        ({"v": 1, "ipv4": {}}, "ipv4.id: not 20 bytes"),
        ({"v": 1, "ipv6": {"id": b"x", "nodes": b""}}, "ipv6.id: not 20 bytes"),
        ({"v": 1, "ipv6": {"id": b"x" * 20, "nodes": 7}}, "ipv6.nodes: not a string"),
        ({"v": 1, "ipv6": {"id": b"x" * 20}}, "ipv6.nodes: not a string"),
    ],
)
def test_what_is_not_ours_is_refused(value, message):
    with pytest.raises(FormatError, match=message):
        dht_state.decode(bencoding.encode(value))


def test_what_is_too_long_is_not_read():
    with pytest.raises(FormatError, match="more than 65536 bytes"):
        dht_state.decode(b"x" * 65537)
