"""What was proven by earlier checks, in a file that grows line by line.

Each line is one JSON array whose first item says what it is:

    ["rain-verify-journal", 1]             the first line: what this file is
    ["files", KEY, [[size, …], …]]         the stamps of a torrent's files from here on
    ["good", KEY, [[first, last], …]]      pieces proven while the files had these stamps
    ["leaves", KEY, piece, base64]         hashes of a proven piece's 16 KiB blocks (v2)

A check that is killed loses the last second; a line that was cut off is ignored. A piece
counts as proven as long as the stamps of all its files are those under which it was read.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from raincore.base.bitfield import Bitfield
from raincore.base.errors import FormatError, WriteError
from raincore.storage.failures import named, read_error, write_error
from raincore.storage.piece_runs import runs_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.content_state import Stamp

__all__ = ["Chapter", "Journal"]

HEAD = ["rain-verify-journal", 1]
FLUSH_SECONDS = 1.0
FLUSH_PIECES = 4096
MAX_LINE = 64 * 1024 * 1024
MAX_PIECES = 2**21


@dataclass(slots=True)
class Proven:
    """What the journal knows of one torrent in one place."""

    stamps: list[Stamp | None] = field(default_factory=list)
    ranges: list[tuple[int, int, int]] = field(default_factory=list)
    """(first, last, number of the stamps that they were read under)."""
    history: list[list[Stamp | None]] = field(default_factory=list)


class Journal:
    """A journal file, open for reading and appending. Not thread safe.

    Args:
        path: Where it is; made if it is not there.

    Raises:
        FormatError: It is there and is no journal; it is left alone.
        ReadError, WriteError: It cannot be read or written.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.known: dict[str, Proven] = {}
        self.damaged = 0
        try:
            self._load()
        except OSError as error:
            raise read_error(error, path) from error
        try:
            self._file: IO[bytes] = open(path, "ab")  # noqa: SIM115  # closed by `close`
        except OSError as error:
            raise write_error(error, path, "open") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise WriteError(f"journal is in use by another check: {named(path)}", path) from error
        if not self._file.tell():
            self.write(HEAD)
        elif self._torn:
            self._file.write(b"\n")

    def chapter(self, key: str) -> Chapter:
        """The part about one torrent in one place; `key` names both."""
        return Chapter(self, key, self.known.setdefault(key, Proven()))

    def write(self, line: list[Any]) -> None:
        """Append a line; it reaches the system with `flush`.

        Raises:
            WriteError: It cannot be written.
        """
        try:
            self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            raise write_error(error, self.path) from error

    def flush(self) -> None:
        """Hand everything to the system.

        Raises:
            WriteError: It cannot be written.
        """
        try:
            self._file.flush()
        except OSError as error:
            raise write_error(error, self.path) from error

    def close(self) -> None:
        """Write what is left and close.

        Raises:
            WriteError: It cannot be written.
        """
        try:
            self._file.close()
        except OSError as error:
            raise write_error(error, self.path) from error

    def lines(self) -> Iterator[list[Any]]:
        """Every line that can be read, from the start."""
        with suppress(FileNotFoundError), open(self.path, "rb") as file:
            while raw := file.readline(MAX_LINE):
                line = _parsed(raw)
                if line is not None:
                    yield line
                else:
                    self.damaged += 1

    def _load(self) -> None:
        self._torn = _is_torn(self.path)
        for number, line in enumerate(self.lines()):
            if not number and line != HEAD:
                break
            self._learn(line)
        else:
            if self.known or not self.damaged:
                return
        raise FormatError(f"not a journal of rain-verify, so it is left alone: {named(self.path)}")

    def _learn(self, line: list[Any]) -> None:
        match line:
            case ["files", str(key), list(stamps)]:
                proven = self.known.setdefault(key, Proven())
                proven.stamps = [None if stamp is None else _stamp(stamp) for stamp in stamps]
                proven.history.append(proven.stamps)
            case ["good", str(key), list(pairs)] if key in self.known:
                proven = self.known[key]
                current = len(proven.history) - 1
                for pair in pairs:
                    match pair:
                        case [int(first), int(last)] if 0 <= first <= last < MAX_PIECES:
                            proven.ranges.append((first, last, current))


class Chapter:
    """What is known and noted about one torrent in one place.

    Args:
        journal: Where it stands.
        key: Names the torrent and the place.
        before: What earlier checks have proven.
    """

    def __init__(self, journal: Journal, key: str, before: Proven) -> None:
        self.journal = journal
        self.key = key
        self.before = before
        self.fresh: list[int] = []
        self.flushed = time.monotonic()

    def begin(self, stamps: Sequence[Stamp | None], geometry: Geometry) -> Bitfield:
        """Start a check of files that have these stamps now.

        Returns:
            The pieces that earlier checks have proven and that nobody can have changed since.
        """
        good = Bitfield(geometry.piece_count)
        for number, then in enumerate(self.before.history):
            under_these = Bitfield(geometry.piece_count)
            for first, last, read_under in self.before.ranges:
                if read_under == number and last < geometry.piece_count:
                    under_these.bits[first : last + 1] = 1
            good = good | (under_these - _changed_pieces(then, stamps, geometry))
        if list(stamps) != self.before.stamps:
            self.journal.write(["files", self.key, stamps])
            if good.any():
                self.journal.write(["good", self.key, list(runs_of(good))])
            self.journal.flush()
        return good

    def proven(self, piece: int, leaves: bytes) -> None:
        """Note that a piece is good; `leaves` are the hashes of its blocks, if it has a tree."""
        if len(leaves) > 32:
            text = b64encode(leaves).decode()
            self.journal.write(["leaves", self.key, piece, text])
        self.fresh.append(piece)
        now = time.monotonic()
        if len(self.fresh) >= FLUSH_PIECES or now - self.flushed >= FLUSH_SECONDS:
            self.flushed = now
            self.flush()

    def flush(self) -> None:
        """Write what is proven so far."""
        if self.fresh:
            self.journal.write(["good", self.key, list(runs_of(sorted(self.fresh)))])
            self.fresh = []
        self.journal.flush()

    def leaves(self, pieces: Collection[int]) -> dict[int, bytes]:
        """The hashes of the blocks of pieces when they were good, as far as they were noted."""
        self.flush()
        wanted = set(pieces)
        found: dict[int, bytes] = {}
        for line in self.journal.lines():
            match line:
                case ["leaves", self.key, int(piece), str(text)] if piece in wanted:
                    with suppress(ValueError):
                        found[piece] = b64decode(text, validate=True)
        return found


def _changed_pieces(
    then: Sequence[Stamp | None], now: Sequence[Stamp | None], geometry: Geometry
) -> Bitfield:
    """The pieces of files whose stamps differ; all of them if it is not the same torrent."""
    count = geometry.piece_count
    if len(then) != len(now):
        return Bitfield.full(count)
    changed = Bitfield(count)
    for index, (old, new) in enumerate(zip(then, now, strict=True)):
        if old != new:
            pieces = geometry.pieces_of_file(index)
            changed.bits[pieces.start : pieces.stop] = 1
    return changed


def _parsed(raw: bytes) -> list[Any] | None:
    try:
        line = json.loads(raw)  # an array that was cut off is no JSON
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, list) else None


def _stamp(values: Any) -> Stamp | None:
    match values:
        case [int(), int(), int(), int(), int()]:
            return tuple(values)
    return None


def _is_torn(path: str) -> bool:
    """Whether the last line lacks its end, because a check was killed while it wrote."""
    try:
        with open(path, "rb") as file:
            if not file.seek(0, os.SEEK_END):
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except FileNotFoundError:
        return False
