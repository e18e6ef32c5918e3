"""Info dictionaries as libtorrent builds them, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from raincore.formats import bencoding, file_list, info, info_builder, metainfo
from raincore.formats.file_list import ListedFile
from raincore.formats.info import MetaVersion

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
    assert rebuilt(found) == found.raw


def build(**options):
    files = [ListedFile((b"n",), 5, mtime=7)]
    return info_builder.build_v1(
        files, name="n", piece_length=16, piece_hashes=bytes(20), is_multi_file=False, **options
    )


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
    raw = info_builder.build_hybrid(
        [ListedFile((b"n", b"f"), 5, pieces_root=bytes(32))],
        name="n",
        piece_length=16384,
        piece_hashes=bytes(20),
        is_multi_file=True,
    )
    found = info.parse(raw)
    assert found.is_multi_file
    assert found.files[0].path == ("n", "f")


def test_names_that_are_not_utf8_stay_as_they_are():
    files = [ListedFile((b"\xff", b"\xfe"), 5, pieces_root=bytes(32))]
    found = info.parse(info_builder.build_v2(files, name="\udcff", piece_length=16384))
    assert found.files[0].raw_path == (b"\xff", b"\xfe")
