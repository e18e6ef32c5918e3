from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from raintools import rain_fetch, rain_seed, rain_verify
from raintools._kit.directory_param import Directory


def convert(text: str) -> object:
    return Directory().convert(text, None, None)


def test_a_directory_need_not_be_there_yet() -> None:
    assert convert("new") == Path("new")


def test_the_current_directory_is_named_by_a_dot() -> None:
    assert convert(".") == Path()


def test_the_value_of_a_variable_that_is_not_set_is_refused_and_not_taken_for_here() -> None:
    with pytest.raises(click.BadParameter, match="names no directory"):
        convert("")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(click.BadParameter, match="is a file"):
        convert(str(tmp_path / "file"))


@pytest.mark.parametrize("command", [rain_fetch.main, rain_seed.main, rain_verify.main])
def test_no_command_takes_an_empty_directory_for_here(command: click.Command) -> None:
    ended = CliRunner().invoke(command, ["--dir", "", "a.torrent"])
    assert ended.exit_code == 2
    assert "names no directory" in ended.output
