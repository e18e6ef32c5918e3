"""--stdout and --range, and what does not go with them."""

import click
import pytest
from click.testing import CliRunner

from raincore.formats.byte_range import ByteRange
from raincore.policy.excerpts import Excerpt
from raintools._kit import selecting
from raintools._kit.command import Command


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @click.argument("arguments", nargs=-1)
    @click.option("--events", is_flag=True)
    @click.option("--json/--no-json", "as_json", default=None)
    @selecting.options
    def main(arguments, events, as_json, choice):
        given.append(choice.excerpt)

    def run(*words):
        given.clear()
        result = CliRunner().invoke(main, words)
        assert result.exit_code == (0 if given else 2), result.output
        return given[0] if given else result.stderr

    return run


def test_without_the_option_there_is_no_excerpt(run):
    assert run() is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--stdout", "0"], Excerpt(0)),
        (["--stdout", "a/b.mkv"], Excerpt("a/b.mkv")),
        (["--stdout", "-"], Excerpt("-")),
        (["--stdout", "[2]024"], Excerpt("[2]024")),
        (["--stdout", "7", "--range", "5-9"], Excerpt(7, ByteRange(5, 9))),
        (["--stdout", "7", "--range=-9"], Excerpt(7, ByteRange(None, 9))),
        (["--stdout", "0", "--sequential", "--no-json", "a.torrent"], Excerpt(0)),
    ],
)
def test_a_file_is_a_number_or_a_path(run, words, expected):
    assert run(*words) == expected


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--range", "1-2"], "--range needs --stdout FILE"),
        (["--stdout", ""], "names no file"),
        (["--stdout", "1" * 10], "no torrent has so many files"),
        (["--stdout", "a", "--range", "5-3"], "runs backwards"),
        (["--stdout", "a", "--priority", "0=low"], "exclude each other"),
        (["--stdout", "0", "--events"], "--stdout and --events exclude each other"),
        (["--stdout", "0", "--select", "1"], "--stdout and --select exclude each other"),
        (["--stdout", "0", "--json"], "--stdout and --json exclude each other"),
        (["--stdout", "0", "--edges-first"], "--stdout and --edges-first exclude each other"),
        (["--stdout", "0", "a", "b"], "one torrent, not of several"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(run, words, reason):
    assert reason in run(*words)
