"""Files found for torrents that libtorrent made, and made into torrents by it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from raincore.formats import metainfo
from raincore.storage import matching
from raincore.storage.layout import Layout
from raincore.storage.linking import How, Linker
from raincore.storage.size_index import SizeIndex
from tests.storage.verifying import PIECE, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.formats.metainfo import Metainfo

SCRIPT = """
import os, sys
import libtorrent as lt

path, piece_length, flags = sys.argv[1], int(sys.argv[2]), 0
for name in sys.argv[3:]:
    flags |= int(getattr(lt.create_torrent, name))
files = lt.file_storage()
for directory, below, names in os.walk(path):
    below.sort()
    for name in sorted(names):
        whole = os.path.join(directory, name)
        files.add_file(os.path.relpath(whole, os.path.dirname(path)), os.path.getsize(whole))
made = lt.create_torrent(files, piece_length, flags)
lt.set_piece_hashes(made, os.path.dirname(path))
sys.stdout.buffer.write(lt.bencode(made.generate()))
"""
LENGTHS = {
    "a": 2 * PIECE + 7,
    "b/a": 2 * PIECE + 7,
    "b/b": PIECE - 1,
    "b/c": PIECE,
    "c": 3,
    "d": 3,
    "e": 5 * PIECE + 1,
    "f": 0,
}
KINDS = {
    "v1": ["v1_only"],
    "v1 with padding": ["v1_only", "canonical_files"],
    "v2": ["v2_only"],
    "hybrid": [],
}


def interpreters() -> Iterator[object]:
    """Every Python here that has libtorrent."""
    for python in ("/usr/bin/python3", sys.executable):
        command = [python, "-I", "-c", "import libtorrent; print(libtorrent.__version__)"]
        if Path(python).exists():
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode == 0:
                yield pytest.param(python, id=result.stdout.strip())


LIBTORRENTS = list(interpreters()) or [
    pytest.param("", marks=pytest.mark.skip(reason="not installed: libtorrent"))
]


def made(python: str, content: Path, kind: str) -> Metainfo:
    command = [python, "-I", "-c", SCRIPT, content, str(PIECE), *KINDS[kind]]
    result = subprocess.run(command, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return metainfo.parse(result.stdout)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("python", LIBTORRENTS)
def test_what_was_scattered_makes_the_same_torrent_again(
    tmp_path: Path, python: str, kind: str, seed: int
) -> None:
    dice, content, heap = Random(seed), tmp_path / "t", tmp_path / "heap"
    write(content, LENGTHS)
    torrent = made(python, content, kind)
    heap.mkdir()
    names = [f"{number:02}" for number in range(2 * len(LENGTHS))]
    dice.shuffle(names)
    for name, length in LENGTHS.items():
        data = bytearray((content / name).read_bytes())
        (content / name).rename(heap / names.pop())
        if length:
            data[dice.randrange(length)] ^= 1
        (heap / names.pop()).write_bytes(data)
    layout = Layout.of(torrent.info, tmp_path / "new")
    linker = Linker(layout, How.HARDLINK)
    for found in matching.match(torrent, SizeIndex([str(heap)]), layout):
        assert found.status == "exact", found
        linker.put(found.index, found.source)
    again = made(python, tmp_path / "new" / "t", kind)
    assert again.info.raw == torrent.info.raw
