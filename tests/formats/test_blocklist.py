"""Addresses in a range are blocked, their neighbours are not."""

import ipaddress
import random

import pytest

from raincore.base.endpoint import Endpoint
from raincore.formats.blocklist import Blocklist, pack_v4


def v4(*ranges: str) -> list[int]:
    return [pack_v4(*(int(ipaddress.IPv4Address(a)) for a in r.split("-"))) for r in ranges]


def v6(*ranges: str) -> list[tuple[int, int]]:
    pairs = [[int(ipaddress.IPv6Address(a)) for a in r.split("-")] for r in ranges]
    return [(first, last) for first, last in pairs]


def blocked(blocklist: Blocklist, host: str) -> bool:
    return blocklist.blocks(Endpoint(host, 6881))


def test_an_empty_list_blocks_nobody():
    assert not blocked(Blocklist(), "192.0.2.1")
    assert not blocked(Blocklist(), "2001:db8::1")
    assert len(Blocklist()) == 0


def test_the_ends_of_a_range_belong_to_it():
    blocklist = Blocklist(v4("10.0.0.5-10.0.0.7", "0.0.0.0-0.0.0.1", "255.0.0.0-255.255.255.255"))
    for host in ("10.0.0.5", "10.0.0.6", "10.0.0.7", "0.0.0.0", "255.255.255.255"):
        assert blocked(blocklist, host)
    for host in ("10.0.0.4", "10.0.0.8", "0.0.0.2", "254.255.255.255"):
        assert not blocked(blocklist, host)


def test_ranges_of_ipv6_may_share_their_upper_half():
    blocklist = Blocklist(
        v6=v6("2001:db8::5-2001:db8::7", "2001:db8::10-2001:db8::10", "fd00::-fd00:0:0:9::")
    )
    for host in ("2001:db8::5", "2001:db8::7", "2001:db8::10", "fd00:0:0:8:ffff::", "fd00::"):
        assert blocked(blocklist, host)
    for host in ("2001:db8::4", "2001:db8::8", "2001:db8::11", "2001:db8:0:1::5", "::1"):
        assert not blocked(blocklist, host)
    assert not blocked(blocklist, "fd00:0:0:9::1")


def test_families_are_apart():
    assert not blocked(Blocklist(v4("0.0.0.0-255.255.255.255")), "::1")
    assert not blocked(Blocklist(v6=v6("::-ffff::")), "10.0.0.1")


def test_overlapping_and_touching_ranges_are_one():
    assert len(Blocklist(v4("1.0.0.0-1.0.0.9", "1.0.0.5-1.0.0.20", "1.0.0.21-1.0.0.22"))) == 1
    assert len(Blocklist(v4("1.0.0.0-1.0.0.9", "1.0.0.2-1.0.0.3", "1.0.0.11-1.0.0.12"))) == 2
    assert len(Blocklist(v6=v6("::1-::9", "::2-::3", "::a-::b", "::d-::d"))) == 2


@pytest.mark.parametrize("family", [4, 6])
def test_any_order_and_overlap_gives_what_a_plain_search_gives(family, seed):
    rng = random.Random(seed)
    bits = 32 if family == 4 else 128
    base = (0x2001 << 112) if family == 6 else 0

    def number() -> int:
        return base + rng.choice((rng.getrandbits(10), rng.getrandbits(bits - 16)))

    ranges = [tuple(sorted((number(), number()))) for _ in range(30)]
    ranges += [(n, n + rng.randrange(5)) for n in (number() for _ in range(200))]
    rng.shuffle(ranges)
    if family == 4:
        blocklist = Blocklist([pack_v4(*r) for r in ranges if r[1] - r[0] < 2**20])
        ranges = [r for r in ranges if r[1] - r[0] < 2**20]
        make = ipaddress.IPv4Address
    else:
        ranges = [r for r in ranges if r[1] - r[0] < 2**70]
        blocklist = Blocklist(v6=ranges)
        make = ipaddress.IPv6Address
    near = {edge + step for r in ranges for edge in r for step in (-1, 0, 1)}
    for probe in sorted(near | {number() for _ in range(500)}):
        if 0 <= probe < 2**bits:
            plain = any(first <= probe <= last for first, last in ranges)
            assert blocked(blocklist, str(make(probe))) == plain
