"""Exceptions to exit codes and to one line on stderr."""

import io
import sys
from pathlib import Path

import click
import pytest

from raincore.base import errors
from raintools._kit import exits


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BrokenPipeError(), 0),
        (errors.ContentMismatch("content differs", [1]), 1),
        (errors.Incomplete("timed out"), 1),
        (click.UsageError("no such option"), 2),
        (errors.ConfigError("cannot"), 2),
        (errors.FormatError("malformed"), 3),
        (errors.BencodeError("malformed"), 3),
        (errors.DocumentError("malformed", "$.type"), 3),
        (errors.UnsafePath("leaves the directory"), 3),
        (errors.TimedOut("no answer"), 4),
        (errors.ListenError("in use"), 4),
        (errors.RemoteProtocolError("they"), 4),
        (errors.NoSpace("disk full"), 5),
        (errors.ReadError("denied"), 5),
        (PermissionError(13, "Permission denied"), 5),
        (MemoryError(), 5),
        (errors.LocalProtocolError("we"), 70),
        (AssertionError("a bug"), 70),
        (KeyboardInterrupt(), 130),
        (exits.Terminated(), 143),
        (GeneratorExit(), 70),
    ],
)
def test_each_error_has_the_exit_code_of_the_contract(error, code):
    assert exits.code_of(error) == code


def test_a_group_counts_as_its_worst_member():
    group = BaseExceptionGroup("", [errors.FormatError("x"), errors.NoSpace("y")])
    assert exits.code_of(group) == 5


def test_a_message_names_the_file_that_the_system_refused():
    error = PermissionError(13, "Permission denied", "a.torrent")
    assert exits.message_of(error) == "a.torrent: permission denied"


def test_a_message_names_the_current_directory_that_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError) as caught:
        Path("photos").absolute()
    text = exits.message_of(caught.value)
    assert text == "the current directory is gone: no such file or directory"


def test_a_message_without_words_names_the_error():
    assert exits.message_of(MemoryError()) == "MemoryError"
    assert exits.message_of(OSError()) == "OSError"


def test_a_message_carries_no_escape_sequence():
    assert "\x1b" not in exits.message_of(errors.FormatError("\x1b[2J"))


def test_an_outcome_without_failures_is_zero(capsys):
    assert exits.Outcome("rain-inspect").code == 0
    assert capsys.readouterr().err == ""


def test_a_failure_is_one_line_that_names_command_and_input(capsys):
    outcome = exits.Outcome("rain-inspect")
    outcome.failed(errors.MetainfoError("piece length is missing"), "a.torrent")
    assert capsys.readouterr().err == ("rain-inspect: error: a.torrent: piece length is missing\n")


def test_the_origin_is_made_printable(capsys):
    exits.Outcome("rain-inspect").failed(errors.FormatError("bad"), "\x1b[2J\udcff")
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert err.count("\n") == 1


def test_the_highest_code_wins(capsys):
    outcome = exits.Outcome("rain-inspect")
    outcome.failed(errors.NoSpace("full"))
    outcome.failed(errors.FormatError("bad"))
    assert outcome.code == 5


def test_a_guard_reports_and_goes_on(capsys):
    outcome = exits.Outcome("rain-inspect")
    with outcome.guard("a"):
        raise errors.FormatError("bad")
    with outcome.guard("b"):
        raise PermissionError(13, "Permission denied")
    assert outcome.code == 5
    assert capsys.readouterr().err == (
        "rain-inspect: error: a: bad\nrain-inspect: error: b: permission denied\n"
    )


@pytest.mark.parametrize(
    "error", [BrokenPipeError(), errors.LocalProtocolError("ours"), ZeroDivisionError()]
)
def test_a_guard_lets_bugs_and_a_gone_reader_through(error):
    with pytest.raises(type(error)), exits.Outcome("rain-inspect").guard():
        raise error


def test_a_guard_lets_trouble_with_stdout_through():
    error = errors.NoSpace("standard output: no space left on device", exits.STDOUT)
    with pytest.raises(errors.NoSpace), exits.Outcome("rain-inspect").guard("a.torrent"):
        raise error


def test_a_stderr_that_takes_nothing_leaves_the_code(monkeypatch):
    class Full(io.StringIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    outcome = exits.Outcome("rain-inspect")
    outcome.failed(errors.FormatError("bad"))
    assert outcome.code == 3


def test_each_member_of_a_group_is_reported(capsys):
    outcome = exits.Outcome("rain-fetch")
    outcome.failed(ExceptionGroup("", [errors.FormatError("one"), errors.TimedOut("two")]), "x")
    assert outcome.code == 4
    assert capsys.readouterr().err == "rain-fetch: error: x: one\nrain-fetch: error: x: two\n"


def test_a_group_of_one_is_reported_as_that_one(capsys):
    outcome = exits.Outcome("rain-fetch")
    outcome.failed(ExceptionGroup("", [ExceptionGroup("", [errors.FormatError("one")])]))
    assert capsys.readouterr().err == "rain-fetch: error: one\n"


def test_a_bug_shows_its_traceback_and_says_what_it_is(capsys):
    outcome = exits.Outcome("rain-fetch")
    outcome.failed(ZeroDivisionError("division by zero"))
    err = capsys.readouterr().err
    assert outcome.code == 70
    assert "ZeroDivisionError" in err
    assert "this is a bug, please report it: division by zero" in err


def test_debug_shows_the_traceback_of_an_ordinary_error_too(capsys):
    exits.Outcome("rain-fetch", debug=True).failed(errors.FormatError("bad"))
    assert "raincore.base.errors.FormatError: bad" in capsys.readouterr().err


def test_an_interrupt_is_not_talked_about(capsys):
    outcome = exits.Outcome("rain-fetch")
    outcome.failed(KeyboardInterrupt())
    assert outcome.code == 130
    assert capsys.readouterr().err == ""
