import random

from hypothesis import given
from hypothesis import strategies as st

from raincore.policy.tiers import MAX_TRACKERS, Tiers


def tiers_of(*tiers: str, seed: int = 1) -> Tiers:
    """Trackers are letters: "ab", "c" is a tier of two and one of one."""
    return Tiers([list(tier) for tier in tiers], random.Random(seed))


def test_tiers_are_asked_in_order() -> None:
    assert tiers_of("a", "b", "c").urls == ("a", "b", "c")


def test_all_of_a_tier_come_before_the_next_tier() -> None:
    order = tiers_of("abc", "de").urls
    assert (set(order[:3]), set(order[3:])) == (set("abc"), set("de"))


def test_the_order_inside_a_tier_is_drawn_by_lot() -> None:
    assert len({tiers_of("abcd", seed=seed).urls for seed in range(50)}) > 10


def test_who_answers_moves_to_the_front_of_its_tier() -> None:
    tiers = tiers_of("abc", "d")
    first, second, third, _ = tiers.urls
    tiers.succeeded(second)
    assert tiers.urls == (second, first, third, "d")


def test_success_does_not_cross_tiers() -> None:
    tiers = tiers_of("a", "b")
    tiers.succeeded("b")
    assert tiers.tiers == (("a",), ("b",))


def test_success_of_an_unknown_tracker_changes_nothing() -> None:
    tiers = tiers_of("a", "b")
    tiers.succeeded("c")
    assert tiers.tiers == (("a",), ("b",))


def test_repeated_urls_count_once() -> None:
    assert tiers_of("aa", "ab", "b").tiers == (("a",), ("b",))


def test_without_trackers_there_is_none_to_ask() -> None:
    assert tiers_of().urls == ()
    assert tiers_of("", "").tiers == ()


def test_a_list_without_end_is_cut() -> None:
    tiers = Tiers([[f"{tier} {n}" for n in range(150)] for tier in range(9)], random.Random(1))
    assert [len(tier) for tier in tiers.tiers] == [150, MAX_TRACKERS - 150]
    assert not tiers.add("one more")


def test_an_added_tracker_is_a_tier_of_its_own() -> None:
    tiers = tiers_of("a")
    assert tiers.add("b")
    assert not tiers.add("a")
    assert tiers.tiers == (("a",), ("b",))


def test_a_removed_tracker_leaves_the_others_as_they_are() -> None:
    tiers = tiers_of("a", "b")
    assert tiers.remove("a")
    assert tiers.tiers == (("b",),)
    assert not tiers.remove("a")
    assert tiers.remove("b")
    assert tiers.urls == ()


@given(st.lists(st.sampled_from(["succeed", "add", "remove"]), max_size=40), st.integers(0, 9))
def test_the_order_is_always_that_of_the_tiers(steps: list[str], seed: int) -> None:
    dice = random.Random(seed)
    tiers = tiers_of("abc", "de", seed=seed)
    for step in steps:
        url = dice.choice("abcdefgh")
        match step:
            case "succeed":
                tiers.succeeded(url)
            case "add":
                tiers.add(url)
            case _:
                tiers.remove(url)
        assert tiers.urls == sum(tiers.tiers, ())
        assert all(tiers.tiers)
        assert len(tiers.urls) == len(set(tiers.urls))
