"""Flags in every spelling that Go takes."""

import pytest

from raintools.golang import flags
from raintools.golang.flags import Flag

FLAGS = (
    Flag("torrent", "t", "file", required=True),
    Flag("seed", "s", kind="flag", default=False),
    Flag("timeout", kind="duration", default=10.0),
    Flag("length", "l", kind="number"),
    Flag("file", "f", many=True),
)


def parse(*words, mixed=True):
    return flags.parse(words, FLAGS, mixed=mixed)


@pytest.mark.parametrize(
    "words",
    [
        ["-torrent", "x"],
        ["--torrent", "x"],
        ["-torrent=x"],
        ["--torrent=x"],
        ["-t", "x"],
        ["--t=x"],
    ],
    ids=" ".join,
)
def test_one_dash_or_two_with_or_without_equals(words):
    assert parse(*words)[0]["torrent"] == "x"


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["-s"], "seed", True),
        (["--seed=false"], "seed", False),
        (["--seed=1"], "seed", True),
        (["--timeout", "1m30s"], "timeout", 90.0),
        (["-l=64"], "length", 64),
        (["-f", "a", "--file=b"], "file", ["a", "b"]),
        (["--torrent="], "torrent", ""),
        (["-t", "-x"], "torrent", "-x"),
        ([], "timeout", 10.0),
    ],
    ids=str,
)
def test_values_are_of_their_kind(words, name, value):
    assert parse(*words)[0][name] == value


def test_other_arguments_may_stand_between_unless_they_end_the_level():
    assert parse("a", "-s", "b", "--", "-c")[1] == ["a", "b", "-c"]
    found, rest = parse("-s", "list", "-t", "x", mixed=False)
    assert (found["seed"], rest) == (True, ["list", "-t", "x"])
    assert parse("-")[1] == ["-"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--foo"], "flag provided but not defined: -foo"),
        (["-t"], "flag needs an argument: -t"),
        (["--seed=maybe"], 'invalid value "maybe" for flag -seed: parse error'),
        (["-l", "x"], 'invalid value "x" for flag -length: parse error'),
        (["--timeout", "soon"], 'invalid value "soon" for flag -timeout'),
        (["--\x1b"], "flag provided but not defined: -\ufffd"),
    ],
)
def test_what_is_wrong_is_said_as_go_does(words, said):
    with pytest.raises(flags.Wrong) as caught:
        parse(*words)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("word", ["-h", "--help", "-help"])
def test_help_is_asked_for(word):
    with pytest.raises(flags.Asked):
        parse(word)


def test_missing_flags_are_named():
    many = (*FLAGS, Flag("out", required=True))
    found = flags.parse([], many, mixed=True)[0]
    assert flags.missing(found, FLAGS) == 'Required flag "torrent" not set'
    assert flags.missing(found, many) == 'Required flags "torrent, out" not set'
    assert flags.missing({"torrent": "x"}, FLAGS[:1]) == ""


def test_help_shows_every_name():
    assert FLAGS[0].shown == "--torrent value, -t value"
    assert FLAGS[1].shown == "--seed, -s"
