"""One line of JSON to the torrent document that it holds."""

import pytest

from raincore.base.errors import DocumentError
from raincore.documents.documents import TorrentDocument
from raintools._kit.lines import Foreign, parse_line


def test_a_torrent_document_is_read():
    line = b' {"type": "torrent", "v": 1, "name": "\xc3\xbc", "x": 1}\r\n'
    assert parse_line(line) == TorrentDocument(name="ü", extra={"x": 1})


@pytest.mark.parametrize("line", [b'{"type":"status",  "odd": 1e999 }', b'{"type":"what"}\n'])
def test_another_type_is_passed_on_as_it_came(line):
    assert parse_line(line.replace(b"1e999", b"1")) == Foreign(
        line.replace(b"1e999", b"1").rstrip(b"\n") + b"\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b'{"type":"torrent",}',
        b'{"type":"torrent"} {}',
        b'{"type":"torrent","name":"\xff"}',
        b'{"type":"torrent","x":NaN}',
        b'{"type":"torrent","x":-Infinity}',
        b'{"type":"torrent","x":1e999}',
        b'{"type":"torrent","x":-1e999}',
        b'{"x":' + b"[" * 100_000,
        b'{"x":' + b"9" * 10_000 + b"}",
        b"\x00" * 20,
    ],
)
def test_what_is_no_json_is_an_error_that_says_so(line):
    with pytest.raises(DocumentError, match="not JSON"):
        parse_line(line)


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
