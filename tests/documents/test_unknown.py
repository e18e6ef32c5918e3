"""Keys of a torrent that nobody told us about, in bounded JSON."""

import json

import pytest

from raincore.documents import documents, unknown
from raincore.documents.unknown import MAX_KEYS, MAX_TOTAL, MAX_VALUE, Unknown
from raincore.formats import bencoding, magnet, metainfo
from tests.documents import samples


def test_short_values_are_shown_as_raw_spells_them():
    values = {b"encoding": b"UTF-8", b"\xff": [1, {b"a": b"\x00"}], b"empty": b""}
    assert Unknown().shown(values) == {
        "encoding": "UTF-8",
        "hex:ff": [1, {"a": {"hex": "00"}}],
        "empty": "",
    }
    assert Unknown().shown(None) == {}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"ab" * MAX_VALUE, {"hex": "6162" * 16, "length": 2 * MAX_VALUE}),
        ([0] * MAX_VALUE, {"omitted": "list", "length": 3 * MAX_VALUE + 2}),
        ({b"k": bytes(MAX_VALUE)}, {"omitted": "dictionary", "length": MAX_VALUE + 10}),
    ],
)
def test_a_long_value_is_told_by_its_length(value, shown):
    assert Unknown().shown({b"k": value}) == {"k": shown}


def test_many_values_are_cut_when_the_room_for_all_is_used_up():
    shown = Unknown().shown({b"%03d" % n: bytes(MAX_VALUE) for n in range(100)})
    whole = [value for value in shown.values() if "length" not in value]
    assert len(whole) == MAX_TOTAL // MAX_VALUE
    assert len(shown) == 100


def test_too_many_keys_are_left_out_whatever_dictionary_they_are_in():
    one = Unknown()
    assert len(one.shown({b"%d" % n: 0 for n in range(MAX_KEYS - 1)})) == MAX_KEYS - 1
    assert one.shown({b"a": 1, b"b": 2}) == {"a": 1}


def test_a_long_key_is_cut():
    [key] = Unknown().shown({b"k" * 10**6: 1})
    assert len(key) == MAX_VALUE


def test_parameters_of_a_link_are_by_name_and_listed_where_one_repeats():
    link = f"magnet:?xt=urn:btih:{'0a' * 20}&kt=a&x.y=%1b&kt=%c3%bc&xs=http://s.example/"
    document = documents.of_magnet(magnet.parse(link))
    assert document.unknown == {"kt": ["a", "ü"], "x.y": {"hex": "1b"}}
    assert document.sources == ["http://s.example/"]


def test_a_document_tells_unknown_keys_of_file_torrent_and_info_apart():
    info = samples.info_v1(files=[samples.file_v1(["a"], 25, md5sum="x")], x_cross_seed=b"\xff")
    found = documents.of_metainfo(metainfo.parse(samples.torrent(info, encoding="UTF-8")))
    assert found.unknown == {"encoding": "UTF-8"}
    assert found.unknown_info == {"x_cross_seed": {"hex": "ff"}}
    assert found.files[0].extra == {"unknown": {"md5sum": "x"}}


def test_megabytes_of_unknown_keys_make_a_small_document():
    files = [samples.file_v1([str(n)], 1, junk=b"x" * 3000) for n in range(32)]
    info = samples.info_v1(files=files)
    raw = samples.torrent(info, junk=[b"y" * 10**6], more={str(n): n for n in range(10**4)})
    found = documents.of_metainfo(metainfo.parse(raw), path="/a")
    shown = [found.unknown, found.unknown_info, [file.extra for file in found.files]]
    assert len(json.dumps(shown)) < 2 * MAX_TOTAL
    assert len(bencoding.encode(files)) > 90_000


def test_nothing_unknown_is_nothing_to_show():
    found = documents.of_metainfo(metainfo.parse(samples.torrent()))
    assert (found.unknown, found.unknown_info) == ({}, {})
    assert unknown.of_parameters(()) == {}


def test_parameters_are_shown_decoded():
    shown = unknown.of_parameters(("kt=a+b%26", "kt=%ff", "%C3%A4", "x.t=1=2"))
    assert shown == {"kt": ["a+b&", {"hex": "ff"}], "ä": "", "x.t": "1=2"}
