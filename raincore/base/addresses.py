"""Which addresses belong together, which are local, and which nobody can have.

Whoever owns one address of a network easily owns all of it. So one network gets one place
in a table or a lookup, and one vote, however many addresses and ids it shows (BEP 42, 45).
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint

__all__ = [
    "Network",
    "credible",
    "is_global",
    "is_local",
    "is_near",
    "is_possible",
    "network_of",
    "stands_for_name",
]

Network: TypeAlias = "int | tuple[int, int, int]"
"""Names a network among those of its address family."""


def network_of(endpoint: Endpoint) -> Network:
    """The /24 of an IPv4 address, the /64 of an IPv6 address.

    A local address is a network for itself, port included: there the neighbours are ours,
    and many nodes may live on one machine.
    """
    family, number, _ = endpoint.sort_key
    if is_local(endpoint):
        return endpoint.sort_key
    return number >> 8 if family == 4 else number >> 64


def is_local(endpoint: Endpoint) -> bool:
    """Whether an address is private, of this link or of this machine (BEP 42, "enforcement")."""
    family, number, _ = endpoint.sort_key
    return _within(number, LOCAL_4 if family == 4 else LOCAL_6)


@lru_cache(maxsize=256)
def is_global(host: str) -> bool:
    """Whether an address is on the internet; few are asked for again and again."""
    return ipaddress.ip_address(host).is_global


def stands_for_name(endpoint: Endpoint) -> bool:
    """Whether an address is none, but stands for a name that a proxy is to look up."""
    family, number, _ = endpoint.sort_key
    return family == 4 and _within(number, STAND_INS)


def is_near(endpoint: Endpoint, ours: Iterable[Endpoint]) -> bool:
    """Whether an address is local, or in the network of one of ours."""
    if is_local(endpoint):
        return True
    network = network_of(endpoint)
    return any(one.is_ipv6 == endpoint.is_ipv6 and network_of(one) == network for one in ours)


def credible(endpoint: Endpoint, told_by: Endpoint) -> bool:
    """Whether an address may be spoken to on somebody's word.

    Args:
        endpoint: The address that was told.
        told_by: Who told it. A stranger from outside must not make us speak to machines of
            our own network, nor to multicast groups or to ports that do not exist.
    """
    return is_possible(endpoint) and (is_local(told_by) or not is_local(endpoint))


def is_possible(endpoint: Endpoint) -> bool:
    """Whether anybody can be spoken to there: no port 0, no group, no broadcast, not "any"."""
    family, number, port = endpoint.sort_key
    return bool(port) and not _within(number, NONE_4 if family == 4 else NONE_6)


def _within(number: int, blocks: tuple[tuple[int, int], ...]) -> bool:
    for low, high in blocks:  # noqa: SIM110  any() takes three times as long
        if low <= number <= high:
            return True
    return False


def _ranges(*networks: str) -> tuple[tuple[int, int], ...]:
    blocks = [ipaddress.ip_network(network) for network in networks]
    return tuple((int(block[0]), int(block[-1])) for block in blocks)


STAND_INS = _ranges("198.18.0.0/15")
"""Of no machine (RFC 2544): where a proxy looks names up, these stand for them meanwhile."""
LOCAL_4 = _ranges(
    *("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    "198.18.0.0/15",
)
LOCAL_6 = _ranges("::1/128", "fc00::/7", "fe80::/10")
NONE_4 = _ranges("0.0.0.0/8", "224.0.0.0/3")
NONE_6 = _ranges("::/128", "ff00::/8")
