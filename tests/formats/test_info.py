"""Info dictionaries: libtorrent's as vectors, every rule broken once, damage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from raincore.base.errors import BencodeError, FormatError, MetainfoError
from raincore.formats import bencoding, info, metainfo
from raincore.formats.info import MetaVersion
from tests.formats import damage, samples

TORRENTS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0052.json").read_text())[
    "torrents"
]
ALL_KINDS = [samples.v1_single(), samples.v1_multi(), samples.v2_multi(), samples.hybrid()]


@pytest.mark.parametrize("case", TORRENTS, ids=lambda case: case["name"])
def test_libtorrents_torrents_are_read_as_it_reads_them(case):
    found = metainfo.parse(bytes.fromhex(case["hex"])).info
    assert found.meta_version.value == case["meta_version"]
    assert (found.info_hash and found.info_hash.hex()) == case["info_hash"]
    assert (found.info_hash_v2 and found.info_hash_v2.hex()) == case["info_hash_v2"]
    assert found.geometry.piece_count == case["piece_count"]
    assert found.total_length == case["total_length"]
    assert found.file_count == len(case["files"])
    for entry, expected in zip(found.display_files(), case["files"], strict=True):
        assert "/".join(entry.path) == expected["path"]
        assert entry.length == expected["length"]
        assert (entry.pieces_root and entry.pieces_root.hex()) == expected.get("pieces_root")
        target = "/".join(entry.symlink) if entry.symlink else None
        assert target == expected.get("symlink")
        if target is None:  # libtorrent calls symlinks executable, because Linux does
            assert entry.attr == expected.get("attr", "")


def test_a_single_file_has_the_torrents_name():
    found = samples.parsed(samples.v1_single())
    assert found.meta_version is MetaVersion.V1
    assert not found.is_multi_file
    assert [entry.path for entry in found.files] == [("one.bin",)]
    assert (found.name, found.raw_name) == ("one.bin", b"one.bin")


def test_files_are_below_a_directory_of_the_torrents_name():
    found = samples.parsed(samples.v1_multi())
    assert found.is_multi_file
    assert [entry.path for entry in found.files] == [("dir", "sub", "a.txt"), ("dir", "b")]
    assert found.display_files() is found.files


def test_hashes_are_those_of_the_raw_bytes():
    raw = b"d6:lengthi20e4:name1:x6:pieces40:" + bytes(40) + b"12:piece lengthi16e1:Zi1ee"
    found = info.parse(raw)  # keys out of order
    assert found.raw is raw
    assert found.info_hash == found.swarm_hash == hashlib.sha1(raw).digest()
    assert found.info_hash_v2 is None
    assert found.extra == {b"Z": 1}


def test_a_v2_torrent_is_known_by_the_start_of_its_sha256():
    found = samples.parsed(samples.v2_multi())
    digest = hashlib.sha256(found.raw).digest()
    assert found.info_hash is None
    assert found.info_hash_v2 == digest
    assert found.swarm_hash == digest[:20]


def test_a_hybrid_is_known_by_its_sha1():
    found = samples.parsed(samples.hybrid())
    assert found.swarm_hash == hashlib.sha1(found.raw).digest()
    assert found.info_hash_v2 == hashlib.sha256(found.raw).digest()


def test_a_v2_torrent_gets_padding_and_a_hybrid_has_it():
    for value in (samples.v2_multi(), samples.hybrid()):
        found = samples.parsed(value)
        # Where the padding is among empty files does not matter to the content.
        assert [entry.length for entry in found.files if entry.length] == [20_000, 12_768, 5]
        assert [entry.path[-1] for entry in found.display_files()] == ["a", "b", "c"]
        assert [found.files[index] for index in found.display_indices()] == found.display_files()
        assert found.file_count == 3
        assert found.total_length == 20_005
        assert found.geometry.piece_count == 3


def test_a_hybrid_may_be_padded_at_its_end():
    files = [*samples.hybrid()["files"], {"length": 16379, "path": [".pad", "16379"], "attr": "p"}]
    found = samples.parsed(samples.hybrid(files=files))
    assert found.meta_version is MetaVersion.HYBRID
    assert found.geometry.total_length == 3 * 16384


def test_piece_hashes_are_found_by_index():
    found = samples.parsed(samples.v1_single())
    assert found.piece_hash(1) == bytes(range(20, 40))
    for piece in (-1, 2):
        with pytest.raises(IndexError):
            found.piece_hash(piece)


def test_a_v2_torrent_has_no_piece_hashes():
    found = samples.parsed(samples.v2_multi())
    assert found.piece_hashes == b""
    with pytest.raises(IndexError):
        found.piece_hash(0)


@pytest.mark.parametrize(("value", "private"), [(None, False), (0, False), (1, True), (2, True)])
def test_private_is_a_flag(value, private):
    assert samples.parsed(samples.v1_single(private=value)).private is private


def test_optional_keys_are_read():
    found = samples.parsed(
        samples.v1_single(
            source=b"tr\xff", similar=[bytes(20)], collections=["a", "b"], salt=b"x", private=1
        )
    )
    assert found.source == "tr\udcff"
    assert found.similar == (bytes(20),)
    assert found.collections == ("a", "b")
    assert found.extra == {b"salt": b"x"}


def test_optional_keys_without_sense_are_kept_aside():
    found = samples.parsed(samples.v1_single(source=1, similar=2, collections=[3]))
    assert (found.source, found.similar, found.collections) == (None, (), ())
    assert found.extra == {b"source": 1, b"similar": 2, b"collections": [3]}


def test_a_name_in_utf8_wins_over_one_in_another_encoding():
    found = samples.parsed(samples.v1_single(name=b"\xa4\xe9", **{"name.utf-8": "中"}))
    assert found.name == "中"


def test_a_hostile_name_is_made_safe_everywhere():
    found = samples.parsed(samples.v1_multi(name=b"../\x1b"))
    assert found.name == ".._�"
    assert found.raw_name == b"../\x1b"
    assert found.files[1].path == (".._�", "b")
    assert found.files[1].disk_path == (".._\x1b", "b")
    assert found.files[1].raw_path == (b"../\x1b", b"b")


def test_equal_bytes_are_equal_infos():
    one, same = (samples.parsed(samples.v1_single()) for _ in range(2))
    other = samples.parsed(samples.v1_multi())
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != one.raw


def test_repr_is_short():
    found = samples.parsed(samples.v1_single())
    assert repr(found) == f"Info('one.bin', {found.swarm_hash.hex()})"


def test_a_torrent_of_empty_files_has_no_pieces():
    assert samples.parsed(samples.v1_single(length=0, pieces=b"")).geometry.piece_count == 0


FILE = {"length": 20, "path": ["a"]}
PADDING = {"length": 20, "path": ["a"], "attr": "p"}
HUGE = {"length": 2**62, "path": ["a"]}
LEAF = {"": {"length": 2**40, "pieces root": samples.ROOT}}
RULES = [
    ("name", "is missing", samples.v1_single(name=None)),
    ("name", "must be a string", samples.v1_single(name=1)),
    ("name.utf-8", "must be a string", samples.v1_single(**{"name.utf-8": 1})),
    ("piece length", "is missing", samples.v1_single(**{"piece length": None})),
    ("piece length", "must be a number", samples.v1_single(**{"piece length": 0})),
    ("piece length", "must be a number", samples.v1_single(**{"piece length": 2**30 + 1})),
    ("piece length", "must be a number", samples.v1_single(**{"piece length": b"16"})),
    ("piece length", "power of two", samples.v2_multi(**{"piece length": 8192})),
    ("piece length", "power of two", samples.hybrid(**{"piece length": 16385})),
    ("piece length", "more than 2097152 pieces", samples.v1_single(length=2**40)),
    (
        "piece length",
        "more than 2097152 pieces",
        samples.v2_multi(**{"file tree": {"a": LEAF}}),
    ),
    ("pieces", "is missing", samples.v1_single(pieces=None)),
    ("pieces", "20-byte hashes", samples.v1_single(pieces=bytes(39))),
    ("pieces", "20-byte hashes", samples.v1_single(pieces=[bytes(20)])),
    ("pieces", "has 3 hashes, but the files make 2 pieces", samples.v1_single(pieces=bytes(60))),
    ("pieces", "is missing", samples.hybrid(pieces=None)),
    ("", "files and length are both there", samples.v1_single(files=[FILE])),
    ("", "files and length are both missing", samples.v1_single(length=None)),
    ("files", "is nothing but padding", samples.v1_multi(files=[PADDING])),
    ("files", "add up to more", samples.v1_multi(files=[HUGE, HUGE])),
    ("private", "must be 0 or 1", samples.v1_single(private="1")),
    ("meta version", "future", samples.v2_multi(**{"meta version": 3})),
    ("meta version", "future", samples.v2_multi(**{"meta version": "2"})),
    ("file tree", "is missing", samples.v2_multi(**{"file tree": None})),
]


@pytest.mark.parametrize(("where", "message", "value"), RULES, ids=lambda v: str(v)[:40])
def test_a_broken_rule_is_named_with_its_place(where, message, value):
    with pytest.raises(MetainfoError, match=message) as caught:
        samples.parsed(value)
    assert caught.value.where == (f"info.{where}" if where else "info")


@pytest.mark.parametrize("raw", [b"le", b"i1e", b"4:info"])
def test_an_info_dictionary_is_a_dictionary(raw):
    with pytest.raises(MetainfoError, match="info: must be a dictionary"):
        info.parse(raw)


def test_what_is_not_bencode_is_refused_as_such():
    with pytest.raises(BencodeError, match="offset 0"):
        info.parse(b"nonsense")


@pytest.mark.parametrize("value", ALL_KINDS, ids=["v1 single", "v1 multi", "v2", "hybrid"])
def test_damage_is_refused_or_harmless(value, seed):
    data = bencoding.encode(value)
    every = [
        *damage.truncations(data),
        *damage.single_byte_changes(data),
        *damage.mutations([data], 1000, seed),
    ]
    for damaged in every:
        try:
            found = info.parse(damaged)
        except FormatError:
            continue
        assert found.raw == damaged
        assert len(found.piece_hashes) in (0, 20 * found.geometry.piece_count)
        for entry in found.files:
            assert entry.path
            assert not {"", ".", ".."} & {*entry.path, *entry.disk_path}
            assert not any("/" in part or "\0" in part for part in entry.disk_path)
