"""A command with verbs keeps the contract, and each verb says what it is called."""

import click
import pytest
from click.testing import CliRunner

from raincore.base.errors import FormatError
from raintools._kit import options
from raintools._kit.command import Command
from raintools._kit.verbs import Verbs


@pytest.fixture
def group():
    @click.group("rain-test", cls=Verbs)
    def group():
        pass

    @group.command("fail", cls=Command)
    @options.common("torrent")
    def fail(common):
        common.outcome.failed(FormatError("wrong"), "x")
        return common.outcome.code

    @click.group("deep", cls=Verbs)
    def deep():
        pass

    @deep.command("raise", cls=Command)
    @click.argument("what")
    def raising(what):
        raise FormatError(what)

    group.add_command(deep)
    group.add_command(click.Command("plain", callback=lambda: click.echo("plain")))
    return group


def ran(group, *arguments):
    result = CliRunner().invoke(group, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_messages_begin_with_the_command_and_its_verb(group):
    assert ran(group, "fail") == (3, "", "rain-test fail: error: x: wrong\n")
    assert ran(group, "deep", "raise", "no") == (3, "", "rain-test deep raise: error: no\n")


def test_wrong_usage_is_one_line_at_every_depth(group):
    code, _, said = ran(group)
    assert (code, said) == (2, "rain-test: error: missing command (see rain-test --help)\n")
    code, _, said = ran(group, "fial")
    assert (code, len(said.splitlines())) == (2, 1)
    assert said.startswith("rain-test: error: no such command 'fial'")
    code, _, said = ran(group, "deep", "raise")
    assert said.startswith("rain-test deep raise: error: missing argument")
    assert said.endswith("(see rain-test deep raise --help)\n")


def test_a_command_of_another_kind_may_be_a_verb(group):
    assert ran(group, "plain") == (0, "plain\n", "")


def test_help_names_the_verbs(group):
    code, text, _ = ran(group, "-h")
    assert code == 0
    assert "rain-test [OPTIONS] VERB" in text
    assert all(verb in text for verb in ("fail", "deep", "plain"))
