"""What the user gave, one by one."""

import io
import os
import sys

import click
import pytest

from raincore.base.errors import FormatError
from raintools._kit import inputs, stdin_inputs
from raintools._kit.exits import Outcome
from raintools._kit.output import Writer
from raintools._kit.sources import Input
from tests.documents import samples

HASHES = ["0a" * 20, "0b" * 20]
DOCUMENT = b'{"type":"torrent","info_hash":"' + b"0c" * 20 + b'"}\n'
EVENT = b'{"type": "status"}\n'


def of(*arguments, stdin=b""):
    return list(inputs.of(arguments, io.BytesIO(stdin)))


def each(*arguments, stdin=b"", human=False):
    outcome = Outcome("rain-test")
    writer = Writer(as_json=not human)
    loaded = list(inputs.each(arguments, outcome, writer, io.BytesIO(stdin)))
    return [item.document.info_hash.hex() for item in loaded], outcome.code


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_arguments_are_inputs_by_their_own_name():
    assert of("a", "b") == [Input("a", "a"), Input("b", "b")]


def test_no_argument_is_stdin():
    assert of(stdin=b"a\n") == [Input("a", "stdin line 1: a")]


def test_a_dash_is_stdin_among_arguments():
    assert [item.given for item in of("a", "-", "b", stdin=b"x\ny\n")] == ["a", "x", "y", "b"]


def test_lines_are_arguments_and_blank_ones_nothing():
    items = of(stdin=b"\na b \r\n  \nd\xff\n-\nlast")
    assert [item.given for item in items] == ["a b ", "d\udcff", "-", "last"]
    assert items[0].origin == "stdin line 2: a b "


def test_lines_of_json_keep_their_bytes_and_numbers():
    items = of(stdin=b"\xef\xbb\xbf" + EVENT + b"\n " + DOCUMENT + b"nonsense")
    assert items == [
        Input(EVENT, "stdin line 1", is_json=True),
        Input(b" " + DOCUMENT, "stdin line 3", is_json=True),
        Input(b"nonsense", "stdin line 4", is_json=True),
    ]


def test_the_first_line_decides_what_lines_are():
    items = of(stdin=b"a\n{b\n")
    assert [(item.given, item.is_json) for item in items] == [("a", False), ("{b", False)]


def test_a_document_that_is_spread_over_lines_is_complained_of_once():
    spread = b'{\n  "peers": [\n    "x"\n  ]\n}\n'
    items = of(stdin=spread + b"{}\nnonsense\n" + spread)
    assert [(item.given, item.origin) for item in items] == [
        (b"{\n", "stdin line 1"),
        (b"{}\n", "stdin line 6"),
        (b"nonsense\n", "stdin line 7"),
        (b"{\n", "stdin line 8"),
    ]


@pytest.mark.parametrize("raw", [samples.torrent(), b"d4:info\n1:", b"d1:a"])
def test_bencoded_bytes_are_one_torrent(raw):
    assert of(stdin=raw) == [Input(raw, "stdin")]


def test_empty_stdin_is_no_input():
    assert of(stdin=b"") == []


def test_lines_are_given_before_the_producer_is_done():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb", buffering=0) as producer:
        items = inputs.of([], stdin)
        producer.write(DOCUMENT)
        assert next(items).given == DOCUMENT
        producer.write(b'{"short":1}\n')
        assert next(items).given == b'{"short":1}\n'
        producer.close()
        assert next(items, None) is None


@pytest.mark.parametrize("stdin", [Terminal(), None])
def test_no_argument_at_a_terminal_is_wrong_usage(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(click.UsageError, match="no input"):
        inputs.of([])


def test_the_stdin_of_the_process_is_read_unless_another_is_given(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    assert [item.given for item in inputs.of([])] == ["a"]
    monkeypatch.setattr(sys, "stdin", None)
    assert list(inputs.of(["-"])) == []


def test_each_input_is_loaded():
    assert each(*HASHES) == (HASHES, 0)


def test_a_bad_input_is_reported_and_the_others_go_on(capsys):
    loaded, code = each(HASHES[0], "/missing", HASHES[1])
    assert (loaded, code) == (HASHES, 3)
    assert capsys.readouterr().err == (
        "rain-test: error: /missing: cannot be read: no such file or directory\n"
    )


def test_a_bad_line_names_its_number_and_path(capsys):
    loaded, code = each(stdin=DOCUMENT + b'{"type":"torrent","v":9}\n' + DOCUMENT)
    assert (loaded, code) == (["0c" * 20] * 2, 3)
    assert "rain-test: error: stdin line 2: $.v: " in capsys.readouterr().err


def test_events_are_passed_on_untouched(capfdbinary):
    assert each(stdin=EVENT + DOCUMENT + EVENT.strip()) == (["0c" * 20], 0)
    assert capfdbinary.readouterr().out == EVENT * 2


def test_people_do_not_see_events(capfdbinary):
    each(stdin=EVENT, human=True)
    assert capfdbinary.readouterr().out == b""


def test_what_breaks_stdin_ends_the_inputs(capsys, monkeypatch):
    monkeypatch.setattr(stdin_inputs, "MAX_ARGUMENT", 100)
    assert each(stdin=b"x" * 200) == ([], 3)
    assert "stdin: line 1 is longer" in capsys.readouterr().err


def test_arguments_are_at_hand_and_stdin_is_when_a_line_is_there(monkeypatch):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb", buffering=0) as producer:
        monkeypatch.setattr(sys, "stdin", stdin)
        items = inputs.of(["a", "b", "-", "c"])
        found = []
        producer.write(b"x\ny\nz")
        for _ in range(4):
            found.append((next(items).given, items.is_at_hand()))
        producer.close()
        found += [(item.given, items.is_at_hand()) for item in items]
    assert found == [
        ("a", True),
        ("b", False),
        ("x", True),
        ("y", False),
        ("z", True),
        ("c", False),
    ]


def test_what_is_no_pipe_is_at_hand():
    items = inputs.of([], io.BytesIO(b"x\n"))
    assert next(items).given == "x"
    assert items.is_at_hand()
    assert next(items, None) is None
    assert not items.is_at_hand()


def test_after_a_stdin_that_cannot_be_read_other_arguments_follow():
    items = inputs.of(["-", "a"], Unreadable())
    with pytest.raises(FormatError, match="cannot be read: is a directory"):
        next(items)
    assert next(items).given == "a"


class Unreadable(io.BytesIO):
    def readline(self, limit=-1):
        raise IsADirectoryError(21, "Is a directory")
