"""The options for what surrounds an info dictionary."""

import click
import pytest
from click.testing import CliRunner

import raincore
from raintools._kit.command import Command
from raintools._kit.outside import Outside, outside


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    given = []

    @click.command("rain-test", cls=Command)
    @outside
    def main(outside):
        given.append(outside)

    def run(*arguments, **env):
        result = CliRunner().invoke(main, arguments, env=env)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_options_arrive_as_values(run):
    tiers = ["-t", "http://a/, udp://b:1", "--tracker", "http://c/"]
    seeds = ["-w", "http://w/", "--http-seed", "http://h/", "--node", "r.example:6881"]
    texts = ["-c", "hello", "--created-by", "me", "--date", "1970-01-02"]
    assert run(*tiers, *seeds, *texts) == Outside(
        trackers=(("http://a/", "udp://b:1"), ("http://c/",)),
        webseeds=("http://w/",),
        http_seeds=("http://h/",),
        nodes=("r.example:6881",),
        similar=(),
        collections=(),
        comment="hello",
        created_by="me",
        creation_date=86400,
    )


def test_without_options_program_and_time_are_written(run, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 12.7)
    given = run()
    assert given.created_by == f"rain/{raincore.__version__}"
    assert given.creation_date == 12
    assert (given.trackers, given.webseeds, given.comment) == ((), (), None)


def test_program_and_date_can_be_kept_silent(run):
    given = run("--no-created-by", "--no-date", SOURCE_DATE_EPOCH="5")
    assert (given.created_by, given.creation_date) == (None, None)


def test_an_empty_program_is_none_and_not_the_default(run):
    assert run("--created-by", "").created_by == ""


def test_the_date_of_reproducible_builds_is_honoured(run):
    assert run(SOURCE_DATE_EPOCH="86400").creation_date == 86400


def test_a_date_that_is_given_comes_first(run):
    assert run("--date", "@7", SOURCE_DATE_EPOCH="5").creation_date == 7


@pytest.mark.parametrize("epoch", ["x", "-1", "1.5", "9" * 13, "٣"])
def test_nonsense_for_a_date_is_refused(run, epoch):
    assert "not a number of seconds" in run(SOURCE_DATE_EPOCH=epoch)


def test_relatives_are_named(run):
    given = run("--similar", "AB" * 20, "--similar", "cd" * 32, "--collection", "group")
    assert given.similar == (b"\xab" * 20, b"\xcd" * 32)
    assert given.collections == ("group",)


def test_the_names_of_other_programs_are_understood(run):
    given = run(
        *("--announce", "http://a/", "--announce-tier", "http://b/,http://c/"),
        *("--web-seed", "http://w/,http://x/a,b", "--creator", "me", "--nodate", "--nocomment"),
    )
    assert given.trackers == (("http://a/",), ("http://b/", "http://c/"))
    assert given.webseeds == ("http://w/", "http://x/a,b")
    assert (given.created_by, given.creation_date, given.comment) == ("me", None, None)


def test_an_anonymous_torrent_names_neither_program_nor_date(run):
    given = run("--anonymize")
    assert (given.created_by, given.creation_date) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "1970-01-02", "--no-date"], "--date and --no-date exclude each other"),
        (["--created-by", "x", "--nocreator"], "--created-by and --no-created-by"),
        (["-t", "http://a/", "--notracker"], "--tracker and --no-trackers"),
        (["-w", "http://a/", "--no-webseeds"], "--webseed and --no-webseeds"),
        (["-c", "x", "--no-comment"], "--comment and --no-comment"),
        (["--similar", "abc"], "not an info-hash"),
    ],
)
def test_contradictions_and_nonsense_are_mistakes(run, arguments, message):
    assert message in run(*arguments)
