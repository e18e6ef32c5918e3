"""The info dictionaries that rain-create makes, beside those of other programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from raincore.formats.info import MetaVersion
from raincore.storage import content_plan, content_scan, creation
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB = 1024
PIECE = 32 * KIB

SCRIPT = """
import json, sys
import libtorrent as lt

wanted = json.load(sys.stdin)
flags = lt.create_torrent.symlinks
for name in wanted["flags"]:
    flags |= getattr(lt.create_torrent, name)

def link(found, n):  # as add_file wants it: without the name of the torrent
    return found.symlink(n).partition("/")[2]

files = lt.file_storage()
if wanted["order"] is None:
    lt.add_files(files, wanted["path"], flags=int(flags))
else:  # in v1 libtorrent takes files as the directory has them: in any order
    found = lt.file_storage()
    lt.add_files(found, wanted["path"], flags=int(flags))
    places = {found.file_path(n): n for n in range(found.num_files())}
    for path in wanted["order"]:
        n = places.pop(path)
        files.add_file(path, found.file_size(n), int(found.file_flags(n)), 0, link(found, n))
    assert not places
made = lt.create_torrent(files, wanted["piece_length"], int(flags))
lt.set_piece_hashes(made, wanted["parent"])
sys.stdout.buffer.write(lt.bencode(made.generate()[b"info"]))
"""


def interpreters() -> Iterator[str]:
    """Every Python here that has libtorrent: the system's may have another version than ours."""
    for python in ("/usr/bin/python3", sys.executable):
        command = [python, "-I", "-c", "import libtorrent; print(libtorrent.__version__)"]
        if Path(python).exists():
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode == 0:
                yield pytest.param((python, result.stdout.strip()), id=result.stdout.strip())


LIBTORRENTS = list(interpreters())
needs_libtorrent = pytest.mark.skipif(not LIBTORRENTS, reason="not installed: libtorrent")

FLAGS = {
    "v1": (["v1_only"], {"version": MetaVersion.V1}),
    "aligned": (["v1_only", "canonical_files"], {"version": MetaVersion.V1, "align": True}),
    "v2": (["v2_only"], {"version": MetaVersion.V2}),
    "hybrid": ([], {"version": MetaVersion.HYBRID}),
}

# Sizes by name; a minus makes it executable, text a symlink.
CONTENT = {
    "a file and an empty one": {"one": 5, "empty": 0},
    "an empty file first": {"empty": 0, "one": 5},
    "a file alone": {"one": 5},
    "a file and a link": {"link": "one", "one": 5},
    "whole pieces": {"one": PIECE, "two": 2 * PIECE, "three": 3},
    "around a piece": {f"{size}": size for size in (PIECE - 1, PIECE, PIECE + 1, 16 * KIB)},
    "executables": {"run": -70_000, "empty": -1, "x/y/z": -3, "x/plain": 9},
    "nested": {"a/b/c/d/e": 40_000, "a/b/f": 1, "B": 2, "é": 7, "z z": 100_000},
    "empty at the end": {"a": PIECE + 5, "zz": 0, "zzz": 0},
    "equal files": {"a": 100_000, "b/a": 100_000, "c": 100_000},
    "links": {"d/f": 70_000, "d/l": "f", "m": "d", "n": "d/", "o": "./d//f", "p": "nowhere"},
}
TREE_ORDER = {"a/x": 20_000, "a-b": 100, "a.b/z": 5, "b": 3}


def write(root: Path, content: dict[str, int | str]) -> Path:
    """Make a directory of this content."""
    for name, size in content.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(size, str):
            path.symlink_to(size)
        else:
            path.write_bytes(Random(abs(size)).randbytes(abs(size)))
            path.chmod(0o755 if size < 0 else 0o644)
    return root


def ours(path: Path, **options: object) -> bytes:
    wanted = CreateOptions(**{"piece_length": PIECE, "rules": Rules(symlinks=True), **options})
    return creation.create(str(path), wanted).metainfo.info.raw


