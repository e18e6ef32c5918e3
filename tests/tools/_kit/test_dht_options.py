"""The options that the verbs of rain-dht share."""

import math

import click
import pytest
from click.testing import CliRunner

from raincore.base.config import BOOTSTRAP, DhtLimits, SocketRules
from raintools._kit import dht_options
from raintools._kit.command import Command


@pytest.fixture
def run():
    def run(*arguments, **how):
        given = []

        @click.command("rain-test", cls=Command)
        @dht_options.dht(**how)
        def main(dht):
            given.append(dht)

        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_the_usual_nodes_are_asked_by_one_who_answers_nobody(run, monkeypatch):
    monkeypatch.delenv("RAIN_NO_DHT")
    config = run().config
    assert config.sources.bootstrap == BOOTSTRAP
    assert config.dht == DhtLimits(read_only=True)
    assert config.sockets == SocketRules()
    assert run().timeout_seconds == 30.0


@pytest.mark.parametrize(("said", "nodes"), [("1", ()), ("0", BOOTSTRAP), ("", BOOTSTRAP)])
def test_the_environment_keeps_the_usual_nodes_away(run, monkeypatch, said, nodes):
    monkeypatch.setenv("RAIN_NO_DHT", said)
    assert run().config.sources.bootstrap == nodes
    named = run("--bootstrap", "192.0.2.1:7").config
    assert named.sources.bootstrap == ("192.0.2.1:7",)


def test_options_arrive_as_settings(run, tmp_path):
    blocklist = tmp_path / "list"
    blocklist.touch()
    nodes = ["--bootstrap", "192.0.2.1:7", "--bootstrap", "[2001:db8::1]:8"]
    sockets = ["--bind", "192.0.2.9", "--blocklist", str(blocklist)]
    given = run(*nodes, *sockets, "--port", "7000", "--timeout", "1m", "--no-read-only")
    assert (given.udp_port, given.timeout_seconds) == (7000, 60.0)
    assert given.config.sources.bootstrap == ("192.0.2.1:7", "[2001:db8::1]:8")
    assert given.config.sockets == SocketRules(bind=("192.0.2.9",), blocklists=(str(blocklist),))
    assert not given.config.dht.read_only


def test_a_verb_has_its_own_names_and_defaults(run):
    given = run("--udp-port", "5", port_name="--udp-port", seconds=math.inf, read_only=False)
    assert (given.udp_port, given.timeout_seconds, given.read_only) == (5, math.inf, False)
    assert "no such option" in run("--port", "5", port_name="--udp-port")


@pytest.mark.parametrize(
    "arguments", [["--port", "65536"], ["--bootstrap", "x"], ["--timeout", "-1"]]
)
def test_nonsense_is_wrong_usage(run, arguments):
    assert arguments[0] in run(*arguments)
