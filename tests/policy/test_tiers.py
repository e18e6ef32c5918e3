import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raincore.policy.tiers import Tiers


def tiers_of(*tiers: str, seed: int = 1) -> Tiers:
    """Trackers are letters: "ab", "c" is a tier of two and one of one."""
    return Tiers([list(tier) for tier in tiers], random.Random(seed))


def asked(tiers: Tiers, count: int) -> str:
    """Whom we ask when nobody ever answers."""
    found = ""
    for _ in range(count):
        assert tiers.current is not None
        found += tiers.current
        tiers.failed(tiers.current)
    return found


def test_tiers_are_asked_in_order_and_then_again() -> None:
    assert asked(tiers_of("a", "b", "c"), 7) == "abcabca"


def test_all_of_a_tier_come_before_the_next_tier() -> None:
    order = asked(tiers_of("abc", "de"), 5)
    assert (set(order[:3]), set(order[3:])) == (set("abc"), set("de"))


def test_the_order_inside_a_tier_is_drawn_by_lot() -> None:
    assert len({asked(tiers_of("abcd", seed=seed), 4) for seed in range(50)}) > 10


def test_the_last_failure_says_that_all_have_failed() -> None:
    tiers = tiers_of("a", "b")
    assert not tiers.failed("a")
    assert tiers.failed("b")
    assert not tiers.failed("a")


def test_who_answers_moves_to_the_front_of_its_tier_and_stays_the_one_to_ask() -> None:
    tiers = tiers_of("abc", "d")
    first, second = tiers.urls[:2]
    tiers.failed(first)
    tiers.succeeded(second)
    assert tiers.current == second
    assert tiers.urls[:2] == [second, first]


def test_success_does_not_cross_tiers() -> None:
    tiers = tiers_of("a", "b")
    tiers.failed("a")
    tiers.succeeded("b")
    assert tiers.tiers == (("a",), ("b",))
    assert tiers.current == "b"
    assert tiers.failed("b")
    assert tiers.current == "a"


def test_a_late_failure_of_another_tracker_changes_nothing() -> None:
    tiers = tiers_of("a", "b")
    assert not tiers.failed("b")
    assert not tiers.failed("unknown")
    assert tiers.current == "a"


def test_repeated_urls_count_once() -> None:
    assert tiers_of("aa", "ab", "b").tiers == (("a",), ("b",))


def test_without_trackers_there_is_none_to_ask() -> None:
    assert tiers_of().current is None
    assert tiers_of("", "").tiers == ()


def test_an_added_tracker_is_a_tier_of_its_own() -> None:
    tiers = tiers_of("a")
    assert tiers.add("b")
    assert not tiers.add("a")
    assert tiers.tiers == (("a",), ("b",))
    empty = tiers_of()
    assert empty.add("x")
    assert empty.current == "x"


def test_a_removed_tracker_makes_way_for_the_next() -> None:
    tiers = tiers_of("a", "b")
    assert tiers.remove("a")
    assert (tiers.current, tiers.tiers) == ("b", (("b",),))
    assert not tiers.remove("a")
    assert tiers.remove("b")
    assert tiers.current is None


@given(
    st.lists(st.sampled_from(["fail", "succeed", "add", "remove"]), max_size=40), st.integers(0, 9)
)
def test_the_one_to_ask_is_always_one_of_them(steps: list[str], seed: int) -> None:
    dice = random.Random(seed)
    tiers = tiers_of("abc", "de", seed=seed)
    for step in steps:
        url = dice.choice("abcdefgh")
        match step:
            case "fail":
                tiers.failed(tiers.current or url)
            case "succeed":
                tiers.succeeded(url)
            case "add":
                tiers.add(url)
            case _:
                tiers.remove(url)
        assert (tiers.current in tiers.urls) if tiers.urls else tiers.current is None
        assert len(tiers.urls) == len(set(tiers.urls))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_tracker_is_asked_once_in_a_round(count: int) -> None:
    names = "abcde"[:count]
    assert sorted(asked(tiers_of(names), count)) == list(names)
