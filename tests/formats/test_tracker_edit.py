"""Trackers: `announce` and `announce-list`, which say the same in two ways (BEP 12)."""

from __future__ import annotations

import pytest

from raincore.formats import tracker_edit
from raincore.formats.list_edit import Remover
from raincore.formats.tracker_edit import Announce


def edited(single, tiers, *, remove=(), **wanted):
    after, _ = tracker_edit.edit(Announce(single, tiers), remover=Remover(remove), **wanted)
    return tuple(after)


def test_one_tracker_is_only_announced():
    assert edited(None, None, add=[["a"]]) == (b"a", None)


def test_a_second_tracker_makes_a_list():
    assert edited(b"a", None, add=[["b"]]) == (b"a", [[b"a"], [b"b"]])
    assert edited(None, None, add=[["a", "b"]]) == (b"a", [[b"a", b"b"]])


def test_tiers_come_last_without_what_is_there():
    assert edited(b"a", [[b"a"], [b"b"]], add=[["b", "c", "c"], ["a"], ["d"]]) == (
        b"a",
        [[b"a"], [b"b"], [b"c"], [b"d"]],
    )


def test_removed_urls_go_from_both_keys():
    assert edited(b"a", [[b"a", b"b"], [b"c"]], remove=["a"]) == (b"b", [[b"b"], [b"c"]])
    assert edited(b"a", [[b"a"], [b"b"]], remove=["b"]) == (b"a", None)
    assert edited(b"a", [[b"a"], [b"b"]], remove=["a"]) == (b"b", None)
    assert edited(b"a", None, remove=["a"]) == (None, None)
    assert edited(b"a", [[b"a"], [b"b"]], remove=["*"]) == (None, None)


def test_clearing_comes_before_adding():
    assert edited(b"a", [[b"a"], [b"b"]], clear=True) == (None, None)
    assert edited(b"a", [[b"a"], [b"b"]], clear=True, add=[["b"], ["c"]]) == (
        b"b",
        [[b"b"], [b"c"]],
    )
    assert edited(3, b"x", clear=True) == (None, None)


def test_parts_of_urls_are_replaced_in_both_keys():
    assert edited(b"http://a/k1", [[b"http://a/k1", b"http://b/k1"]], replace=[("k1", "k2")]) == (
        b"http://a/k2",
        [[b"http://a/k2", b"http://b/k2"]],
    )


def test_replacements_follow_each_other():
    assert edited(b"http://a/", None, replace=[("http", "https"), ("https", "ws")]) == (
        b"ws://a/",
        None,
    )


def test_a_url_that_becomes_another_one_is_listed_once():
    tiers = [[b"http://old/"], [b"http://new/"], [b"http://older/"]]
    replace = [("older", "old"), ("old", "new")]
    assert edited(b"http://old/", tiers, replace=replace) == (b"http://new/", None)


def test_a_url_that_becomes_empty_goes():
    assert edited(b"http://a/", [[b"http://a/"], [b"b"]], replace=[("http://a/", "")]) == (
        b"b",
        None,
    )


def test_what_is_removed_is_not_replaced_and_what_is_added_neither():
    assert edited(b"a1", None, remove=["a1"], replace=[("1", "2")], add=[["b1"]]) == (b"b1", None)


def test_an_announced_url_that_no_tier_lists_stays():
    tiers = [[b"b"]]
    assert edited(b"a", tiers, add=[["c"]]) == (b"a", [[b"b"], [b"c"]])
    assert edited(b"a", tiers, remove=["b"]) == (b"a", None)
    assert edited(b"a", tiers, remove=["a"]) == (b"b", None)


def test_without_usable_tiers_what_is_announced_counts():
    assert edited(b"a", [[b""]], add=[["b"]]) == (b"a", [[b"a"], [b"b"]])
    assert edited(b"a", [], add=[["b"]]) == (b"a", [[b"a"], [b"b"]])


def test_a_flat_list_is_one_of_tiers():
    assert edited(None, [b"a", b"b"], add=[["c"]]) == (b"a", [[b"a"], [b"b"], [b"c"]])


@pytest.mark.parametrize(
    ("single", "tiers"),
    [
        (b"a", None),
        (b" a ", [[b"a "], [b"b", b"b"]]),
        (3, b"x"),
        (b"a", [[b"b"], [3], [], 7, b"c"]),
        (None, None),
        (b"", [[b""]]),
    ],
)
def test_nothing_to_do_leaves_everything_as_it_is(single, tiers):
    given = Announce(single, tiers)
    remover = Remover(["x"])
    after, found = tracker_edit.edit(given, remover=remover, replace=[("xx", "y")])
    assert after is given
    assert (found, remover.met) == (set(), set())


def test_spaces_around_a_url_do_not_count():
    assert edited(b"a", [[b" a "], [b"b"]], remove=["a"]) == (b"b", None)
    assert edited(b"a", [[b" a "], [b"b "]], add=[["b"], ["c"]]) == (
        b"a",
        [[b" a "], [b"b "], [b"c"]],
    )


def test_what_is_no_url_stays_between_the_others():
    assert edited(b"a", [[3, b"a"], [{}], [], [b"b"]], remove=["b"]) == (
        b"a",
        [[3, b"a"], [{}], []],
    )


def test_a_replaced_text_that_was_found_is_told():
    given = Announce(b"http://a/", None)
    _, found = tracker_edit.edit(given, remover=Remover([]), replace=[("a", "b"), ("x", "y")])
    assert found == {"a"}


def test_bytes_that_are_not_utf8_survive_a_replacement():
    assert edited(b"http://a/\xff", None, replace=[("a", "b")]) == (b"http://b/\xff", None)
