"""The options for which files of a directory are taken."""

import click
import pytest
from click.testing import CliRunner

from raincore.storage.content_scan import Rules
from raintools._kit.choosing import choosing
from raintools._kit.command import Command


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @choosing
    def main(rules):
        given.append(rules)

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_the_rules_are_the_plain_ones(run):
    assert run() == Rules()


def test_options_arrive_as_rules(run):
    assert run("-e", "a", "--exclude", "b", "--include", "c", "--hidden", "-F") == Rules(
        exclude=("a", "b"), include=("c",), hidden=True, follow_symlinks=True
    )


def test_the_names_of_imdl_are_understood(run):
    assert run("--include-hidden", "--glob", "!*.tmp", "-e", "b") == Rules(
        exclude=("b", "*.tmp"), hidden=True
    )


def test_what_is_not_quite_the_same_is_refused(run):
    assert "see --include: *.mkv" in run("--glob", "*.mkv")


def test_symlinks_are_not_followed_and_taken_at_once(run):
    assert "--follow-symlinks and --symlinks exclude each other" in run("-F", "--symlinks")
