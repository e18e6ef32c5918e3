"""Lists around an info dictionary: what goes, what comes, and what is left alone."""

from __future__ import annotations

import pytest

from raincore.formats import list_edit
from raincore.formats.list_edit import Remover


def edited(kind, value, *, remove=(), add=(), clear=False):
    return list_edit.edit(kind, value, remover=Remover(remove), add=add, clear=clear)


def test_items_come_at_the_end_unless_they_are_there():
    found = edited(list_edit.WEBSEEDS, [b"http://b/", b"http://a/"], add=["http://a/", "http://c/"])
    assert found == [b"http://b/", b"http://a/", b"http://c/"]


def test_an_item_that_is_given_twice_comes_once():
    assert edited(list_edit.COLLECTIONS, None, add=["a", "a"]) == [b"a"]


def test_a_lone_string_is_a_list_of_one():
    assert edited(list_edit.WEBSEEDS, b"http://a/", add=["http://b/"]) == [
        b"http://a/",
        b"http://b/",
    ]
    assert edited(list_edit.WEBSEEDS, b"", add=["http://b/"]) == b"http://b/"


def test_only_a_web_seed_is_written_alone():
    assert edited(list_edit.WEBSEEDS, None, add=["http://a/"]) == b"http://a/"
    assert edited(list_edit.HTTP_SEEDS, None, add=["http://a/"]) == [b"http://a/"]


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["http://a.example/x?y=[1]"], [b"http://b.example/", b"\xff"]),
        (["http://*"], b"\xff"),
        (["http://?.example/"], [b"http://a.example/x?y=[1]", b"\xff"]),
        (["\udcff"], [b"http://a.example/x?y=[1]", b"http://b.example/"]),
        (["*"], None),
    ],
)
def test_items_go_by_their_text_or_by_a_glob_for_all_of_it(patterns, left):
    value = [b"http://a.example/x?y=[1]", b"http://b.example/", b"\xff"]
    assert edited(list_edit.WEBSEEDS, value, remove=patterns) == left


def test_case_matters():
    value = [b"http://a/", b"http://b/"]
    assert edited(list_edit.WEBSEEDS, value, remove=["HTTP://A/"]) is value


def test_nothing_to_do_gives_the_very_value():
    value = [b"http://a/", 7, b""]
    assert edited(list_edit.WEBSEEDS, value, add=["http://a/"], remove=["x"]) is value
    assert edited(list_edit.WEBSEEDS, None) is None


def test_clearing_takes_everything_even_what_is_no_list():
    assert edited(list_edit.NODES, [[b"a", 1], 7], clear=True) is None
    assert edited(list_edit.NODES, 7, clear=True) is None
    assert edited(list_edit.WEBSEEDS, b"", clear=True) is None
    assert edited(list_edit.NODES, [[b"a", 1]], clear=True, add=["b:2"]) == [[b"b", 2]]


def test_what_makes_no_sense_stays_in_its_place():
    value = [7, b"http://a/", {b"x": 1}]
    assert edited(list_edit.WEBSEEDS, value, add=["http://b/"]) == [*value, b"http://b/"]
    assert edited(list_edit.WEBSEEDS, value, remove=["*"]) == [7, {b"x": 1}]


def test_nodes_are_pairs():
    value = [[b"a.example", 1], [b"2001:db8::1", 2], [b"[::1]", 3], [b"a", b"b"], [b"", 1]]
    assert edited(list_edit.NODES, value, add=["[2001:db8::1]:2", "[::2]:4"]) == [
        *value,
        [b"::2", 4],
    ]
    assert edited(list_edit.NODES, value, remove=["[::1]:3", "a.example:*"]) == [
        value[1],
        *value[3:],
    ]


def test_hashes_are_hex():
    value = [bytes(20), bytes(32), b"short"]
    assert edited(list_edit.SIMILAR, value, remove=["00" * 20], add=["ff" * 20]) == [
        bytes(32),
        b"short",
        b"\xff" * 20,
    ]


def test_a_string_is_no_list_of_pairs_or_hashes():
    assert edited(list_edit.SIMILAR, bytes(20), add=["ff" * 20]) == [b"\xff" * 20]


def test_patterns_that_never_met_anything_can_be_told():
    remover = Remover(["a", "b*", "c"])
    assert remover.takes("a")
    assert remover.takes("bb")
    assert not remover.takes("d")
    assert remover.met == {"a", "b*"}
