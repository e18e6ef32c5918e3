"""The bencoded structure of any file, also of one that is no torrent."""

import base64
import json
import os

import pytest

from raintools._kit import download
from raintools.rain_inspect import main
from tests.documents import samples
from tests.tools.running import run


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.torrent").write_bytes(samples.torrent())
    return tmp_path


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"d4:infod4:name1:aee", {"info": {"name": "a"}}),
        (b"d8:announcei5ee", {"announce": 5}),
        (b"li1e1:ae", [1, "a"]),
        (b"i7e", 7),
        (b"2:\xff\xff", {"hex": "ffff"}),
        (b"de", {}),
    ],
)
def test_a_file_need_be_no_torrent(place, raw, value):
    (place / "any").write_bytes(raw)
    ran = run(main, "--raw", "any")
    assert (ran.code, ran.stderr) == (0, "")
    path = str(place / "any")
    assert ran.documents == [{"type": "raw", "v": 1, "path": path, "value": value}]
    assert json.loads(run(main, "--raw", "any", human=True).stdout) == value


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"d4:info", "offset 7: data ends in the middle of a value"),
        (b"d1:ai1e2:bbi-0ee", "offset 11: malformed integer"),
        (b"d1:a9:short", "offset 4: string of 9 bytes runs past the end"),
        (b"hello", "offset 0: no value starts here"),
        (b"", "offset 0: data ends in the middle of a value"),
    ],
)
def test_a_broken_file_is_told_where_it_breaks_and_stops_no_other(place, raw, said):
    (place / "bad").write_bytes(raw)
    ran = run(main, "--raw", "bad", "a.torrent")
    assert (ran.code, len(ran.documents)) == (3, 1)
    assert ran.stderr == f"rain-inspect: error: bad: {said}\n"


def test_what_does_not_count_is_told(place):
    (place / "odd").write_bytes(b"d1:ai1e1:ai2ee\n")
    ran = run(main, "--raw", "odd")
    assert (ran.code, ran.documents[0]["value"]) == (0, {"a": 2})
    assert ran.stderr.splitlines() == [
        "rain-inspect: warning: odd: 1 byte is behind the end of the value, at offset 14, and ignored",
        "rain-inspect: warning: odd: key 'a' comes again at offset 7: the last value counts",
    ]


def test_documents_are_looked_into_and_others_passed_on(place):
    path = str(place / "a.torrent")
    embedded = base64.b64encode(b"d4:infode1:xi1ee").decode()
    lines = [
        {"type": "torrent", "path": path},
        {"type": "torrent", "metainfo": embedded},
        {"type": "finding", "v": 1, "code": "c", "severity": "note", "message": "m", "input": "i"},
        {"type": "torrent", "path": path + ".gone"},
        {"type": "torrent", "info_hash": "0a" * 20},
    ]
    stdin = "".join(json.dumps(line) + "\n" for line in lines).encode()
    ran = run(main, "--raw", stdin=stdin)
    assert ran.code == 3
    assert [one["type"] for one in ran.documents] == ["raw", "raw", "finding"]
    assert ran.documents[0]["path"] == path
    assert ran.documents[1]["value"] == {"info": {}, "x": 1}
    assert "stdin line 4: $.path: cannot be read" in ran.stderr
    assert "stdin line 5: a magnet link has no bencoded structure" in ran.stderr
    assert run(main, "--raw", stdin=stdin, human=True).stdout.count("finding") == 0


def test_a_url_is_read_and_has_no_path(place, monkeypatch):
    monkeypatch.setattr(download, "get", {"http://t.example/a": b"d1:ai1ee"}.__getitem__)
    [document] = run(main, "--raw", " http://t.example/a ").documents
    assert document == {"type": "raw", "v": 1, "value": {"a": 1}}


@pytest.mark.parametrize("given", ["0a" * 20, "magnet:?xt=urn:btih:zz", ""])
def test_what_is_no_file_has_no_structure(place, given):
    ran = run(main, "--raw", given)
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)


def test_a_name_that_json_cannot_carry_is_no_path(place):
    name = os.fsdecode(b"\xff.torrent")
    os.link("a.torrent", name)
    [document] = run(main, "--raw", name).documents
    assert "path" not in document
