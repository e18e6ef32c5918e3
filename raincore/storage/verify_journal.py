"""What was proven by earlier checks, so that it need not be read again.

The lines of the journal, besides the first:

    torrent N "KEY"                        a number for a torrent in one place
    files N FIRST [[size, …], …]           the stamps of its files; FIRST = 0 begins anew
    good N [[first, last], …]              pieces proven while the files had these stamps
    leaves N PIECE BASE64                  hashes of a proven piece's 16 KiB blocks (v2)

A piece counts as proven as long as the stamps of all its files are those under which it
was read. Memory: where lines are, not what they say.
"""

from __future__ import annotations

import binascii
import json
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from raincore.base.bitfield import Bitfield
from raincore.base.errors import WriteError
from raincore.storage.failures import named
from raincore.storage.journal_file import JournalFile
from raincore.storage.journal_places import Places
from raincore.storage.piece_runs import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.content_state import Stamp

__all__ = ["Chapter", "Journal"]

HEAD = b"rain-verify-journal 1\n"
FLUSH_SECONDS = 1.0
FLUSH_PIECES = 4096
STAMPS_A_LINE = 10_000
COMPACT_LENGTH = 1024 * 1024
"""Bytes below which a journal may be as stale as it likes."""


class Journal:
    """A journal file, of which each chapter may be used by another thread.

    Args:
        path: Where it is; made if it is not there.

    Raises:
        FormatError: It is there and is no journal; it is left alone.
        ReadError, WriteError: It cannot be read or written, or another process has it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.known: dict[str, Places] = {}
        self.stale = 0
        self.file = JournalFile(path, HEAD)
        try:
            self._load()
            if self.file.end >= COMPACT_LENGTH and self.stale > self.file.end // 2:
                # What cannot be made smaller still serves.
                with suppress(WriteError):
                    self.file.replace(self._compact_lines())
                    self._load()
        except BaseException:
            self.file.close()
            raise

    @property
    def damage(self) -> str | None:
        """What was wrong with the file when it was opened, if anything was."""
        line = self.file.damaged_line
        if line is None:
            return None
        return (
            f"journal is damaged: line {line} and what follows it is read again: {named(self.path)}"
        )

    def chapter(self, key: str) -> Chapter:
        """The part about one torrent in one place; `key` names both."""
        with self.lock:
            places = self.known.get(key)
            if places is None:
                places = self.known[key] = Places(len(self.known))
                self.file.append(_torrent_line(places, key))
        return Chapter(self, places)

    def close(self) -> None:
        """Write what is left and close.

        Raises:
            WriteError: It cannot be written.
        """
        self.file.close()

    def _load(self) -> None:
        """Find out where everything is."""
        self.known.clear()
        self.stale = 0
        numbered: dict[int, Places] = {}
        for at, text in self.file.lines():
            # Lines of kinds that are not known here are from later versions.
            with suppress(ValueError, RecursionError):
                kind, number, rest = text.split(b" ", 2)
                if kind == b"torrent":
                    numbered[int(number)] = self.known[str(json.loads(rest))] = Places(int(number))
                elif int(number) in numbered:
                    self.stale += numbered[int(number)].add(kind, rest, at)

    def _compact_lines(self) -> Iterator[bytes]:
        """What is still of use."""
        for key, places in self.known.items():
            yield _torrent_line(places, key)
            for at in (*places.files, *places.good):
                yield self.file.line_at(at)
            for at in filter(None, places.leaves):
                yield self.file.line_at(at)


class Chapter:
    """What is known and noted about one torrent in one place. Used by one thread.

    Args:
        journal: Where it stands.
        places: Where its lines are.
    """

    def __init__(self, journal: Journal, places: Places) -> None:
        self.journal = journal
        self.file = journal.file
        self.places = places
        self.fresh: list[int] = []
        self.flushed = time.monotonic()

    def begin(self, stamps: Sequence[Stamp | None], geometry: Geometry) -> Bitfield:
        """Start a check of files that have these stamps now.

        A file that is not there keeps its stamp, so that nothing is forgotten while a
        disk is not mounted.

        Args:
            stamps: One for each file; None for what is no file, such as padding.
            geometry: How the files make up the content.

        Returns:
            The pieces that earlier checks have proven and that nobody can have changed
            since, none of files that are not there.
        """
        self.file.flush()
        before = self._stamps()
        good = self._good(geometry.piece_count)
        if len(before) != len(stamps):
            before, good = [None] * len(stamps), Bitfield(geometry.piece_count)
        now = [old if new is None else new for old, new in zip(before, stamps, strict=True)]
        if now != before:
            good = good - _pieces_where(before, now, geometry)
            self._write_stamps(now)
            self._write_good(good)
            self.file.flush()
        return good - _pieces_where(now, stamps, geometry)

    def proven(self, piece: int, leaves: bytes) -> None:
        """Note that a piece is good; `leaves` are the hashes of its blocks, if it has a tree.

        Raises:
            WriteError: The journal cannot be written.
        """
        if len(leaves) > 32:  # the hash of a single block is the piece's own
            text = binascii.b2a_base64(leaves, newline=False)
            self._append(b"leaves", b"%d %b" % (piece, text))
        self.fresh.append(piece)
        now = time.monotonic()
        if len(self.fresh) >= FLUSH_PIECES or now - self.flushed >= FLUSH_SECONDS:
            self.flushed = now
            self.flush()

    def flush(self) -> None:
        """Hand to the system what is proven so far.

        Raises:
            WriteError: The journal cannot be written.
        """
        if self.fresh:
            self._append(b"good", _json(list(runs_of(sorted(self.fresh)))))
            self.fresh = []
        self.file.flush()

    def leaves(self, piece: int) -> bytes:
        """The hashes of a piece's blocks when it was good; b"" if they were not noted."""
        at = self.places.leaves[piece] if piece < len(self.places.leaves) else 0
        if not at:
            return b""
        self.file.flush()
        try:
            return binascii.a2b_base64(self.file.line_at(at).rpartition(b" ")[2], strict_mode=True)
        except ValueError:
            return b""

    def _stamps(self) -> list[Stamp | None]:
        values: list[Any] = []
        for at in self.places.files:
            first, _, text = self.file.line_at(at).split(b" ", 2)[2].partition(b" ")
            values += _list(text) if first == b"%d" % len(values) else []
        return [_stamp(value) for value in values]

    def _good(self, count: int) -> Bitfield:
        good = Bitfield(count)
        for at in self.places.good:
            for pair in _list(self.file.line_at(at).split(b" ", 2)[2]):
                match pair:
                    case [int(first), int(last)] if 0 <= first <= last < count:
                        good.bits[first : last + 1] = 1
        return good

    def _write_stamps(self, stamps: Sequence[Stamp | None]) -> None:
        for first in range(0, len(stamps), STAMPS_A_LINE):
            part = stamps[first : first + STAMPS_A_LINE]
            self._append(b"files", b"%d %b" % (first, _json(part)))

    def _write_good(self, good: Bitfield) -> None:
        if good.any():
            self._append(b"good", _json(list(runs_of(good))))

    def _append(self, kind: bytes, rest: bytes) -> None:
        at = self.file.append(b"%b %d %b" % (kind, self.places.number, rest))
        with self.journal.lock:
            self.journal.stale += self.places.add(kind, rest, at)


def _torrent_line(places: Places, key: str) -> bytes:
    return b"torrent %d %b" % (places.number, _json(key))


def _pieces_where(
    left: Sequence[Stamp | None], right: Sequence[Stamp | None], geometry: Geometry
) -> Bitfield:
    """The pieces of the files whose stamps differ."""
    pieces = Bitfield(geometry.piece_count)
    for index, (one, other) in enumerate(zip(left, right, strict=True)):
        if one != other:
            span = geometry.pieces_of_file(index)
            pieces.bits[span.start : span.stop] = 1
    return pieces


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _list(text: bytes) -> list[Any]:
    """A JSON array; empty for anything else, which no version of ours writes."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else []


def _stamp(values: Any) -> Stamp | None:
    match values:
        case [int(), int(), int(), int(), int()]:
            return tuple(values)
    return None
