"""The options that say of what a torrent is made, besides a path."""

import click
import pytest
from click.testing import CliRunner

from raintools._kit.command import Command
from raintools._kit.making import making


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @click.option("--v2", is_flag=True)
    @click.option("--name", default="x")
    @click.option("--comment")
    @making
    def main(maker, **rest):
        given.append(maker)
        assert set(rest) == {"v2", "name", "comment"}

    def run(*arguments):
        assert CliRunner().invoke(main, arguments).exit_code == 0
        return given[0]

    return run


def test_a_plain_run_makes_a_torrent_of_a_path(run):
    maker = run()
    assert (maker.archive, maker.update, maker.given) == (None, None, frozenset())


def test_archive_and_older_torrent_arrive(run):
    maker = run("--from-tar", "-", "--update", "old.torrent")
    assert (maker.archive, maker.update) == ("-", "old.torrent")


def test_it_is_known_what_was_asked_for_by_the_names_of_settings(run):
    assert run("--v2", "--comment", "").given == {"version", "comment"}
