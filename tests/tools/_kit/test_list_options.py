"""Three options for each list: add, take out, empty."""

import click
import pytest
from click.testing import CliRunner

from raincore.formats.metainfo_edit import LISTS, ListChange
from raintools._kit import options
from raintools._kit.command import Command
from raintools._kit.list_options import OPTIONS, lists_of


@pytest.fixture
def run():
    given = []

    def callback(**values):
        given.append(lists_of(values))
        assert values == {}

    main = click.command("rain-test", cls=Command)(options.stacked(callback, *OPTIONS))

    def run(*arguments):
        given.clear()
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_nothing_changes(run):
    assert run() == {
        "trackers": ListChange(),
        "tiers": (),
        "lists": dict.fromkeys(LISTS, ListChange()),
    }


def test_trackers_come_as_tiers(run):
    found = run("-t", "http://a/,http://b/", "--remove-tracker", "x*", "--no-trackers")
    assert found["tiers"] == (("http://a/", "http://b/"),)
    assert found["trackers"] == ListChange(clear=True, remove=("x*",))


@pytest.mark.parametrize(
    ("option", "plural", "field", "value", "stored"),
    [
        ("webseed", "webseeds", "webseeds", "http://a/", "http://a/"),
        ("http-seed", "http-seeds", "http_seeds", "http://a/", "http://a/"),
        ("node", "nodes", "nodes", "N.example:06881", "n.example:6881"),
        ("similar", "similar", "similar", "FF" * 20, "ff" * 20),
        ("collection", "collections", "collections", "c", "c"),
    ],
)
def test_each_list_has_its_options(run, option, plural, field, value, stored):
    found = run(f"--{option}", value, f"--remove-{option}", "a*", f"--remove-{option}", "b")
    assert found["lists"][field] == ListChange(remove=("a*", "b"), add=(stored,))
    assert run(f"--no-{plural}")["lists"][field] == ListChange(clear=True)


@pytest.mark.parametrize(
    ("option", "value"),
    [("tracker", "a"), ("webseed", "a"), ("http-seed", ""), ("node", "n"), ("similar", "ff")],
)
def test_what_no_list_can_hold_is_refused(run, option, value):
    assert f"--{option}" in run(f"--{option}", value)
