"""Columns of the torrent list."""

import pytest

from raincore.base.errors import ConfigError
from raintools.console import columns
from raintools.console.row import Row
from tests.rpc import go_server

LISTED = {"ID": "one", "Name": "photos", "InfoHash": "ab" * 20, "Port": 20000}


def row(status="Downloading", **more):
    torrent = {"Name": "photos", "InfoHash": "", "Port": 1, "status": status, **more}
    return Row("one", LISTED, (0, "one"), go_server.stats_of(torrent))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("#", "7"),
        ("ID", "one"),
        ("Name", "photos"),
        ("InfoHash", "ab" * 20),
        ("Port", "20000"),
        ("Status", "Downloading"),
        ("Speed", "20 K"),
        ("ETA", "8m15s"),
        ("Progress", "3%"),
        ("Ratio", "0.25"),
        ("Size", "10 M"),
    ],
)
def test_each_shows_what_rain_shows(name, shown):
    assert columns.COLUMNS[name].show(row(), 7) == shown


@pytest.mark.parametrize("name", ["Speed", "ETA", "Progress", "Ratio", "Size"])
def test_what_is_not_known_yet_is_blank_and_sorts(name):
    bare = Row("one", LISTED, (0, "one"))
    column = columns.COLUMNS[name]
    assert column.show(bare, 1) == ""
    assert sorted([bare, row()], key=column.rank)[0].stats is not None


def test_a_seed_shows_what_it_gives_and_a_failure_is_one():
    assert columns.COLUMNS["Speed"].show(row("Seeding"), 1) == "1 K"
    assert columns.COLUMNS["Status"].show(row("Stopped", error="disk full"), 1) == "Failed"
    assert columns.COLUMNS["Status"].show(row("Downloading Metadata"), 1) == "Downloading"


def test_columns_are_chosen_by_name():
    names = [column.name for column in columns.chosen("# id NAME")]
    assert names == ["#", "ID", "Name"]
    assert [column.name for column in columns.chosen(columns.DEFAULT)] == columns.DEFAULT.split()


@pytest.mark.parametrize("names", ["", "  ", "Name Colour", "\x1b"])
def test_other_names_are_refused(names):
    with pytest.raises(ConfigError, match="columns are # ID Name"):
        columns.chosen(names)
