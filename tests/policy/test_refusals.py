"""What was refused stays refused; what is blocked is counted and told once."""

from raincore.base.endpoint import Endpoint
from raincore.policy.refusals import REFUSED_MAX, Refusals, nothing


def at(number: int) -> Endpoint:
    return Endpoint(f"10.0.{number >> 8}.{number & 255}", 6881)


def test_nothing_is_refused_at_first() -> None:
    refusals = Refusals()
    assert not refusals.includes(at(1))
    assert not nothing(at(1))
    assert refusals.news() == ""


def test_what_was_added_is_refused_until_there_are_too_many() -> None:
    refusals = Refusals()
    for number in range(REFUSED_MAX + 1):
        refusals.add(at(number))
    assert not refusals.includes(at(0))
    assert refusals.includes(at(1))
    assert refusals.news() == ""


def test_blocked_addresses_are_counted_once_each_and_told_once() -> None:
    refusals = Refusals(lambda endpoint: endpoint != at(3))
    for number in (1, 2, 1, 3):
        assert refusals.includes(at(number)) == (number != 3)
    assert refusals.blocked == 2
    assert refusals.news() == "2 addresses blocked by the blocklist"
    assert refusals.includes(at(4))
    assert refusals.news() == ""


def test_one_address_is_one_address() -> None:
    refusals = Refusals(lambda endpoint: True)
    assert refusals.includes(at(1))
    assert refusals.news() == "1 address blocked by the blocklist"
