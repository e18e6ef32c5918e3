"""Which bytes of a torrent's files its hashes identify.

A v2 root identifies a file by itself. A v1 piece hash identifies a piece, which may also
hold bytes of other files; so it says that files are *the same* wherever all hashes that
cover them are the same, but that they *differ* only if a piece differs that holds nothing
else of value: one that lies within the file, or is filled up by padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable

    from raincore.formats.file_entry import FileEntry
    from raincore.formats.info import Info

__all__ = ["HASH_LENGTH", "Identity", "Proof", "Verdict", "compare", "identities"]

Proof: TypeAlias = "tuple[Hashable, ...]"

HASH_LENGTH = 20


class Verdict(Enum):
    """What hashes say about two files."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of the bytes of one file, padding excepted.

    Args:
        entry: The file.
        pieces: The v1 pieces that hold bytes of it.
        hashes: Their SHA-1 hashes, concatenated; empty for v2 only and for empty files.
        piece_length: Bytes.
        skew: Bytes of other files in the first of the pieces.
        tail: How the last of them ends: bytes of it that are zeros for padding, 0 where
            it ends with the file; -1 where bytes of other files follow.
    """

    entry: FileEntry
    pieces: range
    hashes: bytes
    piece_length: int
    skew: int
    tail: int

    @property
    def is_v1_exact(self) -> bool:
        """Whether the v1 hashes are of this file and padding alone."""
        return bool(self.hashes) and self.skew == 0 and self.tail >= 0

    def proofs(self) -> list[Proof]:
        """Keys that prove files of any torrents to be the same if they share one.

        Files that share none may be the same nevertheless.
        """
        entry = self.entry
        if entry.symlink is not None:
            return [("symlink", *entry.symlink[1:])]
        if not entry.length:
            return [("empty",)]
        found: list[Proof] = []
        if entry.pieces_root is not None:
            found.append(("v2", entry.length, entry.pieces_root))
        if self.hashes:
            found.append(("v1", entry.length, self.piece_length, self.skew, self.hashes))
        return found


def identities(info: Info) -> list[Identity]:
    """Say for each file of a torrent, padding left out, what identifies it.

    O(files + pieces); the hashes of a piece are copied for each file in it.
    """
    geometry, files = info.geometry, info.files
    found = []
    for index, entry in enumerate(files):
        if entry.is_padding:
            continue
        pieces = geometry.pieces_of_file(index)
        hashes, skew, tail = b"", 0, -1
        if info.piece_hashes and pieces:
            hashes = info.piece_hashes[HASH_LENGTH * pieces.start : HASH_LENGTH * pieces.stop]
            skew = geometry.file_offsets[index] - geometry.offset_of(pieces.start)
            tail = _tail(info, index, pieces.stop - 1)
        found.append(Identity(entry, pieces, hashes, info.piece_length, skew, tail))
    return found


def _tail(info: Info, index: int, piece: int) -> int:
    """See `Identity.tail`."""
    geometry, files = info.geometry, info.files
    end = geometry.file_offsets[index + 1]
    gap = geometry.offset_of(piece) + geometry.length_of(piece) - end
    if gap == 0:
        return 0
    after = index + 1
    while files[after].length == 0:
        after += 1
    return gap if files[after].is_padding and files[after].length >= gap else -1


def compare(old: Identity, new: Identity) -> Verdict:
    """Say whether two files of two torrents have the same bytes.

    Never SAME for files that differ, unless somebody broke the hashes.
    """
    a, b = old.entry, new.entry
    if a.symlink is not None or b.symlink is not None:
        if a.symlink is None or b.symlink is None:
            return Verdict.DIFFERENT
        return _verdict(a.symlink[1:] == b.symlink[1:])
    if a.length != b.length:
        return Verdict.DIFFERENT
    if a.length == 0:
        return Verdict.SAME
    if a.pieces_root is not None and b.pieces_root is not None:
        return _verdict(a.pieces_root == b.pieces_root)
    if not old.hashes or not new.hashes or old.piece_length != new.piece_length:
        return Verdict.UNKNOWN
    if old.skew != new.skew:
        return Verdict.UNKNOWN
    if old.hashes == new.hashes:
        return Verdict.SAME
    # Where one is padded and the other ends, hashes of the same bytes differ.
    is_exact_tail = old.tail == new.tail >= 0
    first = HASH_LENGTH if old.skew else 0
    last = len(old.hashes) - (0 if is_exact_tail else HASH_LENGTH)
    if old.hashes[first:last] != new.hashes[first:last]:
        return Verdict.DIFFERENT
    return Verdict.UNKNOWN


def _verdict(same: bool) -> Verdict:
    return Verdict.SAME if same else Verdict.DIFFERENT
