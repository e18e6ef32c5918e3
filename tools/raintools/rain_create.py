"""rain-create: hash files or directories into .torrent files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import WriteError
from raincore.formats.info import MetaVersion
from raincore.storage import atomic_file
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions
from raintools._kit import making, options, outside, params
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raincore.storage.creation import Created
    from raintools._kit.maker import Maker
    from raintools._kit.options import Common
    from raintools._kit.outside import Outside

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-create ./photos
  rain-create -t https://a.example/announce,https://b.example/announce -p ./photos
  rain-create --hybrid -e '*.tmp' -o - ./photos > photos.torrent
  rain-create ./photos | rain-seed | rain-fetch --dir /tmp/copy
"""
opt = click.option


@click.command("rain-create", cls=Command, epilog=EXAMPLES)
@click.argument("paths", metavar="PATH...", nargs=-1)
@opt("-o", "--out", metavar="FILE", help="Where to write: a file, a directory, - for stdout.")
@opt("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@opt("-n", "--name", metavar="TEXT", help="Name of the torrent; default: the end of PATH.")
@opt("-s", "--source", metavar="TEXT", help="A tag, so that the info-hash is another.")
@opt("-p", "--private", is_flag=True, help="Peers come from the trackers only (BEP 27).")
@opt("-l", "--piece-length", type=params.Size(), help="Default: what makes up to 2048 pieces.")
@opt("--v1", "meta_version", flag_value="v1", help="SHA-1 of pieces; the default.")
@opt("--v2", "meta_version", flag_value="v2", help="SHA-256 trees (BEP 52).")
@opt("--hybrid", "meta_version", flag_value="hybrid", help="Both in one.")
@opt("-e", "--exclude", metavar="GLOB", multiple=True, help="Leave files out; repeatable.")
@opt("--include", metavar="GLOB", multiple=True, help="Take files though excluded or hidden.")
@opt("--hidden", is_flag=True, help="Take files and directories that start with a dot.")
@opt("-F", "--follow-symlinks", is_flag=True, help="Take what symlinks lead to.")
@opt("-j", "--jobs", type=click.IntRange(1, 256), help="Threads; default: one a core.")
@opt("--embed", is_flag=True, help="Put the .torrent file into the document.")
@opt("--magnet", is_flag=True, help="Put the magnet link into the document.")
@making.making
@outside.outside
@options.common("torrent")
def main(paths: tuple[str, ...], maker: Maker, **given: Any) -> int:
    """Hash each PATH, a file or a directory, into a .torrent file of its own.

    Writes NAME.torrent into the current directory and prints its document. Hidden files
    and symlinks are left out unless asked for.
    """
    out, paths = given["out"], maker.inputs(paths)
    if len(paths) > 1 and out is not None and not os.path.isdir(out):
        raise click.UsageError("several torrents do not fit into one file: -o needs a directory")
    asked = {name: given[name] for name in ("out", "force", "embed", "magnet", "common")}
    creator = Creator(maker.settled(_options(given)), maker, **asked)
    outcome = creator.common.outcome
    for path in paths:
        with outcome.guard(maker.label(path)):
            creator.create(path)
    return int(outcome.code)


@dataclass(frozen=True, slots=True)
class Creator:
    """What was asked for; `create` does it for one path."""

    wanted: CreateOptions
    maker: Maker
    out: str | None
    force: bool
    embed: bool
    magnet: bool
    common: Common

    def create(self, path: str) -> None:
        """Hash, write, print."""
        name = self.maker.name_of(path, self.wanted)
        target = self.target(name) if name else None
        made = self.maker.create(path, self.wanted, self.common)
        for note in made.notes:
            self.common.warn(f"{self.maker.label(path)}: {note}")
        target = target if name else self.target(os.fsdecode(made.metainfo.info.raw_name))
        if target is None:
            self.common.out.raw(made.metainfo.raw)
            return
        atomic_file.write(target, made.metainfo.raw, overwrite=self.force)
        self.tell(made, target)

    def target(self, name: str) -> str | None:
        """Where to write; None for stdout. Asked first, because hashing may take hours."""
        if self.out == "-":
            return None
        target = self.out or "."
        if os.path.isdir(target):
            target = os.path.normpath(os.path.join(target, f"{name}.torrent"))
        if os.path.lexists(target) and not self.force:
            raise WriteError(f"file exists, --force would overwrite it: {target}", target)
        return target

    def tell(self, made: Created, target: str) -> None:
        """Print the document. Its modules load here, so that the hashing starts sooner."""
        from raincore.documents import documents
        from raincore.formats import magnet
        from raintools._kit import view

        path = _utf8(os.path.abspath(target))
        document = documents.of_metainfo(made.metainfo, path=path, embed=self.embed)
        link = magnet.encode(magnet.of(made.metainfo)) if self.magnet else None
        document = replace(document, data_dir=_utf8(made.data_dir), magnet=link)
        self.common.out.document(document, partial(view.facts, document, self.common.out))


def _options(given: dict[str, Any]) -> CreateOptions:
    around: Outside = given["outside"]
    names = ("name", "source", "private", "piece_length", "jobs")
    return CreateOptions(
        version=MetaVersion(given["meta_version"] or "v1"),
        rules=Rules(**{name: given[name] for name in Rules.__slots__ if name in given}),
        **{name: given[name] for name in names},
        **{name: getattr(around, name) for name in around.__slots__},
    )


def _utf8(path: str | None) -> str | None:
    # JSON cannot spell a path that is not UTF-8. Of a .torrent the bytes go out instead.
    try:
        return path if path is None or path.encode() else None
    except UnicodeEncodeError:
        return None


if __name__ == "__main__":
    main()
