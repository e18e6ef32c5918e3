"""What users name is a host and a port, and no more is kept than is of use."""

import pytest

from raincore.base.errors import FormatError
from raincore.policy import named_peers


@pytest.mark.parametrize("name", ["h:1", "192.0.2.1:65535", "[2001:db8::1]:6881", "h.example:80"])
def test_a_peer_is_a_host_and_a_port(name):
    assert named_peers.checked(name) == name
    assert named_peers.is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "x", "x:", ":5", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:x", "h:²", "h:-1", "h: 5"),
        *("a b:5", "a\n:5", "udp://h:5", "h:000001", "h" * 254 + ":5"),
    ],
)
def test_nothing_else_is_a_peer(name):
    with pytest.raises(FormatError, match=r"address is not host:port"):
        named_peers.checked(name)
    assert not named_peers.is_name(name)


def test_the_latest_names_are_kept():
    kept: tuple[str, ...] = ()
    for port in range(1, named_peers.MOST + 3):
        kept = named_peers.joined(kept, [f"h:{port}"])
    assert (len(kept), kept[0], kept[-1]) == (named_peers.MOST, "h:3", f"h:{named_peers.MOST + 2}")
    assert named_peers.joined(kept, ["h:3"])[-1] == "h:3"
    assert len(named_peers.joined(kept, ["h:3"])) == named_peers.MOST
