"""Where new .torrent files go; what is wrong with a place is found before hours of hashing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from raincore.base.errors import ConfigError, WriteError
from raincore.storage import atomic_file
from raincore.storage.failures import named, write_error

if TYPE_CHECKING:
    from raincore.storage.content_scan import Identity

__all__ = ["STDOUT", "Targets", "apart_of", "require_place"]

STDOUT = "-"


class Targets:
    """The places of all torrents of a run; no two of them the same.

    Args:
        out: A file, a directory, "-" for stdout; None for the current directory.
        force: Whether an existing file may be replaced.
        count: How many torrents there will be.

    Attributes:
        is_one: Whether the name of a torrent does not matter to its place.

    Raises:
        click.UsageError: They do not fit into that place.
    """

    def __init__(self, out: str | None, *, force: bool, count: int) -> None:
        self.out = "." if out is None else out
        self.is_one = self.out == STDOUT or not os.path.isdir(self.out)
        if count > 1 and self.is_one:
            raise click.UsageError(
                "several torrents do not fit into one file: -o needs a directory"
            )
        self.force = force
        self._taken: set[str] = set()

    def path_of(self, name: str) -> str | None:
        """Where the torrent of this name belongs, whatever is there; None for stdout."""
        if self.out == STDOUT:
            return None
        if self.is_one:
            return self.out
        return os.path.normpath(os.path.join(self.out, f"{name}.torrent"))

    def of(self, name: str) -> str | None:
        """As `path_of`, once it is clear that nothing is in the way.

        Raises:
            ConfigError: Another torrent of this run went there.
            WriteError: As `require_place`.
        """
        target = self.path_of(name)
        if target is None:
            return None
        require_place(target, force=self.force)
        real = os.path.realpath(target)
        if real in self._taken and not atomic_file.is_special(target):
            raise ConfigError(f"another torrent of this run is written there: {named(target)}")
        self._taken.add(real)
        return target


def require_place(target: str, *, force: bool) -> None:
    """Make sure, as far as that can be known before, that a file can be written.

    Raises:
        WriteError: There is a file already and no `force`, or no directory for it.
    """
    path = named(target) or "(empty)"
    if os.path.isdir(target):
        raise WriteError(f"a directory is there: {path}", path)
    if target.endswith("/") or not target:
        raise WriteError(f"no such directory: {path}", path)
    try:
        os.lstat(target)
    except FileNotFoundError:
        is_there = False
    except OSError as error:
        raise write_error(error, target) from error
    else:
        is_there = True
    if atomic_file.is_special(target):
        return  # nothing is lost by writing to a device or a pipe
    if is_there and not force:
        raise WriteError(f"file exists, --force would overwrite it: {path}", path)
    directory = os.path.dirname(os.path.realpath(target))
    if not os.path.isdir(directory):
        raise WriteError(f"no such directory: {named(os.path.dirname(target))}", path)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise WriteError(f"cannot write into the directory: {named(directory)}", path)


def apart_of(target: str | None) -> list[Identity]:
    """What must not become content: the file of the last run, if this one replaces it."""
    if target is None or not os.path.isfile(target):
        return []
    status = os.stat(target)
    return [(status.st_dev, status.st_ino)]
