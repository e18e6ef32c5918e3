"""rain-verify: hash local data against torrents, with all cores."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raincore.base.errors import ContentMismatch, FormatError
from raincore.formats.metainfo import Metainfo
from raincore.storage import device_groups, verification
from raincore.storage.verify_journal import Journal
from raintools._kit import by_device, content_place, options, verified
from raintools._kit.aliases import option
from raintools._kit.by_device import Task
from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.storage.layout import Layout
    from raincore.storage.verification import Verification
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-verify a.torrent
  ls *.torrent | rain-verify --dir /srv --journal ~/srv.journal
  rain-create ./photos | ssh server rain-verify --dir /backup
  rain-verify --dir /srv a.torrent | jq '.verify.files[] | select(.ok | not) | .path'
"""
DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.command("rain-verify", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@option("-d", "--dir", "directory", type=DIRECTORY, help="The directory that holds the content.")
@option(
    "--content",
    metavar="PATH",
    aliases=("--path",),
    help="The content itself, whatever it is called.",
)
@option("--quick", is_flag=True, help="Look at names, sizes and kinds of files only.")
@option("--journal", metavar="FILE", help="Remember what is proven; do not read it again.")
@option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    aliases=("--threads",),
    help="Threads a torrent; default: one a core.",
)
@options.common("torrent")
def main(
    arguments: tuple[str, ...],
    directory: Path | None,
    content: str | None,
    quick: bool,
    journal: str | None,
    jobs: int | None,
    common: Common,
) -> int:
    """Hash local data against torrents and say what is good, bad or missing.

    INPUT is a .torrent file, a URL of one, or a document; without one, stdin is read.
    The content is looked for in --dir, else where the document says, else here. The exit
    code is 1 unless all of it is good.
    """
    if content is not None and (directory is not None or len(arguments) > 1):
        raise click.UsageError("--content is for a single torrent and takes the place of --dir")
    book = None if journal is None else Journal(journal)
    try:
        verifier = Verifier(directory, content, quick, book, jobs, common)
        by_device.run(arguments, common, verifier.plan, verifier.show)
    finally:
        if book is not None:
            book.close()
    return common.outcome.code


@dataclass(frozen=True, slots=True)
class Verifier:
    """What was asked for; `plan` and `show` do it for one input."""

    directory: Path | None
    content: str | None
    quick: bool
    journal: Journal | None
    jobs: int | None
    common: Common

    def plan(self, loaded: Loaded) -> Task:
        """Find out where the content of an input is, and what is to be done with it."""
        torrent = loaded.torrent
        if not isinstance(torrent, Metainfo):
            raise FormatError("a magnet link has no hashes to verify with; get its .torrent first")
        layout = content_place.layout(torrent.info, loaded.document, self.directory, self.content)
        device = device_groups.device_of(os.path.join(layout.root, layout.files[0].parts[0]))
        length = 0 if self.quick else torrent.info.geometry.total_length
        return Task(device, length, partial(self.verify, torrent, layout, device))

    def verify(
        self,
        torrent: Metainfo,
        layout: Layout,
        device: int,
        tell: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> tuple[Layout, Verification]:
        """Check one torrent, in a thread."""
        if self.quick:
            return layout, verification.quick(torrent, layout)
        jobs = self.jobs or (1 if device_groups.is_rotational(device) else None)
        key = f"{torrent.info.swarm_hash.hex()} {layout.root}/{layout.files[0].parts[0]}"
        chapter = None if self.journal is None else self.journal.chapter(key)
        try:
            found = verification.verify(
                torrent, layout, jobs=jobs, journal=chapter, on_progress=tell, stop=stop
            )
        finally:
            if chapter is not None:
                chapter.flush()
        return layout, found

    def show(self, loaded: Loaded, found: tuple[Layout, Verification]) -> None:
        """Print what came of one torrent."""
        torrent, (layout, result) = loaded.torrent, found
        assert isinstance(torrent, Metainfo)
        out, info = self.common.out, torrent.info
        document = replace(
            loaded.document,
            verify=verified.facts(info, layout, result),
            status="complete" if result.is_complete else "stopped",
            data_dir=str(layout.root),
        )
        lines = verified.lines(info, layout, result, out, verbose=self.common.verbose > 0)
        out.document(document, lambda: "\n".join(lines))
        for error in result.errors:
            self.common.outcome.failed(error, loaded.origin)
        if not result.is_complete and not result.errors:
            raise ContentMismatch(verified.complaint(result), list(result.bad))


if __name__ == "__main__":
    main()
