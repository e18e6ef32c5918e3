"""A directory and its torrents in every version, for tests that verify and match."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from raincore.formats.info import MetaVersion
from raincore.storage import creation
from raincore.storage.creation_options import CreateOptions
from raincore.storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.metainfo import Metainfo

__all__ = ["LENGTHS", "PIECE", "VERSIONS", "layout_of", "make", "write"]

PIECE = 32 * 1024
VERSIONS = list(MetaVersion)
LENGTHS = {"a": 3 * PIECE + 5, "b/c": PIECE, "b/d": 100, "b/empty": 0, "e": 2 * PIECE - 1}


def write(root: Path, lengths: Mapping[str, int], seed: int = 1) -> None:
    dice = Random(seed)
    for name, length in lengths.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dice.randbytes(length))


def make(path: Path, version: MetaVersion, **options: object) -> Metainfo:
    """A torrent of a file or directory, with pieces of two blocks."""
    given = {"piece_length": PIECE, **options}
    return creation.create(str(path), CreateOptions(version=version, **given)).metainfo  # type: ignore[arg-type]


def layout_of(metainfo: Metainfo, path: Path) -> Layout:
    return Layout.of(metainfo.info, path.parent)
