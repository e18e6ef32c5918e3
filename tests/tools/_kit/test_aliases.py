import click
import pytest
from click.testing import CliRunner

from raintools._kit import aliases
from raintools._kit.command import Command


@click.command("try", cls=Command)
@aliases.option("-t", "--tracker", multiple=True, aliases=("--announce",), help="Where.")
@aliases.option("--private/--public", aliases=("--secret",), help="Who.")
@aliases.option("--count", type=int, aliases=("--number",), help="How many.")
def command(tracker: tuple[str, ...], private: bool, count: int | None) -> None:
    click.echo(f"{tracker} {private} {count}")


def output_of(*arguments: str) -> str:
    return CliRunner().invoke(command, list(arguments)).output


def test_an_alias_is_the_option_itself() -> None:
    given = output_of("--announce=a", "-t", "b", "--announce", "c", "--secret", "--number", "3")
    assert given == "('a', 'b', 'c') True 3\n"


def test_a_value_that_looks_like_an_alias_stays_a_value() -> None:
    assert output_of("-t--announce") == "('--announce',) False None\n"


def test_help_shows_our_own_names_only() -> None:
    shown = output_of("--help")
    assert "-t, --tracker" in shown
    assert "--private / --public" in shown
    assert not any(alias in shown for alias in aliases.of(command))


def test_messages_spell_an_option_by_its_own_long_name() -> None:
    assert [aliases.shown(param) for param in command.params] == [
        "--tracker",
        "--private",
        "--count",
    ]


def test_a_bad_value_is_reported_by_our_own_name() -> None:
    assert "'--count'" in output_of("--number", "x")


@pytest.mark.parametrize("typed", ["--", "--an", "--se"])
def test_shells_are_not_offered_aliases(typed: str) -> None:
    context = click.Context(command)
    offered = {item.value for item in command.shell_complete(context, typed)}
    assert offered.isdisjoint(aliases.of(command))
