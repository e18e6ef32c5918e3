"""A path on disk to the ordered list of files that a torrent of it holds."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from raincore.base.errors import ConfigError, FormatError, ReadError
from raincore.base.path_glob import path_matches
from raincore.storage import symlink_target
from raincore.storage.failures import named, read_error

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Identity", "Rules", "Scan", "SourceFile", "scan"]

Identity: TypeAlias = tuple[int, int]
"""Device and inode of a file."""

BROKEN = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


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
        follow_symlinks: Take what symlinks lead to.
        symlinks: Take symlinks as such if they lead to something below the scanned
            directory (BEP 47). All others are left out, with a note.
    """

    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    hidden: bool = False
    follow_symlinks: bool = False
    symlinks: bool = False

    def takes(self, parts: Sequence[str]) -> bool:
        """Whether a path below the scanned directory belongs in the torrent."""
        if any(path_matches(parts, pattern) for pattern in self.include):
            return True
        if not self.hidden and any(part.startswith(".") for part in parts):
            return False
        return not any(path_matches(parts, pattern) for pattern in self.exclude)


class SourceFile(NamedTuple):
    """A regular file as it was found; a tuple, because there may be 100,000 of them.

    Args:
        path: Where to open it.
        parts: Its path below the scanned directory, as bytes; empty if it was named itself.
        size: Bytes.
        mtime_ns: To notice that it changed since.
        is_executable: Whether its owner may run it.
        ctime_ns: What no program can set back; with `inode`, to know it again later.
        inode: Its number in its file system.
        symlink: Where it leads, below the scanned directory, if it is a symlink.
    """

    path: str
    parts: tuple[bytes, ...]
    size: int
    mtime_ns: int
    is_executable: bool
    ctime_ns: int = 0
    inode: int = 0
    symlink: tuple[bytes, ...] | None = None


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


