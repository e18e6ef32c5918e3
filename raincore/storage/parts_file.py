"""Bytes of files that nobody wants, kept because they share pieces with wanted ones.

They lie in one sparse file at their content offsets, below the user's state directory and
never beside the data; an index beside it says which runs are there. The index is written
after the bytes are synced, so it never promises more than the disk holds. If either is
damaged or gone, pieces are fetched again and nothing worse happens.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from typing import TYPE_CHECKING

from raincore.base.storage_errors import InUse
from raincore.storage import atomic_file, gathered_write, state_directory
from raincore.storage.failures import named, read_error, write_error
from raincore.storage.lock_file import LockFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PartsFile", "place_of"]

VERSION = 1
INDEX_BYTES_MAX = 256 * 1024 * 1024


def place_of(info_hash: str, directory: Path) -> str:
    """Where the parts of one torrent, downloaded into one directory, are kept."""
    root = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return os.path.join(state_directory.path("parts"), f"{info_hash}-{root}")


class PartsFile:
    """Runs of one torrent's content. Every method may be called from any thread.

    Nothing of it may be used before `open` but `is_needed`.

    Args:
        place: A directory of its own, created with the first byte.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._use: LockFile | None = None
        self._retired: list[int] = []
        self._is_open = False
        self._lock = threading.Lock()
        self._descriptor = -1
        self._changed = False
        self._runs: dict[int, int] = {}

    @property
    def path(self) -> str:
        """Of the bytes. Made when it is asked for: thousands of torrents have none."""
        return os.path.join(self.place, "bytes")

    @property
    def index_path(self) -> str:
        """Of the index, likewise."""
        return os.path.join(self.place, "index.json")

    def is_needed(self, unwanted: frozenset[int]) -> bool:
        """Whether there is something in it, or may come to be: then it must be opened."""
        return bool(unwanted) or self._is_open or os.path.lexists(self.place)

    def open(self) -> None:
        """Find out what is there, and keep other processes from it until `close`.

        Raises:
            WriteError: Another process uses it.
            ReadError: There is an index that the system refuses to read.
        """
        if self._is_open:
            return
        use = self._use = self._use or LockFile(self.place + ".lock")
        try:
            is_ours = use.take()
        except OSError as error:
            raise write_error(error, use.path, "lock") from error
        if not is_ours:
            raise InUse(
                "another process fetches this torrent into the same directory; wait for it,"
                f" or choose another directory: {named(use.path)}",
                named(use.path),
            )
        self._is_open = True
        self._runs = self._load() if os.path.exists(self.path) else {}

    def _load(self) -> dict[int, int]:
        try:
            with open(self.index_path, "rb") as file:
                return parsed(file.read(INDEX_BYTES_MAX))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise read_error(error, self.index_path) from error

    @property
    def runs(self) -> Mapping[int, int]:
        """A copy of what is there: length by content offset."""
        with self._lock:
            return dict(self._runs)

    def holds(self, offset: int, length: int) -> bool:
        """Whether a run was written, whole and as one."""
        return self._runs.get(offset) == length

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from a content offset; fewer bytes where the file is too short.

        Raises:
            ReadError: The system failed to read.
        """
        done = 0
        try:
            descriptor = self._open()
            while done < len(buffer):
                got = os.preadv(descriptor, [buffer[done:]], offset + done)
                if not got:
                    break
                done += got
        except OSError as error:
            raise read_error(error, self.path) from error
        return done

    def write(self, offset: int, buffers: list[memoryview]) -> None:
        """Write a run at its content offset.

        Raises:
            NoSpace: The disk or quota is full.
            WriteError: The system failed to write.
        """
        length = sum(len(buffer) for buffer in buffers)
        try:
            os.makedirs(self.place, mode=0o700, exist_ok=True)
            gathered_write.write_all(self._open(), buffers, offset)
        except OSError as error:
            raise write_error(error, self.path) from error
        with self._lock:
            self._runs[offset] = length
            self._changed = True

    def forget(self, offset: int) -> None:
        """Take a run out of the index; its bytes stay until all are removed."""
        with self._lock:
            self._runs.pop(offset, None)
            self._changed = True

    def sync(self) -> None:
        """Make all that was written so far survive a power cut.

        Raises:
            WriteError: The system could not.
        """
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            runs = sorted(self._runs.items())
        try:
            os.fdatasync(self._open())
            index = json.dumps({"v": VERSION, "runs": runs}, separators=(",", ":")).encode()
            atomic_file.write(self.index_path, index, overwrite=True, secret=True)
            atomic_file.sync_directory(os.path.dirname(self.place))
        except BaseException as error:
            with self._lock:
                self._changed = True
            if isinstance(error, OSError):
                raise write_error(error, self.path, "sync") from error
            raise

    def stamp(self) -> int:
        """Changes with the bytes: the mtime in nanoseconds; 0 if there are none."""
        try:
            return os.stat(self.path).st_mtime_ns
        except OSError:
            return 0

    def remove(self) -> None:
        """Nothing of it is needed any more, though somebody may still read it.

        Raises:
            WriteError: The system failed to remove it.
        """
        with self._lock:
            self._runs = {}
            self._changed = False
            if self._descriptor >= 0:  # its number must not be another file's yet
                self._retired.append(self._descriptor)
                self._descriptor = -1
        if not os.path.lexists(self.place):
            return
        try:
            shutil.rmtree(self.place)
        except OSError as error:
            raise write_error(error, self.place, "remove") from error

    def _open(self) -> int:
        with self._lock:
            if self._descriptor < 0:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                self._descriptor = os.open(self.path, flags, 0o600)
            return self._descriptor

    def close(self) -> None:
        """Close the file, and let others use it; harmless when repeated."""
        with self._lock:
            for descriptor in (*self._retired, self._descriptor):
                if descriptor >= 0:
                    os.close(descriptor)
            self._retired.clear()
            self._descriptor = -1
            self._is_open = False
        if self._use is not None:
            self._use.release()


def parsed(data: bytes) -> dict[int, int]:
    """The runs that an index lists; none if it is not one of ours."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict) or value.get("v") != VERSION:
        return {}
    runs = value.get("runs")
    if not isinstance(runs, list) or not all(is_run(run) for run in runs):
        return {}
    return dict(runs)


def is_run(value: object) -> bool:
    """Whether a JSON value is an [offset, length] pair."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(number) is int and 0 <= number < 1 << 63 for number in value)
    )
