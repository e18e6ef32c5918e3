"""The list of torrents: what changes in it, its order, its filter, its selection."""

import pytest

from raintools.console.columns import COLUMNS
from raintools.console.model import Model, Update
from tests.rpc import go_server


def listed(ident, name="x", second=0, **more):
    return {"ID": ident, "Name": name, "AddedAt": f"2026-03-01T10:00:{second:02}Z", **more}


def shown(model):
    return [row.ident for row in model.shown]


@pytest.fixture
def model():
    made = Model()
    rows = [listed("b", "Beta", 2), listed("a", "alpha", 1), listed("c", "gamma", 3)]
    made.take(Update(rows, is_whole=True))
    return made


def test_the_oldest_comes_first_and_is_selected(model):
    assert (shown(model), model.selected, model.place) == (["a", "b", "c"], "a", 0)


def test_a_delta_changes_what_it_names(model):
    model.take(Update([listed("d", second=4), listed("b", "new", 2)], removed=["c", "gone"]))
    assert shown(model) == ["a", "b", "d"]
    assert model.rows["b"].name == "new"


def test_a_whole_list_replaces_and_keeps_known_numbers(model):
    stats = go_server.stats_of({"Name": "real", "InfoHash": "", "Port": 1, "status": "Seeding"})
    model.take(Update(stats={"a": stats, "gone": stats}))
    model.take(Update([listed("a", "alpha", 1)], is_whole=True))
    assert shown(model) == ["a"]
    assert (model.rows["a"].stats, model.rows["a"].name) == (stats, "real")


def test_the_selection_stays_on_its_torrent_or_near_it(model):
    model.select(1)
    model.take(Update([listed("0", second=0)]))
    assert (model.selected, model.place) == ("b", 2)
    model.take(Update(removed=["b"]))
    assert model.selected == "c"
    model.take(Update(removed=["c"]))
    assert model.selected == "a"
    model.take(Update(is_whole=True))
    assert (model.selected, model.place) == ("", -1)


def test_places_beyond_the_ends_are_the_ends(model):
    model.select(99)
    assert model.selected == "c"
    model.select(-5)
    assert model.selected == "a"
    assert model.idents(range(1, 9)) == ["b", "c"]


def test_it_sorts_by_a_column_both_ways(model):
    model.sorted_by = COLUMNS["Name"]
    model.arrange()
    assert shown(model) == ["a", "b", "c"]
    model.is_reversed = True
    model.arrange()
    assert shown(model) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("needle", "idents"),
    [("ALPH", ["a"]), ("seed", ["b"]), ("tv", ["c"]), ("a tv", ["c"]), ("nothing", [])],
)
def test_it_filters_by_name_status_and_label(model, needle, idents):
    model.take(
        Update([listed("b", "Beta", 2, Status="Seeding"), listed("c", "gamma", 3, Labels=["TV"])])
    )
    model.needle = needle
    model.arrange()
    assert shown(model) == idents


def test_strange_rows_are_rows():
    model = Model()
    model.take(Update([{"ID": "\x1b", "Name": 7, "AddedAt": "when"}, {}], is_whole=True))
    assert shown(model) == ["", "\ufffd"]
