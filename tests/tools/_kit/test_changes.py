"""Options that say what is to change become one Edit."""

import click
import pytest
from click.testing import CliRunner

from raincore.formats.info_edit import Inside
from raincore.formats.metainfo_edit import LISTS, Edit, ListChange
from raintools._kit.changes import changes, option_of
from raintools._kit.command import Command

NOTHING = Edit(lists=dict.fromkeys(LISTS, ListChange()))


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @changes
    def main(wanted):
        given.append(wanted)

    def run(*arguments):
        given.clear()
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_nothing_is_to_change(run):
    assert run() == NOTHING


def test_facts_are_written_or_taken_away(run):
    assert run("-c", "x", "--created-by", "me", "--date", "@0").facts == {
        "comment": "x",
        "created_by": "me",
        "creation_date": 0,
    }
    gone = {"comment": None, "created_by": None, "creation_date": None}
    assert run("--no-comment", "--no-created-by", "--no-date").facts == gone
    assert run("--comment", "").facts == {"comment": None}


def test_what_is_inside_is_set_or_taken_away(run):
    found = run("-n", "name", "-s", "TAG", "-p", "-x").inside
    assert 0 <= found.salt < 2**31
    assert found == Inside(name="name", source="TAG", private=True, salt=found.salt)
    gone = Inside(no_source=True, no_private=True, no_salt=True)
    assert run("--no-source", "--no-private", "--no-xseed").inside == gone
    assert run("--source", "").inside == Inside(no_source=True)
    assert run("--name", "").inside == Inside(name="")


def test_replacements_keep_their_order(run):
    assert run("-r", "a", "b", "--replace", "b", "").replace == (("a", "b"), ("b", ""))


@pytest.mark.parametrize("name", ["comment", "created-by", "source"])
def test_a_text_and_its_absence_exclude_each_other(run, name):
    assert f"--{name} and --no-{name} exclude each other" in run(f"--{name}", "x", f"--no-{name}")


@pytest.mark.parametrize("name", ["private", "xseed"])
def test_a_flag_and_its_absence_exclude_each_other(run, name):
    assert f"--{name} and --no-{name} exclude each other" in run(f"--{name}", f"--no-{name}")


def test_nothing_cannot_be_replaced(run):
    assert "--replace needs a text to look for" in run("--replace", "", "x")


@pytest.mark.parametrize(
    ("field", "option"), [("name", "--name"), ("no_source", "--no-source"), ("salt", "--xseed")]
)
def test_a_field_knows_its_option(field, option):
    assert option_of(field) == option
