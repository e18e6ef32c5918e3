"""Content that somebody else is writing: it is read where it is, and what we add goes elsewhere.

So a second process can read a torrent that another one fetches into the same directory. It
takes what is there and verifies, and fetches the rest for itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from raincore.base.errors import StorageError
    from raincore.storage.interface import Fingerprint, Storage

__all__ = ["AsideStorage"]


class AsideStorage:
    """Two storages of one torrent; implements `interface.Storage`.

    Args:
        there: Is only read.
        aside: Gets what is written, whole pieces, and is asked for those.
        piece_length: Of the torrent, in bytes.
    """

    def __init__(self, there: Storage, aside: Storage, piece_length: int) -> None:
        self._there = there
        self._aside = aside
        self._piece_length = piece_length
        self._lock = threading.Lock()
        self._written: set[int] = set()

    def _runs(self, offset: int, length: int) -> Iterator[tuple[Storage, int, int]]:
        """Cut a run at pieces: where each part is to be read, and its place in the run."""
        end = offset + length
        at = offset
        while at < end:
            piece = at // self._piece_length
            until = min(end, (piece + 1) * self._piece_length)
            with self._lock:
                storage = self._aside if piece in self._written else self._there
            yield storage, at - offset, until - offset
            at = until

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer`; see `interface.Storage`.

        Raises:
            StorageError: The system failed to read.
        """
        for storage, begin, end in self._runs(offset, len(buffer)):
            got = storage.read_into(offset + begin, buffer[begin:end])
            if got < end - begin:
                return begin + got
        return len(buffer)

    def try_read_into(self, offset: int, buffer: memoryview) -> bool:
        """Fill `buffer` from memory, or not at all; see `interface.Storage`."""
        return all(
            storage.try_read_into(offset + begin, buffer[begin:end])
            for storage, begin, end in self._runs(offset, len(buffer))
        )

    def is_hole(self, offset: int, length: int) -> bool:
        """Whether a run lies in holes; see `interface.Storage`."""
        return all(
            storage.is_hole(offset + begin, end - begin)
            for storage, begin, end in self._runs(offset, length)
        )

    def write(self, offset: int, data: Sequence[memoryview]) -> None:
        """Write pieces; see `interface.Storage`.

        Raises:
            StorageError: The disk refused.
        """
        self._aside.write(offset, data)
        last = offset + sum(map(len, data)) - 1
        with self._lock:
            self._written.update(
                range(offset // self._piece_length, last // self._piece_length + 1)
            )

    def choose_files(self, unwanted: frozenset[int]) -> None:
        """Nothing to do: no file of the torrent is created or changed."""

    def sync(self) -> None:
        """Nothing to do: what is written will not be needed again."""

    def finish(self) -> None:
        """Nothing to do, as for `choose_files`."""

    def obstacles(self, files: Iterable[int]) -> dict[int, StorageError]:
        """Say which files could not be written aside; see `interface.Storage`."""
        return self._aside.obstacles(files)

    def fingerprint(self) -> Fingerprint:
        """Size and mtime of the files that are only read; see `interface.Storage`."""
        return self._there.fingerprint()

    def changed(self) -> frozenset[int]:
        """Files that somebody else has changed; see `interface.Storage`.

        The process that fetches changes them all the time, by what is good: it is no news.
        """
        return frozenset()

    def close(self) -> None:
        """Close all files; harmless when repeated."""
        self._there.close()
        self._aside.close()