def scan(path: str, rules: Rules, *, apart: Collection[Identity] = ()) -> Scan:
    """List what a torrent of `path` would hold.

    Args:
        path: A file or a directory; a symlink is followed here whatever the rules say.
        rules: What to take.
        apart: Files that are left out, with a note, whatever they are called.

    Raises:
        ConfigError: `path` is one of those that are to be left out.
        ReadError: Something cannot be listed.
        FormatError: `path` is neither file nor directory, or nothing with content is left.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise cannot_read(error, path) from error
    if (status.st_dev, status.st_ino) in apart:
        raise ConfigError(f"a file cannot become its own torrent: {named(path)}", "out")
    if stat.S_ISREG(status.st_mode):
        files: list[SourceFile] = [found(path, (), status)]
        notes: list[str] = []
    elif stat.S_ISDIR(status.st_mode):
        walk = Walk(rules, os.fsencode(path), apart)
        walk.all_below(Place(path, (), (), ((status.st_dev, status.st_ino),)))
        files = sorted(walk.files, key=lambda file: file.parts)
        notes = sorted(walk.notes)
    else:
        raise FormatError(f"neither a file nor a directory: {named(path)}")
    if not files:
        raise FormatError(f"nothing to put into a torrent: {named(path)}")
    if not any(file.size for file in files):
        raise FormatError(f"nothing but empty files: {named(path)}")
    return Scan(tuple(files), stat.S_ISDIR(status.st_mode), tuple(notes))


class Place(NamedTuple):
    """A directory to list.

    `parts` lead to it from the scanned one, `raw` are the same as bytes, `above` the
    device and inode of itself and of all those that led here.
    """

    path: str
    parts: tuple[str, ...]
    raw: tuple[bytes, ...]
    above: tuple[Identity, ...]


class Walk:
    """One walk through a directory; afterwards `files` and `notes` say what was found."""

    def __init__(self, rules: Rules, top: bytes, apart: Collection[Identity]) -> None:
        self.rules = rules
        self.top = top
        self.apart = apart
        self.files: list[SourceFile] = []
        self.notes: list[str] = []

    def all_below(self, top: Place) -> None:
        """Find the files below a directory, in no particular order.

        Raises:
            ReadError: A directory cannot be listed.
        """
        waiting = [top]  # a stack and not recursion: whoever made the tree decides how deep it is
        while waiting:
            waiting += self.directory(waiting.pop())

    def directory(self, place: Place) -> list[Place]:
        """List one directory and return those in it.

        Raises:
            ReadError: It cannot be listed.
        """
        rules = self.rules
        is_simple = not rules.exclude and not rules.include
        below = []
        try:
            with os.scandir(place.path) as entries:
                for entry in entries:
                    name = entry.name
                    if is_simple:  # what is above was taken, so this is what `takes` would say
                        taken = rules.hidden or not name.startswith(".")
                    else:
                        taken = rules.takes((*place.parts, name))
                    # Below a directory that is left out, something may be included.
                    if not taken and not (rules.include and self.is_directory(entry)):
                        continue
                    status = self.status(entry)
                    if status is None:
                        continue
                    raw = (*place.raw, os.fsencode(name))
                    if stat.S_ISDIR(status.st_mode):
                        below += self.below(entry, place, raw, status)
                    elif stat.S_ISLNK(status.st_mode):
                        self.link(entry, raw, status)
                    elif taken and not self.is_apart(entry, status):
                        self.files.append(found(entry.path, raw, status))
        except OSError as error:
            raise read_error(error, error.filename or place.path, "list") from error
        return below

    def below(
        self,
        entry: os.DirEntry[str],
        place: Place,
        raw: tuple[bytes, ...],
        status: os.stat_result,
    ) -> list[Place]:
        """The directory that an entry is, or nothing if it leads back to one above."""
        identity = (status.st_dev, status.st_ino)
        if identity in place.above:
            self.notes.append(f"left out, it leads back to a directory above: {named(entry.path)}")
            return []
        parts = (*place.parts, entry.name)
        return [Place(entry.path, parts, raw, (*place.above, identity))]

    def link(self, entry: os.DirEntry[str], raw: tuple[bytes, ...], status: os.stat_result) -> None:
        """Take a symlink as what it is, unless it leads out of the scanned directory."""
        target = symlink_target.inside(os.fsencode(os.readlink(entry.path)), raw[:-1], self.top)
        if target is None:
            self.notes.append(f"left out, it is a symlink to somewhere else: {named(entry.path)}")
        else:
            file = found(entry.path, raw, status)
            self.files.append(file._replace(size=0, symlink=target))

    def is_directory(self, entry: os.DirEntry[str]) -> bool:
        """Whether there may be files below an entry."""
        try:
            return entry.is_dir(follow_symlinks=self.rules.follow_symlinks)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return False
            raise

    def is_apart(self, entry: os.DirEntry[str], status: os.stat_result) -> bool:
        """Whether a file is not content, which gets a note."""
        if not self.apart or (status.st_dev, status.st_ino) not in self.apart:
            return False
        self.notes.append(f"left out, a torrent is to be written there: {named(entry.path)}")
        return True

    def status(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        """What an entry is, or None, with a note, for what does not go into a torrent."""
        if not entry.is_symlink():
            status = entry.stat(follow_symlinks=False)
        elif self.rules.follow_symlinks:
            try:
                status = entry.stat()
            except OSError as error:
                if error.errno not in BROKEN:
                    raise
                self.notes.append(f"left out, it is a broken symlink: {named(entry.path)}")
                return None
        elif self.rules.symlinks:
            return entry.stat(follow_symlinks=False)
        else:
            self.notes.append(f"left out, it is a symlink: {named(entry.path)}")
            return None
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            return status
        self.notes.append(f"left out, it is neither file nor directory: {named(entry.path)}")
        return None


def found(path: str, parts: tuple[bytes, ...], status: os.stat_result) -> SourceFile:
    """Describe a regular file."""
    is_executable = bool(status.st_mode & stat.S_IXUSR)
    return SourceFile(
        path,
        parts,
        status.st_size,
        status.st_mtime_ns,
        is_executable,
        status.st_ctime_ns,
        status.st_ino,
    )


def cannot_read(error: OSError | ValueError, path: str) -> ReadError:
    """The ReadError for a path that cannot even be looked at (a NUL is a ValueError)."""
    if isinstance(error, OSError):
        return read_error(error, path)
    return ReadError(f"not a path: {named(path)}", named(path))
