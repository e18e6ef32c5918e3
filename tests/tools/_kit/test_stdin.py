import os

import pytest

from raintools._kit.stdin import Stdin


@pytest.fixture
def pipes():
    """(reader, writer) of an input and of an output pipe, closed at the end."""
    descriptors = [*os.pipe(), *os.pipe()]
    yield descriptors
    for descriptor in descriptors:
        if descriptor is not None:
            try:
                os.close(descriptor)
            except OSError:
                pass


def close(pipes, index):
    os.close(pipes[index])


def test_lines_come_one_by_one(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    os.write(pipes[1], b"one\ntwo\nrest")
    close(pipes, 1)
    assert [stdin.readline(100) for _ in range(4)] == [b"one\n", b"two\n", b"rest", b""]


def test_a_line_is_cut_at_the_limit(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    os.write(pipes[1], b"abcdef\n")
    assert stdin.readline(4) == b"abcd"
    assert stdin.readline(4) == b"ef\n"


def test_a_line_that_just_fits_keeps_its_end(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    os.write(pipes[1], b"abc\nd")
    assert stdin.readline(4) == b"abc\n"


def test_bytes_are_read_to_the_end(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    os.write(pipes[1], b"d4:info")
    close(pipes, 1)
    assert stdin.readline(3) == b"d4:"
    assert stdin.read(100) == b"info"
    assert stdin.read(100) == b""


def test_no_more_than_asked_for_is_read(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    os.write(pipes[1], b"abcdef")
    assert stdin.read(2) == b"ab"


def test_input_ends_when_the_reader_of_our_output_has_left(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    close(pipes, 2)  # while the input stays open
    assert stdin.readline(100) == b""
    assert stdin.readline(100) == b""


def test_a_whole_line_or_the_end_is_at_hand_and_a_part_is_not(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    assert not stdin.is_at_hand()
    os.write(pipes[1], b"one\ntw")
    assert stdin.is_at_hand()
    assert stdin.readline(100) == b"one\n"
    assert not stdin.is_at_hand()
    os.write(pipes[1], b"o")
    close(pipes, 1)
    assert stdin.is_at_hand()
    assert [stdin.readline(100) for _ in range(2)] == [b"two", b""]
    assert stdin.is_at_hand()


def test_no_more_than_some_chunks_are_read_ahead(pipes, monkeypatch):
    monkeypatch.setattr("raintools._kit.stdin.CHUNK", 2)
    monkeypatch.setattr("raintools._kit.stdin.CHUNKS_AHEAD", 3)
    stdin = Stdin(pipes[0], pipes[3])
    os.write(pipes[1], b"1234567\n")
    assert not stdin.is_at_hand()
    assert stdin.is_at_hand()
    assert stdin.readline(100) == b"1234567\n"


def test_the_end_is_at_hand_when_the_reader_of_our_output_has_left(pipes):
    stdin = Stdin(pipes[0], pipes[3])
    close(pipes, 2)
    assert stdin.is_at_hand()
    assert stdin.readline(100) == b""
