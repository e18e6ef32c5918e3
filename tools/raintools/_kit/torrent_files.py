"""Where the .torrent files go that were made of links, and what is printed of them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base import units
from raincore.base.errors import ConfigError
from raincore.storage import atomic_file
from raintools._kit.targets import STDOUT, Targets

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raincore.formats.metainfo import Metainfo
    from raintools._kit.output import Writer

__all__ = ["TorrentFiles"]


class TorrentFiles:
    """The files of one run.

    Args:
        out: A file, a directory, "-" for stdout; None for the current directory.
        force: Whether an existing file may be replaced.
        count: How many torrents the command line names.

    Raises:
        click.UsageError: They do not fit into that place.
    """

    def __init__(self, out: str | None, *, force: bool, count: int) -> None:
        self._places = Targets(out, force=force, count=count)
        self._is_default = out is None
        self._stdout_taken = False

    def early(self) -> str | None:
        """Where a torrent goes whatever its name; None if that depends on it.

        Raises:
            ConfigError, WriteError: It cannot go there.
        """
        return self.place("") if self._places.is_one else None

    def place(self, name: str) -> str:
        """Where the torrent of this name goes; "-" for stdout.

        Raises:
            ConfigError, WriteError: It cannot go there.
        """
        target = self._places.of(name)
        if target is None:
            if self._stdout_taken:
                raise ConfigError("another torrent of this run is written to stdout")
            self._stdout_taken = True
        return target or STDOUT

    def is_there(self, document: TorrentDocument) -> bool:
        """Whether a torrent has a file already, and nobody has asked for another."""
        return self._is_default and document.path is not None

    def write(self, target: str, document: TorrentDocument, torrent: Metainfo, out: Writer) -> None:
        """Write a torrent, and print its document unless that is where the torrent goes.

        Raises:
            WriteError: That failed, or there is a file and no `force`.
        """
        if target == STDOUT:
            out.raw(torrent.raw)
            return
        atomic_file.write(target, torrent.raw, overwrite=self._places.force)
        path = os.path.abspath(target)
        if path.encode("utf-8", "ignore").decode() == path:  # else JSON cannot name it
            document = replace(document, path=path, metainfo=None)
        out.document(document, f"{target}: {_sentence(document)}")


def _sentence(document: TorrentDocument) -> str:
    count = document.file_count or 0
    files = "1 file" if count == 1 else f"{count:,} files"
    size = units.format_size(document.total_length or 0)
    private = "; private: its trackers alone know its peers" if document.private else ""
    return f"{document.name}, {size} in {files}{private}"
