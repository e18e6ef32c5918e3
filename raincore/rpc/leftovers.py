"""What moves that broke have left, and when it is time to let it go."""

from __future__ import annotations

import math
import os
import shutil
from typing import TYPE_CHECKING

from raincore.storage.failures import write_error

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["KEEP_SECONDS", "PREFIX", "remove", "stale"]

PREFIX = ".moving-"
KEEP_SECONDS = 7 * 86400.0
"""Since anything came; whoever wanted to go on has done so. The sender has all of it still."""


def stale(data_dir: Path, now: float) -> list[str]:
    """Find the moves into a directory that nobody has gone on with for long.

    Args:
        data_dir: Where torrents are put; it need not be there.
        now: Seconds since 1970.

    Returns:
        Ids of torrents, sorted. What cannot be looked at is left alone.
    """
    try:
        names = sorted(os.listdir(data_dir))
    except OSError:
        return []
    places = [data_dir / name for name in names if name.startswith(PREFIX)]
    return [
        place.name.removeprefix(PREFIX)
        for place in places
        if place.is_dir() and not place.is_symlink() and now - _newest(place) > KEEP_SECONDS
    ]


def remove(staging: Path) -> None:
    """Delete what has come of one.

    Raises:
        WriteError: Not all of it could be deleted.
    """
    try:
        shutil.rmtree(staging)
    except OSError as error:
        raise write_error(error, error.filename or staging, "delete") from error


def _newest(place: Path) -> float:
    """When something below changed last, in seconds since 1970; inf if that cannot be told."""
    newest = 0.0
    try:
        for folder, _, names in os.walk(place, onerror=_raised):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                status = os.lstat(path)
                newest = max(newest, status.st_mtime, status.st_ctime)
    except OSError:
        return math.inf  # somebody is at it, or it is not ours
    return newest


def _raised(error: OSError) -> None:
    raise error
