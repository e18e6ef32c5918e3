"""The options that rain-fetch and rain-seed share."""

import math

import click
import pytest
from click.testing import CliRunner

from raincore.base.config import Encryption, RateLimits, SocketRules, Sources
from raincore.documents.documents import TorrentDocument
from raintools._kit.command import Command
from raintools._kit.network import Network, network


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @network
    def main(network):
        given.append(network)

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_nothing_is_limited(run):
    given = run()
    assert (given.port, given.peers, given.events) == (0, (), False)
    assert given.config.rates == RateLimits()
    assert given.limits.stall_seconds == math.inf
    assert given.limits.seed_seconds == math.inf
    assert given.limits.seed_ratio == math.inf


def test_options_arrive_as_values(run, tmp_path):
    blocklist = tmp_path / "list"
    blocklist.touch()
    arguments = ["--port", "6881", "--peer", "a.example:1", "--peer", "[::1]:2", "--events"]
    arguments += ["--notracker", "--no-dht", "--no-pex", "--no-lsd", "--no-webseeds"]
    arguments += ["--bootstrap", "a.example:3", "--bind", "127.0.0.1", "--bind", "::1"]
    arguments += ["--blocklist", str(blocklist), "--no-verify-tls", "--encryption", "require"]
    arguments += ["--peers-max", "9", "--slots", "4"]
    rates = ["--limit-down", "1MiB", "--limit-up", "5KB"]
    ends = ["--timeout", "1m", "--seed-time", "1h", "--seed-ratio", "1.5"]
    assert run(*arguments, *rates, *ends) == Network(
        port=6881,
        peers=("a.example:1", "[::1]:2"),
        no_trackers=True,
        no_dht=True,
        no_pex=True,
        no_lsd=True,
        no_webseeds=True,
        bootstrap=("a.example:3",),
        bind=("127.0.0.1", "::1"),
        proxy="",
        encryption="require",
        blocklists=(str(blocklist),),
        no_verify_tls=True,
        limit_down=1024 * 1024,
        limit_up=5000,
        no_limit_lan=False,
        peers_max=9,
        slots=4,
        explain=False,
        timeout_seconds=60.0,
        seed_ratio=1.5,
        seed_seconds=3600.0,
        events=True,
    )


@pytest.mark.parametrize(
    ("arguments", "encryption"),
    [
        ((), Encryption.PREFER),
        (("--encryption", "prefer"), Encryption.PREFER),
        (("--encryption", "require"), Encryption.REQUIRE),
        (("--encryption", "off"), Encryption.OFF),
    ],
)
def test_encryption_is_preferred_unless_something_else_is_said(run, arguments, encryption):
    assert run(*arguments).config.peers.encryption is encryption


def test_the_trackers_of_a_document_are_asked_unless_that_is_forbidden(run):
    document = TorrentDocument(trackers=[["http://a.example/announce"], ["udp://b.example:1"]])
    assert run().trackers(document) == document.trackers


def test_no_tracker_is_asked_when_that_is_forbidden(run):
    document = TorrentDocument(trackers=[["http://a.example/announce"]])
    assert run("--no-trackers").trackers(document) == ()


def test_every_source_is_used_unless_that_is_forbidden(run, monkeypatch):
    monkeypatch.delenv("RAIN_NO_DHT")
    monkeypatch.delenv("RAIN_NO_LSD")
    assert run().config.sources == Sources()


def test_what_is_forbidden_is_in_the_settings(run):
    sources = run("--no-pex", "--no-webseeds", "--bootstrap", "a.example:3").config.sources
    nothing = Sources(dht=False, pex=False, lsd=False, webseeds=False, bootstrap=("a.example:3",))
    assert sources == nothing


def test_rules_for_sockets_are_in_the_settings(run):
    assert run("--bind", "127.0.0.1").config.sockets == SocketRules(bind=("127.0.0.1",))


def test_options_become_settings_and_limits(run):
    given = run("--limit-down", "1MiB", "--limit-up", "5KB", "--timeout", "1m")
    assert given.config.rates.download_bytes_per_second == 1024 * 1024
    assert given.config.rates.upload_bytes_per_second == 5000
    assert given.limits.stall_seconds == 60.0


@pytest.mark.parametrize("arguments", [["--port", "65536"], ["--peer", "x"], ["--timeout", "-1"]])
def test_nonsense_is_wrong_usage(run, arguments):
    assert arguments[0] in run(*arguments)


def test_servers_must_prove_who_they_are_unless_told_otherwise(run):
    assert run().config.sockets.verify_tls


def test_that_servers_need_not_prove_who_they_are_reaches_the_settings(run):
    assert not run("--no-verify-tls").config.sockets.verify_tls


def test_the_local_network_does_not_count_if_so_wanted(run):
    assert not run("--no-limit-lan").config.rates.limit_local


def test_how_many_peers_there_are_and_are_served_is_up_to_us_unless_told(run):
    usual = run().config
    assert (usual.peers.max_peers, usual.uploads.slots) == (None, None)


def test_how_many_peers_there_are_and_are_served_can_be_told(run):
    told = run("--peers-max", "20", "--slots", "3").config
    assert (told.peers.max_peers, told.uploads.slots) == (20, 3)


@pytest.mark.parametrize("option", ["--peers-max", "--slots"])
def test_there_is_one_of_either_at_least(run, option):
    assert "0 is not in the range x>=1" in run(option, "0")
