"""Makes a torrent of a path, of a path and an older torrent, or of an archive."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from raincore.base.errors import FormatError
from raincore.storage import creation, creation_options
from raintools._kit.progress import Bar

if TYPE_CHECKING:
    from collections.abc import Collection

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.content_scan import Identity
    from raincore.storage.creation import Created
    from raincore.storage.creation_options import CreateOptions
    from raintools._kit.options import Common

__all__ = ["Maker"]

STDIN = "-"


class Maker:
    """What was asked for, and by which names.

    Args:
        archive: A tar archive to take the place of a path, "-" for stdin; or None.
        update: An older torrent; or None.
        given: Names of options on the command line, as CreateOptions has them.
    """

    def __init__(self, archive: str | None, update: str | None, given: frozenset[str]) -> None:
        self.archive = archive
        self.update = update
        self.given = given
        self.old: tuple[Metainfo, int] | None = None

    def inputs(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """What to make torrents of: the paths, or the archive.

        Raises:
            click.UsageError: There is nothing, or too much.
        """
        if self.archive is not None and (paths or self.update is not None):
            raise click.UsageError("--from-tar goes with neither PATH nor --update")
        if self.archive is None and not paths:
            raise click.UsageError("Missing argument 'PATH...'.")
        if self.update is not None and len(paths) > 1:
            raise click.UsageError("--update goes with one PATH")
        if self.archive == STDIN and sys.stdin is not None and sys.stdin.isatty():
            raise click.UsageError("no archive on standard input")
        return paths if self.archive is None else (self.archive,)

    def settled(self, wanted: CreateOptions) -> CreateOptions:
        """The options, filled up from the older torrent if there is one.

        Raises:
            FormatError: That is no torrent.
        """
        if self.update is None:
            return wanted
        from raincore.storage import creation_update
        from raintools._kit import remaking

        self.old = remaking.older(self.update)
        return creation_update.options_of(self.old[0], wanted, self.given)

    def label(self, path: str) -> str:
        """What messages call an input."""
        return "stdin" if self.archive == STDIN else path

    def name_of(self, path: str, wanted: CreateOptions) -> str | None:
        """What the torrent will be called; None if only the archive can tell.

        Raises:
            FormatError: There is no such path.
        """
        if self.archive is not None and wanted.name is None:
            return None
        if self.archive is None and not os.path.lexists(path):
            raise FormatError("no such file or directory" if path else "empty path")
        return creation_options.name_of(os.path.abspath(path), wanted)

    def create(
        self, path: str, wanted: CreateOptions, common: Common, apart: Collection[Identity] = ()
    ) -> Created:
        """Hash, and remember what the files were; those that are `apart` are not content."""
        from raincore.storage import creation_record

        label = self.label(path)
        with Bar(label, None, quiet=common.quiet) as bar:

            def tell(done: int, total: int | None) -> None:
                bar.show(done, total=total)

            if self.archive is None and self.old is None:
                made = creation.create(path, wanted, apart=apart, on_progress=tell)
            else:
                from raintools._kit import remaking

                if self.old is None:
                    return remaking.of_archive(path, label, wanted, tell, common, apart)
                made = remaking.again(path, wanted, self.old, tell, common, apart)
        info_hash = made.metainfo.info.swarm_hash.hex()
        creation_record.save(info_hash, made.sources, made.began_ns)
        return made
