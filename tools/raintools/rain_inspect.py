"""rain-inspect: show everything in a .torrent file or magnet link."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from raincore.documents import documents
from raincore.formats.metainfo import Metainfo
from raintools._kit import completing, inputs, options
from raintools._kit.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.documents.documents import TorrentDocument
    from raintools._kit.options import Common
    from raintools._kit.output import Writer
    from raintools._kit.sources import Loaded

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-inspect a.torrent
  rain-inspect --files a.torrent
  rain-inspect --lint *.torrent
  rain-inspect --diff old.torrent new.torrent
  ls *.torrent | rain-inspect | jq -r .name
  curl -s https://t.example/a.torrent | rain-inspect --raw | jq .value
"""


@click.command("rain-inspect", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option("--files", is_flag=True, help="Show the files as a tree, in the readable view.")
@click.option("--pieces", is_flag=True, help="Show the hash of each piece.")
@click.option("--raw", is_flag=True, help="Show the bencoded structure as it stands.")
@click.option("--embed", is_flag=True, help="Put the .torrent file's bytes into the document.")
@click.option("--lint", is_flag=True, help="Say what is odd instead: one finding a line.")
@click.option(
    "--diff",
    "old",
    metavar="OLD",
    type=completing.File(),
    help="Say instead what became of each file since OLD, which is an input too.",
)
@options.common("torrent", "raw", "finding", "diff")
def main(
    arguments: tuple[str, ...],
    files: bool,
    pieces: bool,
    raw: bool,
    embed: bool,
    lint: bool,
    old: str | None,
    common: Common,
) -> int:
    """Show everything in a .torrent file or magnet link.

    INPUT is a path, a URL, a magnet link or an info-hash; without one, stdin is read: a
    .torrent file, JSON Lines, or one input a line. What is wrong with an input, and
    where, is said on stderr; the exit code is then 3. With --lint it is 1 if a finding is
    an error, with --diff if files differ.
    """
    others = raw + lint + (old is not None)
    if others > 1:
        raise click.UsageError("--raw, --lint and --diff exclude each other")
    if others and (files or pieces or embed):
        raise click.UsageError("--raw, --lint and --diff have no --files, --pieces or --embed")
    # What follows is imported where it is needed, for a quick start of pipelines.
    if lint:
        from raintools._kit import lint_view

        return lint_view.lint_all(arguments, common)
    if raw:
        from raintools._kit import raw_view

        return raw_view.show_all(arguments, common)
    if old is not None:
        from raintools._kit import diff_view

        return diff_view.diff_all(old, arguments, common)
    out = common.out
    for number, loaded in enumerate(inputs.each(arguments, common.outcome, out)):
        with common.outcome.guard(loaded.origin):
            document = _document(loaded, pieces=pieces, embed=embed)
            if number and out.human:
                out.text("")
            out.document(document, partial(_readable, document, out, files=files))
    return common.outcome.code


def _document(loaded: Loaded, *, pieces: bool, embed: bool) -> TorrentDocument:
    torrent, document = loaded.torrent, loaded.document
    if not (isinstance(torrent, Metainfo) and (pieces or embed)):
        return document
    asked = documents.of_metainfo(torrent, path=document.path, embed=embed, pieces=pieces)
    return documents.merge(document, asked)


def _readable(document: TorrentDocument, out: Writer, *, files: bool) -> str:
    from raintools._kit import file_tree, view

    parts = [view.facts(document, out)]
    if files and document.files:
        parts.append(file_tree.tree(document, out))
    if document.pieces:
        parts.append(_numbered(document.pieces))
    parts += [f"{file.path}\n{_numbered(file.pieces)}" for file in document.files if file.pieces]
    return "\n\n".join(parts)


def _numbered(digests: Sequence[bytes]) -> str:
    return "\n".join(f"{number:>8}  {digest.hex()}" for number, digest in enumerate(digests))


if __name__ == "__main__":
    main()
