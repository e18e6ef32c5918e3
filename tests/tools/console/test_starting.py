"""What the console needs before it starts."""

import importlib.util

import pytest
from click.testing import CliRunner

from raintools.rain_ctl import main


def said(*arguments):
    ended = CliRunner().invoke(main, ["console", *arguments])
    assert ended.exit_code == 2
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_without_textual_it_says_what_to_install(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "textual" else find(name)
    )
    assert "pip install 'rain-bittorrent[console]'" in said()


def test_without_a_terminal_it_says_what_else_there_is():
    assert "rain-ctl list" in said()


@pytest.mark.parametrize("names", ["Name Colour", " "])
def test_columns_are_checked_first(names):
    assert "columns are # ID Name" in said("--columns", names)
