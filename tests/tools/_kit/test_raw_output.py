"""Bytes to standard output, whatever that is."""

import os
import select
import sys
import threading

import pytest

from raincore.base.errors import NoSpace, WriteError
from raintools._kit import raw_output


class Replaced:
    """A standard output with a descriptor of the test's."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor


@pytest.fixture
def pipe():
    """Both ends; the tests put theirs in place, since pytest renews its own behind fixtures."""
    opened = [*os.pipe()]
    yield opened
    for descriptor in opened:
        os.close(descriptor)


@pytest.mark.parametrize("blocking", [True, False])
def test_all_of_it_is_written_however_slow_the_reader(pipe, blocking, monkeypatch):
    reading, writing = pipe
    monkeypatch.setattr(sys, "stdout", Replaced(writing))
    os.set_blocking(writing, blocking)
    data = os.urandom(1_000_003)
    writer = threading.Thread(target=raw_output.write, args=(memoryview(data),))
    writer.start()
    found = bytearray()
    while len(found) < len(data):
        assert select.select([reading], [], [], 30)[0], "nothing comes any more"
        found += os.read(reading, 5000)
    writer.join()
    assert found == data


def test_a_reader_that_has_left_is_told_as_such(pipe, monkeypatch):
    os.close(pipe.pop(0))
    monkeypatch.setattr(sys, "stdout", Replaced(pipe[0]))
    with pytest.raises(BrokenPipeError):
        raw_output.write(memoryview(b"x"))


def test_a_full_disk_is_told(monkeypatch):
    with open("/dev/full", "wb") as full:
        monkeypatch.setattr(sys, "stdout", Replaced(full.fileno()))
        with pytest.raises(NoSpace, match="standard output: no space left"):
            raw_output.write(memoryview(b"x"))


def test_no_standard_output_is_told(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(WriteError, match="standard output is closed"):
        raw_output.write(memoryview(b"x"))


def test_what_stands_in_for_it_gets_the_bytes_too(capsysbinary):
    raw_output.write(memoryview(b"abc"))
    assert capsysbinary.readouterr().out == b"abc"