def theirs(python: str, path: Path, flags: list[str], order: list[str] | None) -> bytes:
    wanted = {
        "path": str(path),
        "parent": str(path.parent),
        "flags": flags,
        "order": order,
        "piece_length": PIECE,
    }
    command = [python, "-I", "-W", "ignore", "-c", SCRIPT]
    result = subprocess.run(
        command, input=json.dumps(wanted).encode(), capture_output=True, timeout=60
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def order_of(path: Path) -> list[str]:
    """Our order of files in v1, as libtorrent spells paths."""
    scan = content_scan.scan(str(path), Rules(symlinks=True))
    listed, _ = content_plan.laid_out(
        scan, os.fsencode(path.name), PIECE, MetaVersion.V1, align=False
    )
    return [os.fsdecode(b"/".join(file.path)) for file in listed]


@needs_libtorrent
@pytest.mark.parametrize("libtorrent", LIBTORRENTS)
@pytest.mark.parametrize("version", FLAGS)
def test_libtorrent_makes_the_same_info_dictionary(tmp_path, libtorrent, version):
    python, number = libtorrent
    flags, options = FLAGS[version]
    compared = 0
    for name, content in CONTENT.items():
        if name == "links" and number.startswith("2.0."):
            continue  # it writes targets as they are, which BEP 47 does not mean
        path = write(tmp_path / name.replace(" ", "-"), content)
        order = order_of(path) if version == "v1" else None
        assert ours(path, **options) == theirs(python, path, flags, order), name
        compared += 1
    assert compared >= 10


@needs_libtorrent
@pytest.mark.parametrize("libtorrent", LIBTORRENTS)
@pytest.mark.parametrize("version", FLAGS)
@pytest.mark.parametrize("size", [5, -70_000, 2 * PIECE])
def test_libtorrent_makes_the_same_of_one_file(tmp_path, libtorrent, version, size):
    flags, options = FLAGS[version]
    path = write(tmp_path, {"alone": size}) / "alone"
    assert ours(path, **options) == theirs(libtorrent[0], path, flags, None)


@needs_libtorrent
@pytest.mark.parametrize("libtorrent", LIBTORRENTS)
@pytest.mark.parametrize("version", ["aligned", "v2", "hybrid"])
def test_a_directory_comes_where_its_name_is_in_the_tree(tmp_path, libtorrent, version):
    # In libtorrent 2.1.1 the list is in the order of whole paths, not that of the tree, and it
    # refuses its own hybrid. What BEP 52 wants is what 2.0 makes, and we.
    python, number = libtorrent
    if number.startswith("2.1.") and version != "v2":
        pytest.skip("this libtorrent cannot read its own torrents of such names")
    flags, options = FLAGS[version]
    path = write(tmp_path / "t", TREE_ORDER)
    assert ours(path, **options) == theirs(python, path, flags, None)


@needs_libtorrent
@pytest.mark.parametrize("libtorrent", LIBTORRENTS)
@pytest.mark.parametrize("version", FLAGS)
def test_libtorrent_reads_what_we_make(tmp_path, libtorrent, version):
    python, _ = libtorrent
    for count, (name, content) in enumerate({**CONTENT, "tree order": TREE_ORDER}.items()):
        path = write(tmp_path / f"c{count}", content)
        made = creation.create(
            str(path),
            CreateOptions(piece_length=PIECE, rules=Rules(symlinks=True), **FLAGS[version][1]),
        ).metainfo
        (tmp_path / "t.torrent").write_bytes(made.raw)
        script = (
            "import libtorrent as lt, sys\nh = lt.torrent_info(sys.argv[1]).info_hashes()\n"
            "print(h.v1 if h.has_v1() else '-', h.v2 if h.has_v2() else '-')"
        )
        result = subprocess.run(
            [python, "-I", "-W", "ignore", "-c", script, tmp_path / "t.torrent"],
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, (name, result.stderr)
        hashes = (made.info.info_hash, made.info.info_hash_v2)
        assert result.stdout.split() == ["-" if h is None else h.hex() for h in hashes], name


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=60)


def info_of(torrent: Path) -> bytes:
    from raincore.formats import metainfo

    return metainfo.parse(torrent.read_bytes()).info.raw


PLAIN = {
    name: content
    for name, content in CONTENT.items()
    if all(isinstance(size, int) and size >= 0 for size in content.values())
}


@pytest.mark.skipif(not shutil.which("mktorrent"), reason="not installed: mktorrent")
@pytest.mark.parametrize("name", [*PLAIN, "tree order"])
def test_mktorrent_makes_the_same_where_nothing_is_executable(tmp_path, name):
    path = write(tmp_path / "t", {**PLAIN, "tree order": TREE_ORDER}[name])
    run("mktorrent", "-l", "15", "-a", "http://a/", "-o", tmp_path / "m.torrent", path)
    assert ours(path) == info_of(tmp_path / "m.torrent")


# transmission leaves empty files out and takes "a" and "A" for equals when it sorts.
ALIKE = ["a file alone", "whole pieces", "around a piece", "equal files", "tree order"]


@pytest.mark.skipif(not shutil.which("transmission-create"), reason="not installed: transmission")
@pytest.mark.parametrize("name", ALIKE)
def test_transmission_makes_the_same_but_for_its_private_flag(tmp_path, name):
    path = write(tmp_path / "t", {**PLAIN, "tree order": TREE_ORDER}[name])
    run(
        "transmission-create",
        "-p",
        "-t",
        "http://a/",
        "-s",
        "32",
        "-o",
        tmp_path / "t.torrent",
        path,
    )
    assert ours(path, private=True) == info_of(tmp_path / "t.torrent")
