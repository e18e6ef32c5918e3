"""The bytes of a .torrent file, within bounds, before anybody looks into them."""

from __future__ import annotations

from raincore.base import printable
from raincore.base.errors import DocumentError, FormatError

__all__ = ["MAX_TORRENT", "bounded", "read_named", "read_torrent"]

MAX_TORRENT = 32 * 1024 * 1024


def read_torrent(path: str) -> bytes:
    """Read a .torrent file; raise FormatError if that cannot be done, or it is too large."""
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_TORRENT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no usable file name"
        raise FormatError(f"cannot be read: {reason.lower()}") from error
    return bounded(raw)


def bounded(raw: bytes) -> bytes:
    """Give the bytes back; raise FormatError if they are too many."""
    if len(raw) > MAX_TORRENT:
        raise FormatError("larger than 32 MiB, which is too large for a .torrent file")
    return raw


def read_named(path: str) -> bytes:
    """Read the file that a document names; raise DocumentError as `read_torrent` fails."""
    try:
        return read_torrent(path)
    except FormatError as error:
        raise DocumentError(f"{error}: {printable.printable(path)}", "$.path") from error
