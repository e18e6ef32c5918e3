import random

import pytest

from raincore.base.endpoint import Endpoint
from raincore.dht.announced import Announced
from raincore.dht.scrape_filter import ScrapeFilter
from tests.dht.places import public, public6


def filled(count: int, *, ipv6: bool = False) -> Announced:
    peers = Announced(ipv6=ipv6)
    for number in range(count):
        endpoint = public6(number) if ipv6 else public(number)
        peers.add(endpoint, seed=number % 2 == 0, expires=float(number))
    return peers


@pytest.mark.parametrize("ipv6", [False, True])
def test_peers_are_given_as_they_go_over_the_wire(ipv6: bool, seed: int) -> None:
    peers = filled(5, ipv6=ipv6)
    everybody = {(public6(n) if ipv6 else public(n)).packed for n in range(5)}
    assert set(peers.sample(9, random.Random(seed))) == everybody


def test_an_address_is_one_peer_whose_port_and_state_may_change(seed: int) -> None:
    peers = Announced(ipv6=False)
    peers.add(public(1, port=1), seed=False, expires=10.0)
    peers.add(public(1, port=2), seed=True, expires=20.0)
    assert len(peers) == 1
    assert public(1, port=77) in peers
    peers.expire(15.0)
    assert peers.sample(9, random.Random(seed)) == [public(1, port=2).packed]
    assert peers.sample(9, random.Random(seed), no_seeds=True) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.7", "::1", "fd00::1"])
def test_peers_on_one_machine_of_ours_do_not_hide_each_other(host: str, seed: int) -> None:
    both = [Endpoint(host, 1), Endpoint(host, 2)]
    peers = Announced(ipv6=":" in host)
    for expires, endpoint in enumerate(both):
        peers.add(endpoint, seed=False, expires=float(expires))
    assert set(peers.sample(9, random.Random(seed))) == {one.packed for one in both}
    peers.expire(0.5)
    assert [one in peers for one in both] == [False, True]


def test_nobody_is_given_twice_and_everybody_in_turn(seed: int) -> None:
    peers, rng = filled(100), random.Random(seed)
    counts: dict[bytes, int] = {}
    for _ in range(500):
        given = peers.sample(10, rng)
        assert len(set(given)) == 10
        for packed in given:
            counts[packed] = counts.get(packed, 0) + 1
    assert len(counts) == 100
    assert max(counts.values()) < 5 * min(counts.values())


def test_seeds_are_left_out_on_request(seed: int) -> None:
    rng = random.Random(seed)
    given = filled(20).sample(20, rng, no_seeds=True)
    assert set(given) == {public(number).packed for number in range(1, 20, 2)}
    assert len(filled(20).sample(3, rng, no_seeds=True)) == 3


def test_the_expired_are_forgotten_and_the_others_kept(seed: int) -> None:
    rng = random.Random(seed)
    peers = Announced(ipv6=False)
    ages = {public(number): rng.uniform(0, 10) for number in range(200)}
    for endpoint, expires in ages.items():
        peers.add(endpoint, seed=False, expires=expires)
    peers.expire(5.0)
    left = {endpoint.packed for endpoint, expires in ages.items() if expires > 5}
    assert set(peers.sample(999, rng)) == left
    assert len(peers) == len(left)
    for endpoint in ages:
        assert (endpoint in peers) == (endpoint.packed in left)
        peers.add(endpoint, seed=True, expires=9.0)
    assert len(peers) == 200


def test_nothing_is_given_of_nothing(seed: int) -> None:
    assert Announced(ipv6=False).sample(5, random.Random(seed)) == []


def test_filters_tell_seeds_from_others() -> None:
    seeds, leechers = (ScrapeFilter(packed) for packed in filled(100).filters(0.0))
    assert 45 < seeds.estimate() < 55
    assert 45 < leechers.estimate() < 55
    assert all(seeds.may_hold(public(number).packed[:-2]) for number in range(0, 100, 2))


def test_filters_are_made_once_a_minute() -> None:
    peers = filled(10)
    first = peers.filters(0.0)
    peers.add(Endpoint("99.9.9.9", 1), seed=True, expires=9.0)
    assert peers.filters(59.0) == first
    assert peers.filters(60.0) != first
