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
    @click.option("--url")
    def group(url):
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
    @click.option("--salt")
    def raising(what, salt):
        raise FormatError(what)

    @group.command("tell", cls=Command)
    @click.option("--bind", multiple=True)
    @click.option("-l", "level", type=int)
    @options.common("torrent")
    def tell(bind, level, common):
        click.echo(f"{bind} {level} {common.verbose} {common.quiet}")

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


@pytest.mark.parametrize(
    "arguments",
    [
        ["tell", "--bind", "lo", "--bind=eth0", "-l", "3", "-vv", "-q"],
        ["--bind", "lo", "--bind=eth0", "-l", "3", "-vv", "-q", "tell"],
        ["--bind", "lo", "-l3", "-vq", "tell", "--bind", "eth0", "-v"],
        ["-vv", "--url", "there", "--bind", "lo", "-q", "--bind=eth0", "tell", "-l", "3"],
    ],
)
def test_options_of_a_verb_may_stand_before_it(group, arguments):
    assert ran(group, *arguments) == (0, "('lo', 'eth0') 3 2 True\n", "")


def test_options_of_verbs_of_verbs_may_stand_before_either(group):
    for arguments in (["--salt", "x", "deep", "raise", "no"], ["deep", "--salt=x", "raise", "no"]):
        assert ran(group, *arguments) == (3, "", "rain-test deep raise: error: no\n")


def test_an_option_that_this_verb_does_not_take_is_wrong_usage_of_the_verb(group):
    code, _, said = ran(group, "--bind", "lo", "fail")
    assert code == 2
    assert said.startswith("rain-test fail: error: no such option '--bind'")


def test_an_option_that_no_verb_takes_is_wrong_usage_of_the_group(group):
    code, _, said = ran(group, "-q", "--nope", "tell")
    assert code == 2
    assert said.startswith("rain-test: error: no such option '--nope'")


def test_options_without_a_verb_ask_for_one(group):
    code, _, said = ran(group, "--bind", "lo", "-q")
    assert (code, said) == (2, "rain-test: error: missing command (see rain-test --help)\n")


def test_help_may_stand_behind_other_options(group):
    code, text, _ = ran(group, "-q", "--help")
    assert code == 0
    assert text.startswith("Usage: rain-test [OPTIONS] VERB")


def test_what_stands_behind_two_hyphens_is_no_option(group):
    code, _, said = ran(group, "--", "-q", "tell")
    assert code == 2
    assert said.startswith("rain-test: error: no such command '-q'")
