import math

from raincore.base.endpoint import Endpoint
from raincore.policy.due_queue import SPARE, DueQueue


def at(number: int) -> Endpoint:
    return Endpoint(f"10.0.0.{number}", 6881)


def by_number(endpoint: Endpoint) -> tuple[int, ...]:
    return (endpoint.sort_key[1],)


def queue(*entries: tuple[int, float]) -> DueQueue:
    new = DueQueue(by_number)
    for number, due in entries:
        new.put(at(number), due)
    return new


def test_an_empty_queue_has_no_first_and_no_time() -> None:
    assert queue().first(1e9) is None
    assert queue().next_time(0.0) == math.inf


def test_of_those_that_are_due_the_best_is_first_and_stays() -> None:
    new = queue((3, 0.0), (1, 5.0), (2, -math.inf))
    assert new.first(0.0) == new.first(0.0) == at(2)
    assert new.first(5.0) == at(1)
    assert new.next_time(5.0) == 5.0


def test_the_next_time_is_that_of_the_first_who_waits() -> None:
    new = queue((1, 9.0), (2, 7.0))
    assert new.next_time(0.0) == 7.0
    new.take_out(at(2))
    new.take_out(at(2))
    assert new.next_time(0.0) == 9.0


def test_the_void_among_those_that_wait_are_passed_over() -> None:
    new = queue((1, 5.0), (2, 7.0))
    new.put(at(1), 9.0)
    assert new.next_time(0.0) == 7.0
    assert new.first(6.0) is None
    assert new.next_time(6.0) == 7.0


def test_an_address_has_one_place_only() -> None:
    new = queue((1, 0.0), (2, 0.0))
    assert new.first(0.0) == at(1)
    new.put(at(1), 50.0)
    assert new.first(0.0) == at(2)
    new.take_out(at(2))
    assert new.next_time(0.0) == 50.0


def test_void_entries_do_not_pile_up() -> None:
    new = DueQueue(by_number)
    for turn in range(200):
        new.put(at(turn % 3), 1e9)
        new.put(at(9), 0.0)
        new.first(0.0)
    assert len(new._waiting) <= 8 + SPARE
    assert len(new._ready) <= 8 + SPARE
