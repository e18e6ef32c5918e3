"""Every key of the configuration is an option."""

import click
import pytest
from click.testing import CliRunner

from raincore.session.config_keys import keys
from raintools._kit import settings


@click.command()
@settings.of_keys
def show(flags):
    click.echo(repr(flags))


def run(*arguments):
    return CliRunner().invoke(show, arguments)


def test_what_is_given_comes_as_text():
    result = run("--rpc-port", "0x10", "--pex-enabled=no", "--bind", "lo")
    assert result.output == "{'pex-enabled': 'no', 'rpc-port': '0x10', 'bind': 'lo'}\n"
    assert run().output == "{}\n"


def test_every_key_but_debug_has_its_option():
    names = {option.opts[0].removeprefix("--") for option in show.params}
    assert names == set(keys()) - {"debug"}


@pytest.mark.parametrize("text", ["x", "70000", ""])
def test_a_wrong_value_is_told_with_what_is_expected(text):
    result = run("--rpc-port", text)
    assert result.exit_code == 2
    assert f"expected a number from 0 to 65535, not '{text}'" in result.output


def test_help_has_the_meaning_and_the_default():
    text = " ".join(run("--help").output.split())
    assert "--rpc-port NUMBER The TCP port of that; 0 for any that is free. [7246]" in text
