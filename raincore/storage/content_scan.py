"""A path on disk to the ordered list of files that a torrent of it holds."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError, ReadError
from raincore.storage.failures import named, read_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Rules", "Scan", "SourceFile", "scan"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a scan takes and what it leaves out.

    A pattern is a shell glob, case-sensitive. It is compared with the path below the
    scanned directory, where "*" also crosses "/"; a pattern without "/" also matches any
    single component of that path, so "*.log" and "node_modules" do what they look like.

    Args:
        exclude: Files matching one of these are left out.
        include: Files matching one of these are taken although `exclude` or `hidden`
            would leave them out (torf's rule); they exclude nothing by themselves.
        hidden: Take files with a component that starts with a dot.
        follow_symlinks: Take what symlinks lead to; else they are left out, with a note.
    """

    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    hidden: bool = False
    follow_symlinks: bool = False

    def takes(self, parts: Sequence[str]) -> bool:
        """Whether a path below the scanned directory belongs in the torrent."""
        if any(path_matches(parts, pattern) for pattern in self.include):
            return True
        if not self.hidden and any(part.startswith(".") for part in parts):
            return False
        return not any(path_matches(parts, pattern) for pattern in self.exclude)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A regular file as it was found.

    Args:
        path: Where to open it.
        parts: Its path below the scanned directory, as bytes; empty if it was named itself.
        size: Bytes.
        mtime_ns: To notice that it changed since.
        is_executable: Whether its owner may run it.
    """

    path: str
    parts: tuple[bytes, ...]
    size: int
    mtime_ns: int
    is_executable: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found below a path.

    Args:
        files: Sorted by path, component by component, as bytes: the order of a v2 file
            tree (BEP 52).
        is_directory: Whether the path was a directory, which makes a multi-file torrent
            even of one file.
        notes: What was left out though nobody asked for it, one sentence each.
    """

    files: tuple[SourceFile, ...]
    is_directory: bool
    notes: tuple[str, ...]


def scan(path: str, rules: Rules) -> Scan:
    """List what a torrent of `path` would hold.

    Args:
        path: A file or a directory; a symlink is followed here whatever the rules say.

    Raises:
        ReadError: Something cannot be listed.
        FormatError: `path` is neither file nor directory, or nothing with content is left.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise cannot_read(error, path) from error
    if stat.S_ISREG(status.st_mode):
        files: list[SourceFile] = [found(path, (), status)]
        notes: list[str] = []
    elif stat.S_ISDIR(status.st_mode):
        walk = Walk(rules)
        files = list(walk.directory(path, (), ((status.st_dev, status.st_ino),)))
        files.sort(key=lambda file: file.parts)
        notes = sorted(walk.notes)
    else:
        raise FormatError(f"neither a file nor a directory: {named(path)}")
    if not files:
        raise FormatError(f"nothing to put into a torrent: {named(path)}")
    if not any(file.size for file in files):
        raise FormatError(f"nothing but empty files: {named(path)}")
    return Scan(tuple(files), stat.S_ISDIR(status.st_mode), tuple(notes))


class Walk:
    """One walk through a directory."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.notes: list[str] = []

    def directory(
        self, path: str, parts: tuple[str, ...], above: tuple[tuple[int, int], ...]
    ) -> Iterator[SourceFile]:
        """Find the files below a directory, in no particular order.

        Args:
            above: Device and inode of this directory and those that led here.

        Raises:
            ReadError: It cannot be listed.
        """
        below: list[tuple[str, tuple[str, ...], os.stat_result]] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    where = (*parts, entry.name)
                    # Below a directory that is left out, something may be included.
                    if not self.rules.takes(where) and not (self.rules.include and entry.is_dir()):
                        continue
                    status = self.status(entry)
                    if status is None:
                        continue
                    if stat.S_ISDIR(status.st_mode):
                        below.append((entry.path, where, status))
                    elif self.rules.takes(where):
                        yield found(entry.path, where, status)
        except OSError as error:
            raise read_error(error, error.filename or path, "list") from error
        for place, where, status in below:
            identity = (status.st_dev, status.st_ino)
            if identity in above:
                self.notes.append(f"left out, it leads back to a directory above: {named(place)}")
            else:
                yield from self.directory(place, where, (*above, identity))

    def status(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        """What an entry is, or None, with a note, for what does not go into a torrent."""
        if entry.is_symlink():
            if not self.rules.follow_symlinks:
                self.notes.append(f"left out, it is a symlink: {named(entry.path)}")
                return None
            try:
                status = entry.stat()
            except FileNotFoundError:
                self.notes.append(f"left out, it is a broken symlink: {named(entry.path)}")
                return None
        else:
            status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            return status
        self.notes.append(f"left out, it is neither file nor directory: {named(entry.path)}")
        return None


def found(path: str, parts: tuple[str, ...], status: os.stat_result) -> SourceFile:
    """Describe a regular file."""
    return SourceFile(
        path=path,
        parts=tuple(map(os.fsencode, parts)),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        is_executable=bool(status.st_mode & stat.S_IXUSR),
    )


def path_matches(parts: Sequence[str], pattern: str) -> bool:
    """Whether a pattern matches a path or, if it has no "/", a component of it."""
    if fnmatchcase("/".join(parts), pattern):
        return True
    return "/" not in pattern and any(fnmatchcase(part, pattern) for part in parts)


def cannot_read(error: OSError | ValueError, path: str) -> ReadError:
    """The ReadError for a path that cannot even be looked at (a NUL is a ValueError)."""
    if isinstance(error, OSError):
        return read_error(error, path)
    return ReadError(f"not a path: {named(path)}", named(path))
