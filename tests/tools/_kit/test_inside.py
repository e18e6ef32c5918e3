"""The options for what an info dictionary says and how content is cut."""

import click
import pytest
from click.testing import CliRunner

from raincore.formats.info import MetaVersion
from raincore.storage.creation_options import CreateOptions, SortKey
from raintools._kit.command import Command
from raintools._kit.inside import inside

KIB = 1024


@pytest.fixture
def run():
    @click.command("rain-test", cls=Command)
    @inside
    def main(wanted):
        given.append(wanted)

    given = []

    def run(*arguments):
        given.clear()
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_a_plain_torrent_is_wanted(run):
    assert run() == CreateOptions()


def test_options_arrive_as_values(run):
    assert run(
        *("-n", "name", "-s", "TAG", "-p", "-l", "64KiB", "--v1", "--align", "-j", "3"),
        *("--max-piece-length", "1MiB", "--sort-by", "size:descending", "--sort-by", "path"),
    ) == CreateOptions(
        name="name",
        source="TAG",
        private=True,
        piece_length=64 * KIB,
        max_piece_length=1024 * KIB,
        align=True,
        sort_by=(SortKey("size", True), SortKey("path")),
        jobs=3,
    )


@pytest.mark.parametrize("version", ["v1", "v2", "hybrid"])
def test_the_version_is_a_choice(run, version):
    assert run(f"--{version}").version is MetaVersion(version)


def test_a_salt_is_another_each_time(run):
    salts = {run(name).entropy for name in ("-x", "--xseed", "--cross-seed")}
    assert len(salts) == 3
    assert all(0 <= salt < 1 << 63 for salt in salts)


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--piece-length", "18"], "piece_length", 256 * KIB),
        (["--piece-size", "1MiB"], "piece_length", 1024 * KIB),
        (["--piecesize", "256"], "piece_length", 256 * KIB),
        (["--piece-length", "0"], "piece_length", 0),
        (["--max-piece-size", "4"], "max_piece_length", 4096 * KIB),
        (["--threads", "2"], "jobs", 2),
        (["--noprivate"], "private", False),
        (["--nosource"], "source", None),
        (["--v1", "--no-align"], "align", False),
    ],
)
def test_the_names_of_other_programs_are_understood(run, arguments, field, value):
    assert getattr(run(*arguments), field) == value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--v1", "--v2"], "--v1 and --v2 exclude each other"),
        (["--hybrid", "--v2"], "--v2 and --hybrid exclude each other"),
        (["-p", "--no-private"], "--private and --no-private"),
        (["-s", "x", "--no-source"], "--source and --no-source"),
        (["-l", "18", "--piecesize", "16"], "--piece-length and --piecesize"),
        (["--v2", "--no-align"], "v2 torrents are always aligned"),
        (["--sort-by", "date"], "not a key"),
    ],
)
def test_contradictions_are_mistakes(run, arguments, message):
    assert message in run(*arguments)
