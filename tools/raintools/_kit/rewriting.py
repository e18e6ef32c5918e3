"""Where a torrent goes that was changed: a file, stdout, back to where it was, or on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from raincore.base.errors import ConfigError, FormatError, WriteError
from raincore.storage import atomic_file
from raincore.storage.failures import named
from raintools._kit import targets, torrent_bytes

if TYPE_CHECKING:
    from raincore.formats.metainfo import Metainfo
    from raintools._kit.output import Writer
    from raintools._kit.sources import Loaded

__all__ = ["STDOUT", "Destination"]

STDOUT = "-"
SUFFIX = ".torrent"


class Destination:
    """Where all torrents of a run go; no two of them to the same place.

    Args:
        out: A file, a directory, "-" for stdout; None for none of these.
        in_place: Whether each goes back to the file that it came from.
        force: Whether an existing or read-only file may be replaced.
        inputs: How many inputs the command line names.
        writer: Tells whether documents are written, which can carry a torrent on.

    Raises:
        click.UsageError: These contradict each other.
    """

    def __init__(
        self, out: str | None, *, in_place: bool, force: bool, inputs: int, writer: Writer
    ) -> None:
        if in_place and out is not None:
            raise click.UsageError("--in-place and -o exclude each other")
        if not in_place and out is None and writer.human:
            raise click.UsageError("where to write it? give -o FILE or --in-place")
        is_one = out == STDOUT or not os.path.isdir(out or ".")
        if inputs > 1 and is_one:
            raise click.UsageError(
                "several torrents do not fit into one file: -o needs a directory, or give --in-place"
            )
        self.out = out
        self.in_place = in_place
        self.force = force
        self._taken: set[str] = set()

    def of(self, loaded: Loaded) -> str | None:
        """Say where one torrent is to go, before anything is done to it.

        Returns:
            A path, "-" for stdout, or None: only into the document.

        Raises:
            ConfigError: There is no such place for it.
            WriteError: There is a file, and it may not be replaced.
        """
        if self.out is None and not self.in_place:
            return None
        target = self._in_place(loaded) if self.in_place else self._named(loaded)
        real = target if target == STDOUT else os.path.realpath(target)
        if real in self._taken and not self.in_place:
            raise ConfigError(f"another torrent of this run is written there: {named(target)}")
        self._taken.add(real)
        return target

    def write(self, target: str, torrent: Metainfo, before: bytes) -> None:
        """Write a torrent to a path; in place, only if it is another one than before.

        Raises:
            WriteError: That failed, or the file is not any more what was read.
        """
        if not self.in_place:
            atomic_file.write(target, torrent.raw, overwrite=self.force)
            return
        try:
            there = torrent_bytes.read_torrent(target)
        except FormatError as error:
            raise WriteError(f"{error}: {named(target)}", named(target)) from error
        if there != before:
            raise WriteError(f"is not what was read any more: {named(target)}", named(target))
        if torrent.raw != before:
            atomic_file.write(target, torrent.raw, overwrite=True, keep=True)

    def _in_place(self, loaded: Loaded) -> str:
        path = loaded.file or loaded.document.path
        if path is None:
            raise ConfigError("has no file to be changed in place: give -o FILE")
        if not self.force and os.path.lexists(path) and not os.access(path, os.W_OK):
            raise WriteError(f"read-only, --force would replace it: {named(path)}", named(path))
        return path

    def _named(self, loaded: Loaded) -> str:
        assert self.out is not None
        target = self.out
        if target == STDOUT:
            return target
        if os.path.isdir(target):
            target = os.path.join(target, _file_name(loaded))
        targets.require_place(target, force=self.force)
        return target


def _file_name(loaded: Loaded) -> str:
    """What a torrent is called in another directory: as before, or after its content."""
    name = os.path.basename(loaded.file or loaded.document.path or "")
    if name.endswith(SUFFIX) and name != SUFFIX:
        return name
    return f"{loaded.document.name}{SUFFIX}"
