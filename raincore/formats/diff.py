"""What became of each file from one torrent to the next, told by hashes alone.

Files are paired in this order: same path, if the content is proven to be the same; same
content under another path; same path, whatever the content; and last, what may be the same
content under another path but cannot be known. What is left was added or removed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from raincore.formats import content_identity, diff_bytes
from raincore.formats.content_identity import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from raincore.formats.content_identity import Identity, Proof
    from raincore.formats.file_names import Path
    from raincore.formats.metainfo import Metainfo

__all__ = ["Change", "Diff", "FileDiff", "compare"]

MAX_TRIES = 8
"""Candidates of the same length that are looked at for one file, so that a torrent full of
files of one length costs linear time."""


class Change(Enum):
    """What became of a file."""

    SAME = "same"
    RENAMED = "renamed"
    """Same content, other name in the same directory."""
    MOVED = "moved"
    """Same content, other directory."""
    CHANGED = "changed"
    """Same path, other content."""
    ADDED = "added"
    REMOVED = "removed"
    UNKNOWN = "unknown"
    """The hashes cannot tell whether the content is the same."""


SAME_CONTENT = frozenset({Change.SAME, Change.RENAMED, Change.MOVED})


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What became of one file.

    Args:
        change: What.
        old: The file in the old torrent; None if added, unless the same bytes are there.
        new: The file in the new torrent; None if removed.
        bytes_needed: Bytes of it that are not proven to be in the old torrent.
    """

    change: Change
    old: Identity | None
    new: Identity | None
    bytes_needed: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What became of all files.

    Args:
        files: Those of the new torrent, in its order, then those that were removed.
        bytes_needed: Sum of all files: what somebody who has all of the old torrent must
            fetch at most to have the new one.
        bytes_unknown: The part of it that is in files of which nothing is known.
    """

    files: tuple[FileDiff, ...]
    bytes_needed: int
    bytes_unknown: int

    @property
    def is_same(self) -> bool:
        """Whether both have the same files with the same content."""
        return all(file.change is Change.SAME for file in self.files)


def compare(old: Metainfo, new: Metainfo) -> Diff:
    """Say what became of each file of `old` in `new`.

    Paths are compared without the torrent's own name, padding and attributes not at all.
    Linear in files and pieces.
    """
    pairing = _Pairing(content_identity.identities(old.info), content_identity.identities(new.info))
    supply = diff_bytes.Supply(old)
    files = []
    for index, theirs in enumerate(pairing.new):
        change, ours = pairing.judged(index)
        is_there = change in SAME_CONTENT or (change is Change.ADDED and ours is not None)
        needed = 0 if is_there else supply.lacks(new, theirs)
        files.append(FileDiff(change, ours, theirs, needed))
    files += [
        FileDiff(Change.REMOVED, pairing.old[index], None, 0) for index in pairing.left_over()
    ]
    return Diff(
        tuple(files),
        sum(file.bytes_needed for file in files),
        sum(file.bytes_needed for file in files if file.change is Change.UNKNOWN),
    )


class _Pairing:
    """Which old file each new file is taken for, by index; see the top of the module."""

    def __init__(self, old: Sequence[Identity], new: Sequence[Identity]) -> None:
        self.old, self.new = old, new
        self._partner: dict[int, int] = {}
        self._taken: set[int] = set()
        self._proven: dict[Proof, int] = {}
        for index, ours in enumerate(old):
            for proof in ours.proofs():
                self._proven.setdefault(proof, index)
        self._same_path(Verdict.SAME)
        # Of several copies the one is meant that has the same name, or the same directory.
        for likeness in (_name, _directory, _nothing):
            self._same_content(likeness)
        self._same_path(Verdict.DIFFERENT, Verdict.UNKNOWN)
        for likeness in (_name, _nothing):
            self._perhaps_same(likeness)

    def judged(self, index: int) -> tuple[Change, Identity | None]:
        """What became of a new file, and the old file that it was."""
        theirs = self.new[index]
        if index not in self._partner:
            return Change.ADDED, self._copy_of(theirs)
        ours = self.old[self._partner[index]]
        verdict = content_identity.compare(ours, theirs)
        if verdict is Verdict.UNKNOWN:
            return Change.UNKNOWN, ours
        if verdict is Verdict.DIFFERENT:
            return Change.CHANGED, ours
        if _path(ours) == _path(theirs):
            return Change.SAME, ours
        same_directory = _directory(ours) == _directory(theirs)
        return (Change.RENAMED if same_directory else Change.MOVED), ours

    def left_over(self) -> list[int]:
        """Old files that are nobody's partner."""
        return [index for index in range(len(self.old)) if index not in self._taken]

    def _open(self) -> list[int]:
        return [index for index in range(len(self.new)) if index not in self._partner]

    def _verdict(self, ours: int, theirs: int) -> Verdict:
        return content_identity.compare(self.old[ours], self.new[theirs])

    def _pair(self, ours: int, theirs: int) -> None:
        self._partner[theirs] = ours
        self._taken.add(ours)

    def _copy_of(self, theirs: Identity) -> Identity | None:
        """An old file with the same content, whoever's partner it is; none for an empty one."""
        if theirs.entry.length:
            for proof in theirs.proofs():
                if proof in self._proven:
                    ours = self.old[self._proven[proof]]
                    if content_identity.compare(ours, theirs) is Verdict.SAME:
                        return ours
        return None

    def _same_path(self, *wanted: Verdict) -> None:
        places = {_path(self.old[index]): index for index in self.left_over()}
        for theirs in self._open():
            ours = places.get(_path(self.new[theirs]))
            if ours is not None and self._verdict(ours, theirs) in wanted:
                self._pair(ours, theirs)

    def _same_content(self, likeness: Callable[[Identity], Hashable]) -> None:
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index in self.left_over():
            ours = self.old[index]
            # Empty files are all alike, and none is worth being called moved.
            if ours.entry.length or ours.entry.symlink is not None:
                for proof in ours.proofs():
                    waiting[proof, likeness(ours)].append(index)
        for theirs in self._open():
            identity = self.new[theirs]
            for proof in identity.proofs():
                candidates = waiting.get((proof, likeness(identity)))
                while candidates and theirs not in self._partner:
                    index = candidates.popleft()
                    if index not in self._taken and self._verdict(index, theirs) is Verdict.SAME:
                        self._pair(index, theirs)

    def _perhaps_same(self, likeness: Callable[[Identity], Hashable]) -> None:
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index in self.left_over():
            ours = self.old[index]
            if ours.entry.length:
                waiting[ours.entry.length, likeness(ours)].append(index)
        for theirs in self._open():
            identity = self.new[theirs]
            candidates = waiting.get((identity.entry.length, likeness(identity)), deque())
            for _ in range(min(MAX_TRIES, len(candidates))):
                index = candidates.popleft()
                if self._verdict(index, theirs) is Verdict.UNKNOWN:
                    self._pair(index, theirs)
                    break
                candidates.append(index)


def _path(identity: Identity) -> Path:
    """The path without the torrent's name, which is the whole of a single file's."""
    path = identity.entry.disk_path
    return path[1:] or path


def _name(identity: Identity) -> Hashable:
    return _path(identity)[-1]


def _directory(identity: Identity) -> Hashable:
    return _path(identity)[:-1]


def _nothing(identity: Identity) -> Hashable:
    return None
