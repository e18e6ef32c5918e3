"""Files and hashes to the bytes of an info dictionary: v1, v2 and hybrid.

The keys and their layout are libtorrent's, so that the same files give the same info-hash.
Nothing is checked here; `info.parse` of the result checks everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.formats import bencoding
from raincore.formats.optional_keys import untext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raincore.formats.bencoding import Encodable, Value
    from raincore.formats.file_list import ListedFile

__all__ = ["build_hybrid", "build_v1", "build_v2"]


def build_v1(
    files: Sequence[ListedFile],
    *,
    name: str,
    piece_length: int,
    piece_hashes: bytes,
    is_multi_file: bool,
    private: bool = False,
    source: str | None = None,
    extra: Mapping[bytes, Value] | None = None,
) -> bytes:
    """Write a v1 info dictionary (BEP 3, 27, 47).

    Args:
        files: In content order, with padding where wanted; their paths start with `name`.
        name: Of the directory, or of the one file. Surrogate escapes stand for bytes that
            are not UTF-8.
        piece_length: Bytes.
        piece_hashes: SHA-1 of every piece, concatenated.
        is_multi_file: Whether `name` is a directory, even if of one file.
        private: Peers come from the trackers only.
        source: A tag that changes the info-hash.
        extra: Other keys, such as a random one to get another info-hash.
    """
    values = _base(name, piece_length, private, source, extra)
    values.update(_v1_keys(files, piece_hashes, is_multi_file))
    return bencoding.encode(values)


def build_v2(
    files: Sequence[ListedFile],
    *,
    name: str,
    piece_length: int,
    private: bool = False,
    source: str | None = None,
    extra: Mapping[bytes, Value] | None = None,
) -> bytes:
    """Write a v2 info dictionary (BEP 52).

    Args:
        files: With pieces roots, in any order; padding is left out. A torrent of one file
            has the one path (name,); all others are in a directory called `name`.
        name: As in `build_v1`.
        piece_length: Bytes; a power of two of at least 16 KiB.
        private: As in `build_v1`.
        source: As in `build_v1`.
        extra: As in `build_v1`.
    """
    values = _base(name, piece_length, private, source, extra)
    values.update(_v2_keys(files))
    return bencoding.encode(values)


def build_hybrid(
    files: Sequence[ListedFile],
    *,
    name: str,
    piece_length: int,
    piece_hashes: bytes,
    is_multi_file: bool,
    private: bool = False,
    source: str | None = None,
    extra: Mapping[bytes, Value] | None = None,
) -> bytes:
    """Write an info dictionary with v1 and v2 keys (BEP 52, "upgrade path").

    Args:
        files: As in `build_v2`, but in the order of the file tree, with padding so that
            each starts on a piece boundary; see `file_entry.aligned`.
        name: As in `build_v1`.
        piece_length: As in `build_v2`.
        piece_hashes: As in `build_v1`.
        is_multi_file: As in `build_v1`.
        private: As in `build_v1`.
        source: As in `build_v1`.
        extra: As in `build_v1`.
    """
    values = _base(name, piece_length, private, source, extra)
    values.update(_v1_keys(files, piece_hashes, is_multi_file))
    values.update(_v2_keys(files))
    return bencoding.encode(values)


def _base(
    name: str,
    piece_length: int,
    private: bool,
    source: str | None,
    extra: Mapping[bytes, Value] | None,
) -> dict[bytes, Encodable]:
    values: dict[bytes, Encodable] = dict(extra or {})
    values[b"name"] = untext(name)
    values[b"piece length"] = piece_length
    if private:
        values[b"private"] = 1
    if source is not None:
        values[b"source"] = untext(source)
    return values


def _v1_keys(
    files: Sequence[ListedFile], piece_hashes: bytes, is_multi_file: bool
) -> dict[bytes, Encodable]:
    if not is_multi_file:
        return {**_facts(files[0]), b"length": files[0].length, b"pieces": piece_hashes}
    entries = [{**_facts(file), b"length": file.length, b"path": file.path[1:]} for file in files]
    return {b"files": entries, b"pieces": piece_hashes}


def _v2_keys(files: Sequence[ListedFile]) -> dict[bytes, Encodable]:
    tree: dict[bytes, Encodable] = {}
    for file in files:
        if not file.is_padding:
            node = tree
            # The directory called like the torrent is not part of the tree.
            for component in file.path[1:] or file.path:
                node = node.setdefault(component, {})  # type: ignore[assignment]  # dicts only
            node[b""] = _leaf(file)
    return {b"file tree": tree, b"meta version": 2}


def _leaf(file: ListedFile) -> dict[bytes, Encodable]:
    leaf = _facts(file)
    if file.symlink is None:
        leaf[b"length"] = file.length
    if file.pieces_root is not None:
        leaf[b"pieces root"] = file.pieces_root
    return leaf


def _facts(file: ListedFile) -> dict[bytes, Encodable]:
    """What both versions say alike (BEP 47)."""
    facts: dict[bytes, Encodable] = {}
    if file.attr:
        facts[b"attr"] = file.attr
    if file.symlink is not None:
        facts[b"symlink path"] = file.symlink
    if file.mtime is not None:
        facts[b"mtime"] = file.mtime
    return facts
