"""Making a torrent of what is no directory to be read whole: of an archive, or once more."""

from __future__ import annotations

import io
import os
import sys
from typing import IO, TYPE_CHECKING

from raincore.base import units
from raincore.base.errors import ConfigError, FormatError
from raincore.formats import metainfo
from raincore.storage import creation_update, tar_creation
from raincore.storage.failures import named
from raintools._kit import exits, torrent_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_scan import Identity
    from raincore.storage.creation import Created
    from raincore.storage.creation_options import CreateOptions
    from raintools._kit.options import Common

    Tell = Callable[[int, int | None], None]

__all__ = ["again", "of_archive", "older"]

STDIN = "-"


def older(path: str) -> tuple[Metainfo, int]:
    """Read the torrent to be made again; and when it was written, in nanoseconds.

    Raises:
        FormatError: It is no torrent.
    """
    try:
        raw = torrent_bytes.read_torrent(path)
        return metainfo.parse(raw), os.stat(path).st_mtime_ns
    except FormatError as error:
        raise FormatError(f"{named(path)}: {error}") from error


def again(
    path: str,
    wanted: CreateOptions,
    old: tuple[Metainfo, int],
    tell: Tell,
    common: Common,
    apart: Collection[Identity] = (),
) -> Created:
    """Make a torrent again, and say how much of it had to be read."""
    updated = creation_update.update(path, wanted, *old, apart=apart, on_progress=tell)
    if common.verbose:
        read, reused = map(units.format_size, (updated.bytes_read, updated.bytes_reused))
        exits.say(f"{common.outcome.command}: {read} read, the hashes of {reused} reused")
    return updated.created


def of_archive(
    path: str,
    label: str,
    wanted: CreateOptions,
    tell: Tell,
    common: Common,
    apart: Collection[Identity] = (),
) -> Created:
    """Make a torrent of what is in an archive, which is none of those that are `apart`."""
    with opened(path) as file:
        require_apart(file, label, apart)
        return tar_creation.create(
            file,
            label,
            wanted,
            on_progress=tell,
            warn=lambda note: common.warn(f"{label}: {note}"),
        )


def require_apart(file: IO[bytes], label: str, apart: Collection[Identity]) -> None:
    """Make sure that an archive is not the file that the torrent will replace.

    Raises:
        ConfigError: It is.
    """
    if apart:
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) in apart:
            raise ConfigError(f"an archive cannot become its own torrent: {named(label)}", "out")


def opened(path: str) -> IO[bytes]:
    """Open an archive, unbuffered.

    Raises:
        FormatError: It cannot be opened.
    """
    try:
        if path != STDIN:
            return open(path, "rb", buffering=0)
        if sys.stdin is None:
            raise FormatError("standard input is closed")
        try:
            return io.FileIO(sys.stdin.fileno(), closefd=False)
        except io.UnsupportedOperation:  # replaced by something that is no file, as tests do
            return sys.stdin.buffer
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no usable file name"
        raise FormatError(f"cannot be read: {reason.lower()}") from error
