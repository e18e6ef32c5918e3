"""One line of JSON to the torrent document that it holds."""

import json

import pytest

from raincore.base.errors import DocumentError
from raincore.documents.documents import TorrentDocument
from raintools._kit.lines import Foreign, parse_line
from raintools._kit.output import Writer


def test_a_torrent_document_is_read():
    line = b' {"type": "torrent", "v": 1, "name": "\xc3\xbc", "x": 1}\r\n'
    assert parse_line(line) == TorrentDocument(name="ü", extra={"x": 1})


@pytest.mark.parametrize("line", [b'{"type":"status",  "odd": 1e999 }', b'{"type":"what"}\n'])
def test_another_type_is_passed_on_as_it_came(line):
    assert parse_line(line.replace(b"1e999", b"1")) == Foreign(
        line.replace(b"1e999", b"1").rstrip(b"\n") + b"\n"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "expecting value at column 1"),
        (b"nonsense", "expecting value at column 1"),
        (b'{"type":"torrent",}', "at column 1"),
        (b'{"type":"torrent","name":"\n', "invalid control character at column 27"),
        (b'{"type":"torrent"} {}', "extra data at column 20"),
        (b'{"type":"torrent","name":"\xff"}', "not UTF-8 at byte 27"),
        (b'{"type":"torrent","x":NaN}', "NaN is no number"),
        (b'{"type":"torrent","x":-Infinity}', "-Infinity is no number"),
        (b'{"type":"torrent","x":1e999}', "number is out of range: 1e999"),
        (b'{"type":"torrent","x":-1e999}', "number is out of range: -1e999"),
        (b'{"x":' + b"[" * 100_000, "nested too deeply"),
        (b'{"x":' + b"9" * 10_000 + b"}", "a number that is too long"),
        (b"\x00" * 20, "at column 1"),
    ],
)
def test_what_is_no_json_is_an_error_that_says_why(line, reason):
    with pytest.raises(DocumentError) as caught:
        parse_line(line)
    assert str(caught.value).startswith("not JSON: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_document_spread_over_lines_gets_a_hint():
    with pytest.raises(DocumentError, match="jq needs -c"):
        parse_line(b"{\n")


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (b"[]", "$"),
        (b'"text"', "$"),
        (b"{}", "$.type"),
        (b'{"type":7}', "$.type"),
        (b'{"type":"torrent","total_length":"many"}', "$.total_length"),
        (b'{"type":"torrent","metainfo":"A"}', "$.metainfo"),
    ],
)
def test_a_document_that_breaks_its_schema_is_an_error_that_says_where(line, where):
    with pytest.raises(DocumentError) as caught:
        parse_line(line)
    assert caught.value.where == where


def test_every_truncation_of_a_line_is_refused_as_a_document():
    line = b'{"type":"torrent","v":1,"files":[{"path":"a","length":1.5e3}],"select":[1]}'
    for end in range(len(line)):
        with pytest.raises(DocumentError):
            parse_line(line[:end])


UNTOUCHED = [
    b"1e5",
    b"0.1",
    b"-0.0",
    b"123456789012345678901234567890",
    b"1.7976931348623157e+308",
    '"\u00fc \U0001f600 \u2028"'.encode(),
    b'"a pair: \\ud83d\\ude00"',
    b'"\\u0000\\u001b[31m\\u2028"',
    b'{"b": 1, "a": [null, true, {"z": {}}]}',
]


@pytest.mark.parametrize("value", UNTOUCHED)
def test_what_is_not_known_comes_out_as_the_same_value(value, capfdbinary):
    document = parse_line(b'{"type":"torrent","x":%s,"files":[],"a":%s}' % (value, value))
    Writer(as_json=True).document(document)
    out = json.loads(capfdbinary.readouterr().out)
    assert repr(out["x"]) == repr(out["a"]) == repr(json.loads(value))
    assert list(out) == ["type", "v", "x", "a"]
