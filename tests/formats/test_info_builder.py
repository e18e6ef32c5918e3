"""Info dictionaries as libtorrent builds them, byte for byte."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from raincore.base.errors import MetainfoError
from raincore.formats import bencoding, file_list, info, info_builder, metainfo
from raincore.formats.file_list import ListedFile
from raincore.formats.info import Info, MetaVersion

TORRENTS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0052.json").read_text())[
    "torrents"
]


def rebuilt(found):
    """The same torrent, from its files and hashes."""
    value = bencoding.decode(found.raw)
    facts = {"name": found.name, "piece_length": found.piece_length}
    v1 = {"piece_hashes": found.piece_hashes, "is_multi_file": found.is_multi_file}
    if found.meta_version is MetaVersion.V2:
        files, _ = file_list.of_tree(value[b"file tree"], found.raw_name)
        return info_builder.build_v2(files, **facts)
    if found.is_multi_file:
        files = file_list.of_list(value[b"files"], found.raw_name)
    else:
        files = file_list.of_single(value, found.raw_name)
    if found.meta_version is MetaVersion.V1:
        return info_builder.build_v1(files, **facts, **v1)
    roots = {entry.raw_path: entry.pieces_root for entry in found.files}
    files = [file._replace(pieces_root=roots[file.path]) for file in files]
    return info_builder.build_hybrid(files, **facts, **v1)


@pytest.mark.parametrize("case", TORRENTS, ids=lambda case: case["name"])
def test_the_same_files_give_libtorrents_bytes(case):
    found = metainfo.parse(bytes.fromhex(case["hex"])).info
    assert rebuilt(found).raw == found.raw


def build(**options):
    files = [ListedFile((b"n",), 5, mtime=7)]
    return info_builder.build_v1(
        files, name="n", piece_length=16, piece_hashes=bytes(20), is_multi_file=False, **options
    ).raw


def test_private_source_and_other_keys_change_the_info_hash():
    found = info.parse(build(private=True, source="é\udcff", extra={b"salt": b"x"}))
    assert found.private
    assert found.source == "é\udcff"
    assert found.extra == {b"salt": b"x"}
    assert found.files[0].mtime == 7
    assert found.info_hash != info.parse(build()).info_hash


def test_what_is_not_asked_for_is_not_written():
    assert set(bencoding.decode(build())) == {
        b"length",
        b"mtime",
        b"name",
        b"piece length",
        b"pieces",
    }


def test_a_directory_of_one_file_stays_a_directory():
    found = info_builder.build_hybrid(
        [ListedFile((b"n", b"f"), 5, pieces_root=bytes(32))],
        name="n",
        piece_length=16384,
        piece_hashes=bytes(20),
        is_multi_file=True,
    )
    found = info.parse(found.raw)
    assert found.is_multi_file
    assert found.files[0].path == ("n", "f")


def test_names_that_are_not_utf8_stay_as_they_are():
    files = [ListedFile((b"\xff", b"\xfe"), 5, pieces_root=bytes(32))]
    found = info.parse(info_builder.build_v2(files, name="\udcff", piece_length=16384).raw)
    assert found.files[0].raw_path == (b"\xff", b"\xfe")


def facts(found):
    """Everything in a description, comparable."""
    values = {name: getattr(found, name) for name in Info.__slots__ if name != "geometry"}
    return {**values, "lengths": found.geometry.file_lengths}


NAMES = [b"a", b"a-b", b"b", b"\xff", "\u202e".encode(), b"_____padding_file_1", b"x" * 300, b"p q"]


def random_files(rng):
    """A tree of files with every oddity that listed files may have, in tree order."""
    paths = {
        (b"n", *(rng.choice(NAMES[:-2]) for _ in range(rng.randrange(3))), rng.choice(NAMES))
        for _ in range(rng.randrange(1, 12))
    }
    directories = {path[:depth] for path in paths for depth in range(2, len(path))}
    found = []
    attributes, mtimes = (["", "x", "hx"], [None, 7]) if rng.random() < 0.3 else (["", "x"], [None])
    for path in sorted(paths - directories):
        length = rng.choice([0, 1, 16384, 16385, 40000])
        root = rng.randbytes(32) if length else None
        attr, mtime = rng.choice(attributes), rng.choice(mtimes)
        found.append(ListedFile(path, length, attr, None, root, mtime))
    return found


def with_padding(files):
    found = []
    for file in files:
        found.append(file)
        if gap := -file.length % 16384:
            found.append(ListedFile((b"n", b".pad", b"%d" % gap), gap, "p"))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_what_is_built_is_what_reading_it_finds(seed):
    rng = random.Random(seed)
    files = random_files(rng)
    if rng.random() < 0.2:
        files = [file._replace(path=(b"n",)) for file in files[:1]]
    if any(path[-1].startswith(b"_____") for path, *_ in files) or not any(f.length for f in files):
        files = [ListedFile((b"n", b"z"), 5, "", None, bytes(32))]
    is_multi_file = len(files[0].path) > 1
    padded = with_padding(files) if is_multi_file else files
    count = -(-sum(file.length for file in padded) // 16384)
    common = {"name": "n", "piece_length": 16384, "private": rng.random() < 0.5}
    v1 = {"piece_hashes": rng.randbytes(20 * count), "is_multi_file": is_multi_file}
    plain = [file._replace(pieces_root=None) for file in padded]
    for made in (
        info_builder.build_v1(plain, **common, **v1, extra={b"salt": b"x"}, source="s"),
        info_builder.build_v2(padded, **common),
        info_builder.build_hybrid(padded, **common, **v1, source="\udcff"),
    ):
        assert facts(made) == facts(info.parse(made.raw))
        assert bencoding.is_canonical(made.raw)


def test_what_reading_would_refuse_is_refused():
    deep = ListedFile((b"n", *[b"d"] * 101), 5, "", None, bytes(32))
    common = {"name": "n", "piece_length": 16384}
    with pytest.raises(MetainfoError, match="strings"):
        info_builder.build_v1([deep], **common, piece_hashes=bytes(20), is_multi_file=True)
    with pytest.raises(MetainfoError, match="deeper"):
        info_builder.build_v2([deep], **common)
    flat = ListedFile((b"n", b"f"), 5)
    with pytest.raises(MetainfoError, match="has 2 hashes"):
        info_builder.build_v1([flat], **common, piece_hashes=bytes(40), is_multi_file=True)


def test_bitcomets_padding_is_understood_as_reading_would():
    files = [ListedFile((b"n", b"a"), 5), ListedFile((b"n", b"_____padding_file_0"), 11)]
    made = info_builder.build_v1(
        files, name="n", piece_length=16, piece_hashes=bytes(20), is_multi_file=True
    )
    assert made.file_count == 1
    assert facts(made) == facts(info.parse(made.raw))
