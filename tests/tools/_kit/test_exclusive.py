"""Options that exclude each other."""

import click
import pytest
from click.testing import CliRunner

from raintools._kit import aliases, exclusive


@pytest.fixture
def run():
    @click.command("rain-test")
    @aliases.option("--one", is_flag=True)
    @aliases.option("--the-other", is_flag=True)
    @aliases.option("-t", "--text", "texts", aliases=["--a-very-long-alias"])
    @aliases.option("--no-texts", is_flag=True)
    def main(**given):
        click.echo(f"{exclusive.one_of(given, 'one', 'the_other')} ", nl=False)
        click.echo(f"{exclusive.unless(given, 'texts')} {sorted(given)}")

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        return result.output.strip().splitlines()[-1]

    return run


def test_one_of_them_is_fine(run):
    assert run() == "None None ['one', 'the_other']"
    assert run("--the-other", "-t", "x") == "the_other x ['one', 'the_other']"
    assert run("--one", "--no-texts") == "one None ['one', 'the_other']"


def test_both_are_a_mistake_that_names_them(run):
    assert "--one and --the-other exclude each other" in run("--one", "--the-other")
    assert "--text and --no-texts exclude each other" in run("-t", "x", "--no-texts")
