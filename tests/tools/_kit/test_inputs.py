"""What the user gave, one by one."""

import io
import os
import sys

import click
import pytest

from raincore.base.errors import FormatError
from raintools._kit import inputs
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


def test_too_many_bencoded_bytes_are_not_kept():
    [item] = of(stdin=b"d1:" + bytes(inputs.torrent_bytes.MAX_TORRENT + 100))
    assert len(item.given) == inputs.torrent_bytes.MAX_TORRENT + 1


@pytest.mark.parametrize(
    "name", ["d", "de", "d8.torrent", "debian.torrent", "d12345678901:x", "d 1:"]
)
def test_a_name_that_begins_with_d_is_a_name(name):
    assert [item.given for item in of(stdin=name.encode())] == [name]


def test_empty_stdin_is_no_input():
    assert of(stdin=b"") == []


def test_a_line_without_end_is_an_error(monkeypatch):
    monkeypatch.setattr(inputs, "MAX_LINE", 100)
    items = inputs.of([], io.BytesIO(b"a\n" + b"x" * 200))
    assert next(items).given == "a"
    with pytest.raises(FormatError, match="line 2 is longer"):
        next(items)


def test_a_stdin_that_cannot_be_read_is_an_error():
    with pytest.raises(FormatError, match="cannot be read: is a directory"):
        next(inputs.of([], Unreadable()))


class Unreadable(io.BytesIO):
    def readline(self, limit=-1):
        raise IsADirectoryError(21, "Is a directory")


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
    monkeypatch.setattr(inputs, "MAX_LINE", 100)
    assert each(stdin=b"x" * 200) == ([], 3)
    assert "stdin: line 1 is longer" in capsys.readouterr().err
