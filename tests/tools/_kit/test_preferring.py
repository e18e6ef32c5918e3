"""--priority: how much files are wanted."""

import click
import pytest
from click.testing import CliRunner

from raincore.policy.file_selection import Selection
from raincore.policy.priorities import Priority
from raintools._kit import preferring
from raintools._kit.command import Command


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @preferring.PRIORITY
    def main(priorities):
        given.append(priorities)

    def run(*words):
        given.clear()
        result = CliRunner().invoke(main, words)
        assert result.exit_code == (0 if given else 2), result.output
        return given[0] if given else result.stderr

    return run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2=high", (Selection(indices=(2,)), Priority.HIGH)),
        ("0,3-5=low", (Selection(indices=(0, 3, 4, 5)), Priority.LOW)),
        ("*.nfo=skip", (Selection(("*.nfo",)), Priority.SKIP)),
        ("a=b.txt=normal", (Selection(("a=b.txt",)), Priority.NORMAL)),
    ],
)
def test_files_and_a_level_are_read(run, text, expected):
    assert run("--priority", text) == (expected,)


def test_it_may_be_said_of_several(run):
    said = run("--priority", "*=low", "--priority", "0=high")
    assert [level for _, level in said] == [Priority.LOW, Priority.HIGH]


@pytest.mark.parametrize("text", ["", "high", "=high", "2=", "2=urgent", "2=HIGH", "5-3=low"])
def test_what_says_no_files_or_no_level_is_refused_in_one_line(run, text):
    message = run("--priority", text)
    assert "--priority" in message
    assert "Traceback" not in message
