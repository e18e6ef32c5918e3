"""Levels of commands: help, hints, exit codes."""

import pytest

from raincore.base.errors import ReadError
from raintools.golang import verbs
from raintools.golang.flags import Flag
from raintools.golang.verbs import Level, Refused, Unknown, Verb

SEEN = []


def note(given):
    SEEN.append(given)


def fail(given):
    raise ReadError("disk is gone", "/x")


LEVEL = Level(
    "rain box",
    "open boxes",
    (
        Verb("open", "open one", note, (Flag("id", required=True), Flag("to")), ("id", "to"), "Do"),
        Verb("close", "close one", lambda given: 7, group="Do"),
        Verb("break", "fails", fail, group="Other"),
        Verb("secret", "not shown", note, hidden=True),
    ),
    (Flag("url", help="where", default="http://h"), Flag("timeout", kind="duration", default=10.0)),
)


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


def test_flags_of_both_levels_meet():
    assert verbs.run(LEVEL, ["--url", "u", "open", "--id", "a"]) == 0
    assert SEEN == [{"url": "u", "timeout": 10.0, "id": "a", "to": None}]


def test_required_flags_may_be_positional():
    verbs.run(LEVEL, ["open", "a", "b"])
    verbs.run(LEVEL, ["open", "--to=c", "a"])
    assert [(given["id"], given["to"]) for given in SEEN] == [("a", "b"), ("a", "c")]
    with pytest.raises(Refused, match="nobody knows what to do with 'c'"):
        verbs.run(LEVEL, ["open", "a", "b", "c"])


def test_the_verbs_code_is_the_code():
    assert verbs.run(LEVEL, ["close"]) == 7


def test_failures_are_refusals():
    with pytest.raises(Refused, match="disk is gone"):
        verbs.run(LEVEL, ["break"])


@pytest.mark.parametrize("words", [[], ["help"], ["h"], ["--help"], ["-h"]], ids=str)
def test_a_level_shows_its_verbs_by_group(words, capsys):
    assert verbs.run(LEVEL, words) == 0
    said = capsys.readouterr().out
    assert "rain box - open boxes" in said
    assert "   Do:\n     open   open one\n     close  close one\n" in said
    assert '--url value      where (default: "http://h")' in said
    assert "(default: 10s)" in said
    assert "secret" not in said


@pytest.mark.parametrize("words", [["help", "open"], ["open", "-h"]], ids=str)
def test_a_verb_shows_its_flags(words, capsys):
    assert verbs.run(LEVEL, words) == 0
    assert "rain box open [command options]" in capsys.readouterr().out


def test_what_is_missing_or_wrong_shows_help_and_is_refused(capsys):
    with pytest.raises(Refused, match='Required flag "id" not set'):
        verbs.run(LEVEL, ["open"])
    assert "--id value" in capsys.readouterr().out
    for words in (["open", "--foo"], ["--foo", "open"]):
        with pytest.raises(Refused, match="flag provided but not defined: -foo"):
            verbs.run(LEVEL, words)
        assert capsys.readouterr().out.startswith("Incorrect Usage: flag provided but not")


@pytest.mark.parametrize("words", [["opne"], ["help", "opne"]], ids=str)
def test_the_nearest_verb_is_named(words):
    with pytest.raises(Unknown, match=r"No help topic for 'opne'; did you mean 'open'\?"):
        verbs.run(LEVEL, words)


def test_a_word_that_is_near_nothing_gets_no_hint():
    assert "did you mean" not in str(verbs.unknown("zzz\x1b", ["open"], "rain"))


def test_gos_completion_lists_verbs(capsys):
    verbs.run(LEVEL, ["--generate-bash-completion"])
    assert capsys.readouterr().out.split() == ["open", "close", "break", "help"]
