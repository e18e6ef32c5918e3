"""The options of --resolve: what they say, and that none of them does nothing."""

import click
import pytest
from click.testing import CliRunner

from raintools._kit.command import Command
from raintools._kit.resolving import Resolving, resolving


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @click.argument("arguments", nargs=-1)
    @click.option("--peer", "peers", multiple=True)
    @click.option("--no-trackers", is_flag=True)
    @click.option("--select", default=None)
    @resolving
    def main(arguments, peers, no_trackers, select, resolving):
        given.append(resolving)

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2), result.output
        return given[0] if given else result.stderr

    return run


def test_without_resolve_nothing_is_resolved(run):
    assert run("a") is None


def test_a_link_is_looked_for_one_minute_and_its_content_not_at_all(run):
    wanted = run("a", "--resolve")
    assert isinstance(wanted, Resolving)
    assert wanted.network.timeout_seconds == 60.0
    assert (wanted.network.events, wanted.network.seed_limited) == (False, False)


def test_options_arrive_as_values(run):
    wanted = run("a", "--resolve", "--peer", "h:1", "--no-trackers", "--port", "5", "--bind", "::1")
    network = wanted.network
    assert (network.peers, network.no_trackers, network.port) == (("h:1",), True, 5)
    assert network.bind == ("::1",)


@pytest.mark.parametrize(
    "option",
    [["-o", "x"], ["--force"], ["--timeout", "5s"], ["--no-pex"], ["--bind", "::1"], ["--port=1"]],
)
def test_an_option_that_would_do_nothing_is_a_mistake(run, option):
    assert "needs --resolve" in run("a", *option)


def test_such_a_mistake_is_named_as_help_names_it(run):
    assert "--out needs --resolve" in run("a", "--output", "x")


def test_several_links_do_not_fit_into_one_file(run):
    assert "do not fit" in run("a", "b", "--resolve", "-o", "x")
