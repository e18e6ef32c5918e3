"""What was verified of one torrent in one directory, and how much of it still holds."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import FormatError

if TYPE_CHECKING:
    from raincore.base.geometry import Geometry
    from raincore.storage.interface import Fingerprint

__all__ = ["ResumeRecord", "doubtful", "encode", "parse", "trusted"]

VERSION = 1


@dataclass(frozen=True, slots=True)
class ResumeRecord:
    """What was verified of one torrent in one directory.

    Args:
        info_hash: 40 hex digits by which the swarm knows the torrent.
        directory: Absolute path of the directory that holds the content.
        files: Size and mtime of each file when `have` was true.
        have: The verified pieces, a bitfield in wire order.
    """

    info_hash: str
    directory: str
    files: Fingerprint
    have: bytes


def trusted(record: ResumeRecord, now: Fingerprint, geometry: Geometry) -> Bitfield:
    """The pieces of a record that need no new check.

    A piece counts when every file it touches still has the size and mtime it had when
    the record was made. The others must be hashed.

    Args:
        record: What was saved.
        now: `fingerprint()` of the storage, before anything is written to it.
        geometry: Of the same torrent.

    Returns:
        One bit for each piece; none set if the record does not fit the torrent.
    """
    count = geometry.piece_count
    if not len(record.files) == len(now) == len(geometry.file_lengths):
        return Bitfield(count)
    try:
        have = Bitfield.from_bytes(record.have, count)
    except FormatError:
        return Bitfield(count)
    for index, (then, today) in enumerate(zip(record.files, now, strict=True)):
        if then is None or then != today:
            pieces = geometry.pieces_of_file(index)
            have.bits[pieces.start : pieces.stop] = 0
    return have


def doubtful(record: ResumeRecord, now: Fingerprint, geometry: Geometry) -> Bitfield:
    """The pieces that must be hashed: those that touch a file which has changed.

    A piece that is in no changed file and not in the record is known to be missing, and
    reading it, usually a hole in a sparse file, would teach nothing.

    Returns:
        One bit for each piece; all of them set if the record does not fit the torrent.
    """
    count = geometry.piece_count
    fits = len(record.files) == len(now) == len(geometry.file_lengths)
    if not fits or len(record.have) != (count + 7) // 8:
        return Bitfield.full(count)
    doubted = Bitfield(count)
    for index, (then, today) in enumerate(zip(record.files, now, strict=True)):
        if then != today:
            pieces = geometry.pieces_of_file(index)
            doubted.bits[pieces.start : pieces.stop] = 1
    return doubted


def encode(record: ResumeRecord) -> dict[str, object]:
    """Turn a record into a value for JSON."""
    return {
        "v": VERSION,
        "info_hash": record.info_hash,
        "directory": record.directory,
        "files": record.files,
        "have": b64encode(record.have).decode(),
    }


def parse(value: object) -> ResumeRecord:
    """Turn a stored JSON value into a record, believing nothing.

    Raises:
        FormatError: It is not what `save` writes.
    """
    if not isinstance(value, dict) or value.get("v") != VERSION:
        raise FormatError("not a record of this version")
    info_hash, directory, have = (value.get(key) for key in ("info_hash", "directory", "have"))
    files = value.get("files")
    if not (isinstance(info_hash, str) and isinstance(directory, str) and isinstance(have, str)):
        raise FormatError("a record's text is missing")
    if not isinstance(files, list) or not all(file is None or is_stat(file) for file in files):
        raise FormatError("a record's files are malformed")
    try:
        bits = b64decode(have, validate=True)
    except ValueError as error:
        raise FormatError("a record's bitfield is not base64") from error
    known = tuple(None if file is None else (file[0], file[1]) for file in files)
    return ResumeRecord(info_hash, directory, known, bits)


def is_stat(value: object) -> bool:
    """Whether a JSON value is a [size, mtime] pair."""
    return (
        isinstance(value, list) and len(value) == 2 and all(type(number) is int for number in value)
    )
