"""The info dictionary: what the content is and how it is cut and hashed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from raincore.base.errors import MetainfoError
from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.info_hashes import InfoHashes
from raincore.base.printable import displayed
from raincore.formats import file_entry, file_list, file_names, lenient_bencode
from raincore.formats.file_entry import FileEntry
from raincore.formats.optional_keys import take_hashes, take_text, take_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raincore.formats.bencoding import Value
    from raincore.formats.file_list import ListedFile

__all__ = ["MAX_PIECES", "MAX_PIECE_LENGTH", "FileEntry", "Info", "MetaVersion", "of", "parse"]

MAX_PIECE_LENGTH = 2**30
MAX_PIECES = 2**21
"""Pieces in one torrent, so that a few bytes from a stranger cannot ask for gigabytes."""

V1_KEYS = frozenset({b"pieces", b"files", b"length"})
USED = V1_KEYS | {
    b"attr",  # this, mtime and symlink path: of a single file (BEP 47)
    b"file tree",
    b"meta version",
    b"mtime",
    b"name",
    b"name.utf-8",
    b"piece length",
    b"private",
    b"symlink path",
}


class MetaVersion(Enum):
    """By which rules the content is hashed."""

    V1 = "v1"
    """SHA-1 of pieces laid end to end (BEP 3)."""
    V2 = "v2"
    """SHA-256 trees, one per file (BEP 52)."""
    HYBRID = "hybrid"
    """Both, of the same files (BEP 52, "upgrade path")."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Info:
    """A checked info dictionary; two are equal if their bytes are.

    Args:
        raw: The bencoded bytes, as they came.
        info_hash: SHA-1 of `raw`; None for v2 only.
        info_hash_v2: SHA-256 of `raw`; None for v1 only.
        meta_version: Which of the two count.
        name: Printable; the first component of every path.
        raw_name: As in the torrent.
        is_multi_file: Whether `name` is a directory rather than the one file.
        piece_length: Bytes.
        piece_hashes: SHA-1 of every piece, 20 bytes each; empty for v2 only.
        files: In content order, padding included. A v2 torrent lists no padding, so
            what makes every file start on a piece boundary is put in (BEP 52).
        private: Peers come from its trackers only (BEP 27).
        source: Tag of a tracker; surrogate escapes stand for bytes that are not UTF-8.
        similar: Info-hashes of torrents that share files (BEP 38).
        collections: Names of groups it belongs to (BEP 38).
        extra: Keys that are unknown, or optional and unusable, as decoded.
        geometry: Of `files`.
        total_length: Bytes in all files, padding left out.
        file_count: Padding left out.
    """

    raw: bytes
    info_hash: InfoHash | None
    info_hash_v2: InfoHashV2 | None
    meta_version: MetaVersion
    name: str
    raw_name: bytes
    is_multi_file: bool
    piece_length: int
    piece_hashes: bytes
    files: tuple[FileEntry, ...]
    private: bool
    source: str | None
    similar: tuple[bytes, ...]
    collections: tuple[str, ...]
    extra: Mapping[bytes, Value]
    geometry: Geometry
    total_length: int
    file_count: int

    @property
    def swarm_hash(self) -> InfoHash:
        """What handshakes, trackers and the DHT know the torrent by (BEP 52: v1 first)."""
        return InfoHashes(self.info_hash, self.info_hash_v2).swarm

    def piece_hash(self, piece: int) -> bytes:
        """SHA-1 of a piece, 20 bytes.

        Raises:
            IndexError: No such piece, or a torrent without v1 hashes; a bug in the caller.
        """
        digest = self.piece_hashes[20 * piece : 20 * piece + 20]
        if piece < 0 or not digest:
            raise IndexError(f"no SHA-1 of piece {piece}")
        return digest

    def display_files(self) -> Sequence[FileEntry]:
        """The files that people know of: all but padding, in content order."""
        if self.file_count == len(self.files):
            return self.files
        return [entry for entry in self.files if not entry.is_padding]

    def display_indices(self) -> Sequence[int]:
        """Where those are in `files`: documents count without padding, links with it."""
        return [index for index, entry in enumerate(self.files) if not entry.is_padding]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Info) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Info({self.name!r}, {self.swarm_hash.hex()})"


def parse(raw: bytes) -> Info:
    """Read and check the bytes of an info dictionary, such as metadata from peers (BEP 9).

    Raises:
        BencodeError: Not bencode, or more than one value; keys may come twice, as in files.
        MetainfoError: It breaks a rule of BEP 3, 27, 47 or 52; `where` is the key path.
    """
    return of(raw, lenient_bencode.decode_whole(raw))


