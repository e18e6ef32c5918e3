"""The one writer to stdout."""

import errno
import io
import json
import os
import pty
import sys

import pytest

from raincore.base import errors
from raincore.base.ids import InfoHash
from raincore.documents.events import Status
from raintools._kit.output import Writer

STATUS = Status(time=1.5, info_hash=InfoHash(bytes(20)), status="seeding")


class Stdout(io.TextIOWrapper):
    """A stdout that remembers its bytes, fails on demand and may be a terminal."""

    def __init__(self, *, terminal=False, error=None):
        super().__init__(io.BytesIO(), encoding="ascii")
        self.terminal = terminal
        if error is not None:
            self.buffer_of_failures = Failing(error)

    @property
    def buffer(self):
        return getattr(self, "buffer_of_failures", None) or super().buffer

    def isatty(self):
        return self.terminal


class Failing(io.BytesIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def flush(self):
        raise self.error


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def stdout(monkeypatch):
    def install(**settings):
        stream = Stdout(**settings)
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return install


def written(stream):
    return stream.buffer.getvalue()


def test_a_pipe_gets_one_json_line_per_document(stdout):
    stream = stdout()
    writer = Writer()
    writer.document(STATUS, "for people")
    writer.document(STATUS)
    first, second, rest = written(stream).split(b"\n")
    assert json.loads(first) == json.loads(second)
    assert json.loads(first)["status"] == "seeding"
    assert rest == b""


def test_a_terminal_gets_the_readable_view(stdout):
    stream = stdout(terminal=True)
    writer = Writer()
    writer.document(STATUS, "for people")
    writer.document(STATUS, lambda: "more")
    writer.document(STATUS)
    assert written(stream) == b"for people\nmore\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_an_option_overrules_the_terminal(stdout, terminal):
    stdout(terminal=terminal)
    assert not Writer(as_json=True).human
    assert Writer(as_json=False).human


def test_text_is_utf8_whatever_the_locale_says(stdout):
    stream = stdout()
    Writer().value({"name": "żółw"})
    assert written(stream) == '{"name":"żółw"}\n'.encode()


def test_lone_surrogates_never_leave(stdout):
    stream = stdout()
    Writer().value({"name": "a\ud800b\udcff 🐢"})
    assert written(stream).decode() == '{"name":"a\ufffdb\ufffd 🐢"}\n'


def test_what_is_no_json_number_is_refused(stdout):
    stdout()
    with pytest.raises(ValueError, match="JSON compliant"):
        Writer().value({"rate": float("nan")})


def test_bytes_go_out_as_they_are(stdout):
    stream = stdout()
    Writer().raw(b"d\xffe")
    assert written(stream) == b"d\xffe"


@pytest.mark.parametrize(
    ("number", "kind", "reason"),
    [
        (errno.ENOSPC, errors.NoSpace, "no space left on device"),
        (errno.EDQUOT, errors.NoSpace, "disk quota exceeded"),
        (errno.EIO, errors.WriteError, "input/output error"),
    ],
)
def test_a_stdout_that_takes_no_more_is_an_error_that_says_so(stdout, number, kind, reason):
    stdout(error=OSError(number, os.strerror(number)))
    with pytest.raises(kind, match=f"^standard output: {reason}$"):
        Writer().text("x")


def test_a_reader_that_has_left_is_told_apart(stdout):
    stdout(error=BrokenPipeError(errno.EPIPE, "Broken pipe"))
    with pytest.raises(BrokenPipeError):
        Writer().text("x")


def test_a_reader_is_missed_before_there_is_something_to_write(monkeypatch):
    reader, writer = os.pipe()
    with open(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        Writer().require_reader()
        os.close(reader)
        with pytest.raises(BrokenPipeError):
            Writer().require_reader()
    for other in (None, io.StringIO()):  # these have none
        monkeypatch.setattr(sys, "stdout", other)
        Writer(as_json=True).require_reader()


def test_a_stdout_that_was_closed_before_we_started_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    writer = Writer()
    assert not writer.human
    with pytest.raises(errors.WriteError, match="closed"):
        writer.text("x")


@pytest.mark.parametrize(
    ("color", "terminal", "environment", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    stdout, monkeypatch, color, terminal, environment, colored
):
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    stdout(terminal=terminal)
    writer = Writer(color=color)
    assert writer.styled("x", fg="red") == ("\x1b[31mx\x1b[0m" if colored else "x")


def test_a_real_terminal_is_recognised(monkeypatch):
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert Writer().human
        monkeypatch.undo()
    os.close(ours)
