"""What of existing content is believed without reading it, and what must be hashed.

Belief is enough to begin with: the first upload of each believed piece hashes it first
(`engine.proofs`). Two things earn it: a record of an earlier run, for files whose size and
mtime are what they were; and, if the user wants a quick start, a file's having the right
size, where there is no record or the file has changed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.bitfield import Bitfield
from raincore.base.errors import DeviceError
from raincore.storage import resume_record
from raincore.storage.failures import named

if TYPE_CHECKING:
    from raincore.base.geometry import Geometry
    from raincore.storage.interface import Fingerprint
    from raincore.storage.resume_record import ResumeRecord

__all__ = ["Trust", "decide", "require_any"]


class Trust(NamedTuple):
    """Two sets of pieces without a common one; the others are known to be missing."""

    believed: Bitfield
    doubtful: Bitfield


def decide(
    record: ResumeRecord | None, now: Fingerprint, geometry: Geometry, *, quick: bool
) -> Trust:
    """Say which pieces are believed to be good, and which must be hashed.

    Args:
        record: What an earlier run has verified, if it is known.
        now: `fingerprint()` of the storage, before anything is written to it.
        geometry: Of the torrent.
        quick: Whether the right size is enough.
    """
    if record is None:
        believed = Bitfield(geometry.piece_count)
        doubtful = Bitfield.full(geometry.piece_count)
    else:
        believed = resume_record.trusted(record, now, geometry)
        doubtful = resume_record.doubtful(record, now, geometry)
    if quick:
        whole = doubtful & of_right_size(now, geometry)
        believed, doubtful = believed | whole, doubtful - whole
    return Trust(believed, doubtful)


def require_any(record: ResumeRecord | None, now: Fingerprint, directory: str) -> None:
    """Refuse to begin anew where all that an earlier run has verified is gone.

    It is on a disk that is not mounted, more often than not, and would be fetched once more
    into the directory below it.

    Args:
        record: What an earlier run has verified, if it is known.
        now: `fingerprint()` of the storage.
        directory: Of the content, for the message.

    Raises:
        DeviceError: No file is there of which there was one.
    """
    before = record.files if record is not None else ()
    # Padding is always there, and has no time.
    were = [index for index, status in enumerate(before) if status and status[1]]
    if were and all(index < len(now) and now[index] is None for index in were):
        raise DeviceError(
            "the content is gone, maybe its disk is not mounted; verify the torrent to begin "
            f"anew: {named(directory)}",
            named(directory),
        )


def of_right_size(now: Fingerprint, geometry: Geometry) -> Bitfield:
    """The pieces that lie in nothing but files of the size that the torrent says."""
    pieces = Bitfield.full(geometry.piece_count)
    for index, (status, length) in enumerate(zip(now, geometry.file_lengths, strict=True)):
        if length and (status is None or status[0] != length):
            of_file = geometry.pieces_of_file(index)
            pieces.bits[of_file.start : of_file.stop] = 0
    return pieces
