"""What the files of a torrent were when it was made, so that an update knows them again.

A record is an array of numbers below the user's state directory, a file for each torrent
that was made here, named by its info-hash. It only ever saves work: whatever goes wrong
with it is passed over in silence, and what it does not vouch for is read again.
"""

from __future__ import annotations

import os
from array import array
from contextlib import suppress
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from raincore.storage import state_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.storage.content_scan import SourceFile

__all__ = ["Record", "default_directory", "load", "save"]

MAGIC = b"rain-created-1\n\0"
KEPT = 1000
SPARE = 100  # so that not every run lists them all
MAX_BYTES = 256 * 1024 * 1024
VALUES = attrgetter("size", "mtime_ns", "ctime_ns", "inode")
WIDTH = 4
UNKNOWN = -1

TICK_NS = 20_000_000
"""Two changes of a file within a tick of the kernel's clock (4 to 10 ms) get the same time."""

COARSE_TICK_NS = 2_000_000_000
"""As TICK_NS, for file systems that keep whole seconds (FAT even two)."""


class Record:
    """What was saved of one torrent."""

    def __init__(self, values: array[int]) -> None:
        self.values = values

    def vouches(self, index: int, file: SourceFile) -> bool:
        """Whether a file is the one that was hashed, by its number and its clocks.

        Args:
            index: Of the file in the old torrent, padding not counted.
            file: As it is now.
        """
        known = self.values[WIDTH * index : WIDTH * index + WIDTH]
        return known.tolist() == list(VALUES(file))


def save(
    info_hash: str,
    files: Sequence[SourceFile],
    began_ns: int,
    directory: str | None = None,
) -> None:
    """Keep a record, whatever was known of that torrent before. 20,000 files take 5 ms.

    Args:
        info_hash: 40 or 64 hex digits.
        files: In content order, without padding, as they were before they were hashed.
        began_ns: Not later than the scan. A file changed so shortly before that a later
            change could have got the same time is not vouched for.
        directory: Where; None for `default_directory()`.
    """
    with suppress(OSError, OverflowError):
        place = directory or default_directory()
        os.makedirs(place, mode=0o700, exist_ok=True)
        values = array("q", chain.from_iterable(map(VALUES, files)))
        for index, file in enumerate(files):
            if file.ctime_ns >= began_ns - COARSE_TICK_NS and is_fresh(file.ctime_ns, began_ns):
                values[WIDTH * index] = UNKNOWN
        temporary = os.path.join(place, f".{info_hash}.{os.getpid()}")
        try:
            with open(temporary, "wb") as file_out:
                file_out.write(MAGIC)
                file_out.write(values)
            os.replace(temporary, os.path.join(place, info_hash))
        except OSError:
            os.unlink(temporary)
            raise
        prune(place)


def is_fresh(ctime_ns: int, began_ns: int) -> bool:
    """Whether another change could have the same time."""
    is_coarse = not ctime_ns % 1_000_000_000
    return ctime_ns >= began_ns - (COARSE_TICK_NS if is_coarse else TICK_NS)


def load(info_hash: str, count: int, directory: str | None = None) -> Record | None:
    """Find the record of a torrent.

    Args:
        info_hash: 40 or 64 hex digits.
        count: Files in it, padding left out.
        directory: Where; None for `default_directory()`.

    Returns:
        None if there is none of so many files.
    """
    values = array("q")
    length = WIDTH * count * values.itemsize
    if length > MAX_BYTES:
        return None
    try:
        with open(os.path.join(directory or default_directory(), info_hash), "rb") as file:
            data = file.read(len(MAGIC) + length + 1)
    except OSError:
        return None
    if not data.startswith(MAGIC) or len(data) != len(MAGIC) + length:
        return None
    values.frombytes(data[len(MAGIC) :])
    return Record(values)


def prune(place: str) -> None:
    """Delete the oldest records when there are too many."""
    names = os.listdir(place)
    if len(names) <= KEPT + SPARE:
        return
    paths = [os.path.join(place, name) for name in names]
    paths.sort(key=lambda path: os.stat(path).st_mtime_ns)
    for path in paths[: len(paths) - KEPT]:
        os.unlink(path)


def default_directory() -> str:
    """Where records live: "rain/created" below XDG_STATE_HOME or ~/.local/state."""
    return state_directory.path("created")
