"""A torrent document as people read it."""

import re

from raincore.base import ids
from raincore.documents.documents import TorrentDocument
from raintools._kit import view
from raintools._kit.output import Writer

PLAIN = Writer(as_json=False, color="never")
COLORED = Writer(as_json=False, color="always")


def test_facts_are_aligned_and_what_is_unknown_left_out():
    document = TorrentDocument(
        info_hash=ids.InfoHash(bytes(20)),
        name="photos",
        total_length=2048,
        file_count=2,
        piece_length=1024,
        piece_count=2,
        private=False,
        creation_date=0,
        comment="",
    )
    assert view.facts(document, PLAIN).splitlines() == [
        "name       photos",
        "info-hash  " + "00" * 20,
        "size       2.00 KiB (2,048 bytes) in 2 files",
        "pieces     2 × 1.00 KiB",
        "private    no",
        "created    1970-01-01T00:00:00Z",
    ]


def test_unknown_keys_are_shown_on_one_line_each_and_cut():
    document = TorrentDocument(
        unknown={"encoding": "UTF-8", "long": "x" * 300}, unknown_info={"entropy": {"hex": "ff"}}
    )
    lines = view.facts(document, PLAIN).splitlines()
    assert lines[0] == 'unknown  encoding = "UTF-8"'
    assert lines[1].startswith("         long = ")
    assert lines[1].endswith("…")
    assert lines[2] == 'in info  entropy = {"hex": "ff"}'


def test_a_label_stands_once_for_several_lines():
    document = TorrentDocument(
        trackers=[["http://a.example/", "http://b.example/"], ["http://c.example/"]],
        webseeds=["http://d.example/", "http://e.example/"],
        select=[0, 3],
        peers=["h.example:1"],
    )
    assert view.facts(document, PLAIN).splitlines() == [
        "trackers   1  http://a.example/",
        "           1  http://b.example/",
        "           2  http://c.example/",
        "web seeds  http://d.example/",
        "           http://e.example/",
        "peers      h.example:1",
        "selected   0, 3",
    ]


def test_a_magnet_tells_what_it_knows():
    document = TorrentDocument(total_length=1, magnet="magnet:?x", private=True, file_count=1)
    assert view.facts(document, PLAIN).splitlines() == [
        "size     1 B (1 bytes) in 1 file",
        "private  yes",
        "magnet   magnet:?x",
    ]
    assert view.facts(TorrentDocument(total_length=5), PLAIN) == "size  5 B (5 bytes)"


def test_an_empty_document_is_an_empty_view():
    assert view.facts(TorrentDocument(), PLAIN) == ""


def test_nothing_that_a_document_says_reaches_the_terminal_unchecked():
    document = TorrentDocument(name="\x1b[2J", comment="\x9b", trackers=[["\x07\u202e"]])
    assert not set("\x1b\x9b\x07\u202e") & set(view.facts(document, PLAIN))


def test_a_piece_length_may_be_known_without_the_count():
    document = TorrentDocument(piece_length=16384)
    assert view.facts(document, PLAIN) == "pieces  16.0 KiB"


def test_colour_changes_nothing_but_the_colour():
    document = TorrentDocument(name="n")
    colored = view.facts(document, COLORED)
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == view.facts(document, PLAIN)
