import random

from raincore.base.endpoint import Endpoint
from raincore.policy.pex_diff import FIRST_MAX, GONE_MAX, MAX, Difference, PexDiff


def at(number: int) -> Endpoint:
    return Endpoint(f"20.0.{number >> 8}.{number & 255}", 6881)


def anybody(endpoint: Endpoint) -> bool:
    return True


def connected(*numbers: int) -> PexDiff:
    diff = PexDiff()
    for number in numbers:
        assert diff.came(at(number), 0)
    return diff


def told(diff: PexDiff) -> int:
    """Where somebody is who has been told everything."""
    return diff.latest


def names(difference: Difference) -> tuple[list[Endpoint], list[Endpoint]]:
    return [endpoint for endpoint, _ in difference.added], list(difference.dropped)


def test_the_first_message_tells_of_everybody_who_is_there() -> None:
    diff = connected(1, 2)
    diff.came(at(3), 0x12)
    diff.went(at(1))
    difference = diff.since(0, anybody)
    assert difference == Difference(((at(2), 0), (at(3), 0x12)), (), diff.latest)
    assert names(diff.since(difference.told, anybody)) == ([], [])


def test_the_next_tells_what_has_changed() -> None:
    diff = connected(1, 2)
    before = told(diff)
    diff.went(at(1))
    diff.came(at(3), 0)
    assert names(diff.since(before, anybody)) == ([at(3)], [at(1)])


def test_who_came_and_went_in_between_is_not_mentioned() -> None:
    diff = connected(1)
    before = told(diff)
    diff.came(at(2), 0)
    diff.went(at(2))
    assert names(diff.since(before, anybody)) == ([], [])


def test_who_went_and_came_back_in_between_is_not_mentioned() -> None:
    diff = connected(1)
    before = told(diff)
    for _ in range(3):
        diff.went(at(1))
        diff.came(at(1), 0)
    assert names(diff.since(before, anybody)) == ([], [])
    diff.went(at(1))
    assert names(diff.since(before, anybody)) == ([], [at(1)])


def test_a_second_connection_to_an_address_is_none() -> None:
    diff = connected(1)
    assert not diff.came(at(1), 0)


def test_a_mark_changes_what_is_said_to_those_who_hear_of_it_later() -> None:
    diff = connected(1)
    diff.mark(at(1), 2)
    diff.mark(at(2), 2)
    assert diff.since(0, anybody).added == ((at(1), 2),)
    assert names(diff.since(told(diff), anybody)) == ([], [])


def test_a_message_tells_of_fifty_at_most_and_the_first_of_a_hundred() -> None:
    diff = connected(*range(170))
    first = diff.since(0, anybody)
    assert names(first) == ([at(n) for n in range(FIRST_MAX)], [])
    second = diff.since(first.told, anybody)
    third = diff.since(second.told, anybody)
    assert [len(d.added) for d in (second, third)] == [MAX, 20]
    for number in range(120):
        diff.went(at(number))
    lost = []
    now = third.told
    for _ in range(3):
        difference = diff.since(now, anybody)
        now = difference.told
        lost.append(len(difference.dropped))
    assert lost == [MAX, MAX, 20]


def test_who_is_beyond_the_limit_and_back_is_dropped_first_and_added_later() -> None:
    diff = connected(1)
    before = told(diff)
    diff.went(at(1))
    for number in range(100, 100 + MAX):
        diff.came(at(number), 0)
    diff.came(at(1), 0)
    first = diff.since(before, anybody)
    assert (len(first.added), first.dropped) == (MAX, ())  # it is back: nothing to say
    diff = connected(1)
    before = told(diff)
    diff.went(at(1))
    for number in range(100, 101 + MAX):
        diff.came(at(number), 0)
    diff.came(at(1), 0)
    first = diff.since(before, anybody)
    assert (len(first.added), first.dropped) == (MAX, (at(1),))
    assert names(diff.since(first.told, anybody)) == ([at(100 + MAX), at(1)], [])


def test_whom_a_peer_may_not_hear_of_is_neither_added_nor_dropped() -> None:
    diff = connected(1, 2)

    def allows(endpoint: Endpoint) -> bool:
        return endpoint != at(1)

    first = diff.since(0, allows)
    assert names(first) == ([at(2)], [])
    diff.went(at(1))
    assert names(diff.since(first.told, allows)) == ([], [])


def test_departures_are_not_remembered_for_ever() -> None:
    diff = PexDiff()
    for number in range(GONE_MAX + 10):
        diff.came(at(number), 0)
        diff.went(at(number))
    assert len(diff._gone) == GONE_MAX


def test_whoever_adds_up_the_messages_knows_who_is_connected(seed: int) -> None:
    rng = random.Random(seed)
    for most in (1, 5, 200):
        diff = PexDiff()
        live: set[Endpoint] = set()
        listeners = [(0, set[Endpoint]()) for _ in range(3)]
        for _ in range(150):
            for _ in range(rng.randint(1, most)):
                change(diff, live, at(rng.randrange(2 * most + 10)))
            index = rng.randrange(3)
            now, known = listeners[index]
            for _ in range(9 if rng.random() < 0.5 else 1):
                difference = diff.since(now, anybody)
                added, dropped = names(difference)
                assert not set(added) & set(dropped)
                assert not set(added) & known
                assert set(dropped) <= known
                known = (known | set(added)) - set(dropped)
                now = difference.told
            listeners[index] = now, known
            if now == diff.latest:
                assert known == live


def change(diff: PexDiff, live: set[Endpoint], endpoint: Endpoint) -> None:
    """Somebody comes who is not there, or goes who is."""
    if endpoint in live:
        diff.went(endpoint)
        live.discard(endpoint)
    else:
        assert diff.came(endpoint, 0)
        live.add(endpoint)