def of(raw: bytes, value: Value, listed: Sequence[ListedFile] | None = None) -> Info:
    """As `parse`, for an info dictionary that is decoded already.

    Args:
        raw: The bytes; they alone decide the info-hash.
        value: What decoding `raw` gave; taken over, not to be changed.
        listed: The files in content order, padding included, when `raw` was just made of
            them; `files` and `file tree` are not looked at then.

    Raises:
        MetainfoError: As `parse`.
    """
    if not isinstance(value, dict):
        raise MetainfoError("must be a dictionary", "info")
    version = _version(value)
    raw_name = _name(value)
    piece_length = _piece_length(value, version)
    if listed is None:
        listed, is_multi_file = _listed(value, version, raw_name, piece_length)
    else:
        is_multi_file = len(listed[0].path) > 1
    files = file_entry.entries(listed, is_multi_file)
    shown = [entry for entry in files if "p" not in entry.attr]
    if not shown:
        raise MetainfoError("is nothing but padding", "info.files")
    geometry = _geometry(files, piece_length, version)
    extra = {key: item for key, item in value.items() if key not in USED}
    return Info(
        raw=raw,
        info_hash=None if version is MetaVersion.V2 else InfoHash(hashlib.sha1(raw).digest()),
        info_hash_v2=(
            None if version is MetaVersion.V1 else InfoHashV2(hashlib.sha256(raw).digest())
        ),
        meta_version=version,
        name=displayed(file_names.safe_component(raw_name)),
        raw_name=raw_name,
        is_multi_file=is_multi_file,
        piece_length=piece_length,
        piece_hashes=b"" if version is MetaVersion.V2 else _pieces(value, geometry),
        files=files,
        private=_private(value),
        source=take_text(extra, b"source"),
        similar=take_hashes(extra, b"similar"),
        collections=take_texts(extra, b"collections"),
        extra=extra,
        geometry=geometry,
        total_length=sum(entry.length for entry in shown),
        file_count=len(shown),
    )


def _version(value: dict[bytes, Value]) -> MetaVersion:
    """Tell by `meta version` and what else is there (BEP 52)."""
    number = value.get(b"meta version", 1)
    if number == 1 and isinstance(number, int):
        return MetaVersion.V1
    if number != 2:
        raise MetainfoError(
            "is not 1 or 2, so this is a torrent of the future", "info.meta version"
        )
    return MetaVersion.HYBRID if V1_KEYS & value.keys() else MetaVersion.V2


def _name(value: dict[bytes, Value]) -> bytes:
    key = "name.utf-8" if b"name.utf-8" in value else "name"
    name = value.get(key.encode())
    if name is None:
        raise MetainfoError("is missing", "info.name")
    if not isinstance(name, bytes):
        raise MetainfoError("must be a string", f"info.{key}")
    return name


def _piece_length(value: dict[bytes, Value], version: MetaVersion) -> int:
    length = value.get(b"piece length")
    if length is None:
        raise MetainfoError("is missing", "info.piece length")
    if not isinstance(length, int) or not 1 <= length <= MAX_PIECE_LENGTH:
        raise MetainfoError("must be a number from 1 to 2**30", "info.piece length")
    if version is not MetaVersion.V1 and (length < BLOCK_LENGTH or length & (length - 1)):
        raise MetainfoError(
            f"must be a power of two of at least 16384 in v2: {length}", "info.piece length"
        )
    return length


def _private(value: dict[bytes, Value]) -> bool:
    private = value.get(b"private", 0)
    # Guessing wrong here would announce a private torrent to the public.
    if not isinstance(private, int):
        raise MetainfoError("must be 0 or 1", "info.private")
    return private != 0


def _listed(
    value: dict[bytes, Value], version: MetaVersion, name: bytes, piece_length: int
) -> tuple[list[ListedFile], bool]:
    """All files in content order, padding included, and whether `name` is a directory."""
    flat: list[ListedFile] = []
    is_multi_file = b"files" in value
    if version is not MetaVersion.V2:
        if is_multi_file == (b"length" in value):
            both = "are both there" if is_multi_file else "are both missing"
            raise MetainfoError(f"files and length {both}", "info")
        flat = (
            file_list.of_list(value[b"files"], name)
            if is_multi_file
            else file_list.of_single(value, name)
        )
    if version is MetaVersion.V1:
        return flat, is_multi_file
    if b"file tree" not in value:
        raise MetainfoError("is missing", "info.file tree")
    tree, is_directory = file_list.of_tree(value[b"file tree"], name)
    if version is MetaVersion.V2:
        return file_entry.aligned(tree, piece_length), is_directory
    return file_entry.merged(flat, tree, piece_length), is_multi_file


def _geometry(files: Sequence[FileEntry], piece_length: int, version: MetaVersion) -> Geometry:
    short: dict[int, int] = {}
    if version is MetaVersion.V2:  # its padding is ours: peers know nothing of it
        offset = 0
        for entry in files:
            offset += entry.length
            if not entry.is_padding and offset % piece_length:
                piece, length = divmod(offset, piece_length)
                short[piece] = length
    geometry = Geometry(piece_length, [entry.length for entry in files], short)
    if geometry.total_length > file_list.MAX_CONTENT:
        raise MetainfoError("all lengths add up to more than 2**63 - 1", "info.files")
    if geometry.piece_count > MAX_PIECES:
        raise MetainfoError(
            f"makes more than {MAX_PIECES} pieces: {geometry.piece_count}", "info.piece length"
        )
    return geometry


def _pieces(value: dict[bytes, Value], geometry: Geometry) -> bytes:
    pieces = value.get(b"pieces")
    if pieces is None:
        raise MetainfoError("is missing", "info.pieces")
    if not isinstance(pieces, bytes) or len(pieces) % 20:
        raise MetainfoError("must be a string of 20-byte hashes", "info.pieces")
    if len(pieces) != 20 * geometry.piece_count:
        raise MetainfoError(
            f"has {len(pieces) // 20} hashes, but the files make {geometry.piece_count} pieces",
            "info.pieces",
        )
    return pieces
