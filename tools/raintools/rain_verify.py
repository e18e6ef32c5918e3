"""rain-verify: hash local data against torrents, with all cores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from raincore.storage.verify_journal import Journal
from raintools._kit import by_device, matching, options
from raintools._kit.aliases import option
from raintools._kit.command import Command
from raintools._kit.directory_param import Directory
from raintools._kit.verifier import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from raintools._kit.options import Common

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-verify a.torrent
  ls *.torrent | rain-verify --dir /srv --journal ~/srv.journal
  rain-create --embed ./photos | ssh server rain-verify --dir /backup
  rain-verify a.torrent --match /data --apply hardlink --dir /srv
  rain-verify --dir /srv a.torrent | jq '.verify.files[] | select(.ok | not) | .path'
"""


@click.command("rain-verify", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@option("-d", "--dir", "directory", type=Directory(), help="The directory that holds the content.")
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
@matching.matching
@options.common("torrent", "match")
def main(
    arguments: tuple[str, ...],
    directory: Path | None,
    content: str | None,
    quick: bool,
    journal: str | None,
    jobs: int | None,
    match: tuple[str, ...],
    apply: str | None,
    common: Common,
) -> int:
    """Hash local data against torrents and say what is good, bad or missing.

    INPUT is a .torrent file or a URL of one; without one, stdin is read, documents too.
    The content is looked for in --dir, else where the document says, else here. The exit
    code is 1 unless all of it is good.

    With --match, local files are looked for that are those of the torrents, whatever they
    are called; --apply puts them where they belong.
    """
    if content is not None and (directory is not None or len(arguments) > 1):
        raise click.UsageError("--content is for a single torrent and takes the place of --dir")
    if content is not None and not (content and os.path.basename(os.path.abspath(content))):
        raise click.UsageError(f"--content is a file or a directory with a name: {content!r}")
    if quick and journal is not None:
        raise click.UsageError("--quick proves nothing that --journal could remember")
    if match and (quick or journal is not None):
        raise click.UsageError("--match goes neither with --quick nor with --journal")
    finder = matching.finder(match, apply, common)
    book = None if journal is None else Journal(journal)
    if book is not None and book.damage is not None:
        common.warn(book.damage)
    try:
        verifier = Verifier(directory, content, quick, book, jobs, finder, common)
        by_device.run(arguments, common, verifier.plan, verifier.show)
    finally:
        if book is not None:
            book.close()
    return common.outcome.code


if __name__ == "__main__":
    main()
