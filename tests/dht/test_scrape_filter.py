import ipaddress
from typing import Any

from raincore.base.endpoint import Endpoint
from raincore.dht.scrape_filter import FILTER_LENGTH, ScrapeFilter
from tests.dht.places import public, public6
from tests.wire.pair import vectors


def test_the_filter_of_bep_33() -> None:
    made = ScrapeFilter()
    ranges: Any = vectors(33, "ranges")
    for addresses in ranges:
        first = ipaddress.ip_address(addresses["first"])
        for number in range(addresses["count"]):
            made.add(Endpoint(str(first + number), 6881))
    packed: Any = vectors(33, "filter")
    estimate: Any = vectors(33, "estimate")
    assert made.packed().hex() == packed
    assert abs(made.estimate() - estimate) < 0.0001


def test_an_empty_set_has_none_and_a_full_one_a_number() -> None:
    assert ScrapeFilter().estimate() == 0
    assert ScrapeFilter().packed() == bytes(FILTER_LENGTH)
    assert 7000 < ScrapeFilter(b"\xff" * FILTER_LENGTH).estimate() < 9000


def test_a_union_counts_everybody_once() -> None:
    one, other = ScrapeFilter(), ScrapeFilter()
    for number in range(60):
        one.add(public(number))
    for number in range(40, 100):
        other.add(public(number))
    one.unite(other.packed())
    assert 90 < one.estimate() < 110
    assert ScrapeFilter(one.packed()).estimate() == one.estimate()


def test_ports_do_not_count() -> None:
    made = ScrapeFilter()
    for port in range(1, 100):
        made.add(public(1, port=port))
    assert round(made.estimate()) == 1


def test_members_are_never_denied() -> None:
    made = ScrapeFilter()
    for number in range(50):
        made.add(public(number))
        made.add(public6(number))
    assert all(made.may_hold(public(number).packed[:-2]) for number in range(50))
    assert all(made.may_hold(public6(number).packed[:-2]) for number in range(50))
    strangers = sum(made.may_hold(public(number).packed[:-2]) for number in range(1000, 2000))
    assert strangers < 50
