"""The .torrent file: libtorrent's as vectors, lenient outside, strict inside, damage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from raincore.base.errors import BencodeError, FormatError, MetainfoError
from raincore.formats import bencoding, info, merkle, metainfo
from tests.formats import damage, samples

TORRENTS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0052.json").read_text())[
    "torrents"
]


def torrent(info=None, **outside):
    value = samples.v1_single() if info is None else info
    return bencoding.encode({"info": value, **outside})


def parsed(info=None, **outside):
    return metainfo.parse(torrent(info, **outside))


@pytest.mark.parametrize("case", TORRENTS, ids=lambda case: case["name"])
def test_libtorrents_torrents_are_read_and_written_byte_for_byte(case):
    data = bytes.fromhex(case["hex"])
    found = metainfo.parse(data)
    assert found.trackers == (("http://t.example/a",), ("udp://u.example:1",))
    assert found.creation_date == 1_700_000_000
    assert found.missing_layers() == []
    assert found.extra == {}
    assert found.raw is data
    layers = found.piece_layers if found.info.info_hash_v2 else None
    again = metainfo.encode(
        found.info.raw,
        trackers=found.trackers,
        creation_date=found.creation_date,
        piece_layers=layers,
    )
    assert again == data


def test_a_torrent_may_be_nothing_but_its_info():
    found = parsed()
    assert found.trackers == found.webseeds == found.http_seeds == found.nodes == ()
    assert found.comment is found.created_by is found.creation_date is None


def test_everything_around_the_info_is_read():
    found = parsed(
        **{
            "announce": "http://a",
            "comment": b"caf\xe9",
            "created by": "x/1",
            "creation date": -5,
            "url-list": ["http://w/", "", "http://w/", "http://v/"],
            "httpseeds": ["http://h"],
            "nodes": [["n.example", 6881], ["2001:db8::1", 1]],
            "similar": [bytes(20)],
            "collections": ["c"],
            "publisher": "somebody",
        }
    )
    assert found.trackers == (("http://a",),)
    assert found.comment == "caf\udce9"
    assert found.created_by == "x/1"
    assert found.creation_date == -5
    assert found.webseeds == ("http://w/", "http://v/")
    assert found.http_seeds == ("http://h",)
    assert found.nodes == ("n.example:6881", "[2001:db8::1]:1")
    assert found.similar == (bytes(20),)
    assert found.collections == ("c",)
    assert found.extra == {b"publisher": b"somebody"}


def test_a_comment_in_utf8_wins():
    found = parsed(**{"comment": b"\xe9", "comment.utf-8": "é"})
    assert found.comment == "é"


def test_what_is_said_inside_comes_before_what_is_said_outside():
    found = parsed(
        samples.v1_single(similar=[b"1" * 20], collections=["i"]),
        similar=[b"2" * 20, b"1" * 20],
        collections=["o", "i"],
    )
    assert found.similar == (b"1" * 20, b"2" * 20)
    assert found.collections == ("i", "o")


@pytest.mark.parametrize(
    ("announce", "tiers", "expected"),
    [
        ("a", None, (("a",),)),
        ("a", [["b", "c"], ["d"]], (("b", "c"), ("d",))),
        (" a ", [["", " b "], [], [""]], (("b",),)),
        ("a", [[""], []], (("a",),)),
        ("a", [], (("a",),)),
        ("a", "b", (("a",),)),
        ("", [["b", "b"], ["b", "c"]], (("b",), ("c",))),
        (None, ["b", "c"], (("b",), ("c",))),
        (None, [[1, "b"], 2], (("b",),)),
        ("", None, ()),
        (" ", None, ()),
        (1, None, ()),
    ],
)
def test_trackers_are_tiers_without_empty_or_repeated_urls(announce, tiers, expected):
    outside = {"announce": announce, "announce-list": tiers}
    found = parsed(**{key: value for key, value in outside.items() if value is not None})
    assert found.trackers == expected


def test_no_more_trackers_are_taken_than_anybody_needs():
    tiers = [[f"a{n}"] for n in range(10)] + [[f"b{n}" for n in range(metainfo.MAX_URLS)], ["c"]]
    found = parsed(**{"announce-list": tiers})
    assert len(found.trackers) == 11
    assert sum(map(len, found.trackers)) == metainfo.MAX_URLS


@pytest.mark.parametrize(
    "outside",
    [
        {"announce": 1},
        {"announce-list": 1},
        {"url-list": 1},
        {"httpseeds": {}},
        {"nodes": 1},
        {"nodes": [["", 1], ["a", 0], ["a", 65536], ["a"], 1, [1, "a"]]},
        {"comment": []},
        {"created by": 1},
        {"creation date": "yesterday"},
        {"similar": ["short"]},
        {"collections": [1]},
        {"piece layers": {}},
    ],
)
def test_what_makes_no_sense_outside_is_kept_aside(outside):
    found = parsed(**outside)
    assert bencoding.encode(found.extra) == bencoding.encode(outside)


def test_repeated_nodes_are_named_once():
    assert parsed(nodes=[["a", 1], ["a", 1], ["[::1]", 2]]).nodes == ("a:1", "[::1]:2")


LEAVES = merkle.leaves(bytes(40_000))
ROOT = merkle.root(LEAVES)
LAYERED = samples.v2_multi(
    **{
        "file tree": {
            "a": {"": {"length": 40_000, "pieces root": ROOT}},
            "b": {"": {"length": 40_000, "pieces root": ROOT}},
            "c": {"": {"length": 9, "pieces root": samples.ROOT}},
            "d": {"": {"length": 0}},
        }
    }
)


def test_piece_layers_are_checked_against_their_roots():
    found = parsed(LAYERED, **{"piece layers": {ROOT: LEAVES, b"stray": b"x", samples.ROOT: b"y"}})
    assert found.piece_layers == {ROOT: LEAVES}
    assert found.missing_layers() == []


@pytest.mark.parametrize("outside", [{}, {"piece layers": {}}])
def test_missing_piece_layers_are_named_once(outside):
    found = parsed(LAYERED, **outside)
    assert found.piece_layers == {}
    assert found.missing_layers() == [ROOT]


@pytest.mark.parametrize(
    ("layers", "where", "message"),
    [
        ([], "piece layers", "must be a dictionary"),
        ({ROOT: LEAVES[:-1]}, f"piece layers.{ROOT.hex()}", "must be 3 hashes"),
        ({ROOT: LEAVES + bytes(32)}, f"piece layers.{ROOT.hex()}", "must be 3 hashes"),
        ({ROOT: 1}, f"piece layers.{ROOT.hex()}", "must be 3 hashes"),
        ({ROOT: bytes(96)}, f"piece layers.{ROOT.hex()}", "does not hash to its pieces root"),
    ],
)
def test_wrong_piece_layers_are_refused(layers, where, message):
    with pytest.raises(MetainfoError, match=message) as caught:
        parsed(LAYERED, **{"piece layers": layers})
    assert caught.value.where == where


def test_a_torrent_without_info_is_refused():
    with pytest.raises(MetainfoError, match="info: is missing"):
        metainfo.parse(b"d8:announce1:ae")


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x1f\x8b\x08", b"le", b"i1e"])
def test_what_is_no_torrent_file_is_refused_as_such(data):
    with pytest.raises(BencodeError, match=r"not a \.torrent file"):
        metainfo.parse(data)


def test_the_info_hash_is_that_of_the_bytes_not_of_their_meaning():
    raw = b"d6:lengthi20e4:name1:x6:pieces40:" + bytes(40) + b"12:piece lengthi16e1:Zi1ee"
    found = metainfo.parse(b"d4:info" + raw + b"8:announce1:ae")  # keys out of order
    assert found.info.raw == raw
    assert raw in metainfo.encode(found.info.raw)
    assert metainfo.parse(metainfo.encode(raw)).info == found.info


def test_metadata_from_peers_becomes_a_torrent():
    raw = bencoding.encode(LAYERED)
    found = metainfo.from_info(
        raw, trackers=[("a", "b"), ("c",)], webseeds=["w"], piece_layers={ROOT: LEAVES}
    )
    assert found.info.raw == raw
    assert found.trackers == (("a", "b"), ("c",))
    assert found.webseeds == ("w",)
    assert found.piece_layers == {ROOT: LEAVES}


@pytest.mark.parametrize(
    ("trackers", "outside"),
    [
        ([], {}),
        ([[]], {}),
        ([["a"]], {b"announce": b"a"}),
        ([["a", "b"]], {b"announce": b"a", b"announce-list": [[b"a", b"b"]]}),
        ([[], ["a"], ["b"]], {b"announce": b"a", b"announce-list": [[b"a"], [b"b"]]}),
    ],
)
def test_announce_list_is_written_for_more_than_one_tracker(trackers, outside):
    value = bencoding.decode(metainfo.encode(b"de", trackers=trackers))
    assert value == {b"info": {}, **outside}


def test_everything_that_is_written_is_read_back():
    facts = {
        "trackers": (("http://a", "http://b"), ("http://c\udcff",)),
        "webseeds": ("http://w/",),
        "http_seeds": ("http://h/",),
        "nodes": ("n.example:1", "[::1]:2"),
        "comment": "é\udcff",
        "created_by": "x",
        "creation_date": 0,
        "similar": (bytes(20),),
        "collections": ("c",),
        "extra": {b"publisher": b"p"},
    }
    found = metainfo.parse(metainfo.encode(bencoding.encode(samples.v1_single()), **facts))
    assert {key: getattr(found, key) for key in facts} == facts
    assert metainfo.made(found.info, **facts) == found


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_is_made_is_what_reading_it_finds(version):
    of_info = samples.parsed(LAYERED if version == "v2" else samples.v1_multi())
    layers = {ROOT: LEAVES} if version == "v2" else None
    made = metainfo.made(of_info, piece_layers=layers, comment="c")
    assert made == metainfo.parse(made.raw)
    assert made.comment == "c"


def test_one_webseed_is_a_string_and_several_are_a_list():
    for webseeds, written in ((["a"], b"a"), (["a", "b"], [b"a", b"b"])):
        value = bencoding.decode(metainfo.encode(b"de", webseeds=webseeds))
        assert value[b"url-list"] == written


def test_what_is_given_wins_over_other_keys():
    value = bencoding.decode(metainfo.encode(b"de", comment="new", extra={b"comment": b"old"}))
    assert value[b"comment"] == b"new"


def test_damage_is_refused_or_harmless(seed):
    seeds = [
        torrent(
            samples.v1_multi(), announce="a", **{"announce-list": [["a"]], "nodes": [["n", 1]]}
        ),
        torrent(LAYERED, **{"piece layers": {ROOT: LEAVES}}),
    ]
    every = [
        *damage.truncations(seeds[0]),
        *damage.single_byte_changes(seeds[0]),
        *damage.mutations(seeds, 1000, seed),
    ]
    for damaged in every:
        try:
            found = metainfo.parse(damaged)
        except FormatError:
            continue
        assert found.info.raw in damaged
        assert all(url for tier in found.trackers for url in tier)


@pytest.mark.parametrize("behind", [b"\n", b"e", b"junk", torrent(), bytes(1000)])
def test_what_follows_the_dictionary_means_nothing_but_is_known(behind):
    found = metainfo.parse(torrent() + behind)
    assert (found.raw, found.trailing) == (torrent(), behind)
    assert found.info == parsed().info
    assert parsed().trailing == b""


def test_of_keys_that_come_twice_the_last_counts_and_the_hash_is_of_what_is_there():
    inside = bencoding.encode(samples.v1_single())
    twice = b"d6:lengthi1e" + inside[1:]
    found = metainfo.parse(b"d7:comment1:a7:comment1:b4:info" + inside + b"4:info" + twice + b"e")
    assert found.comment == "b"
    assert found.info.raw == twice
    assert found.info.info_hash == hashlib.sha1(twice).digest()
    assert found.info.files == parsed().info.files
    assert found.repeats == (3, b"comment", 13)


def test_what_a_link_leads_to_may_repeat_keys_as_a_file_may():
    twice = b"d6:lengthi1e" + bencoding.encode(samples.v1_single())[1:]
    assert metainfo.from_info(twice).info == info.parse(twice)
    with pytest.raises(BencodeError, match="bytes after the end"):
        info.parse(twice + b"e")
