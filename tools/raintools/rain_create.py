"""rain-create: hash files or directories into .torrent files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import WriteError
from raincore.storage import atomic_file
from raintools._kit import aliases, choosing, inside, making, options, outside
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raincore.storage.content_scan import Identity
    from raincore.storage.creation import Created
    from raincore.storage.creation_options import CreateOptions
    from raintools._kit.maker import Maker
    from raintools._kit.options import Common

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-create ./photos
  rain-create -t https://a.example/announce,https://b.example/announce -p ./photos
  rain-create --hybrid -e '*.tmp' -o - ./photos > photos.torrent
  rain-create --dry-run ./photos
  rain-create ./photos | rain-seed | rain-fetch --dir /tmp/copy
"""
opt = aliases.option


@click.command("rain-create", cls=Command, epilog=EXAMPLES)
@click.argument("paths", metavar="PATH...", nargs=-1)
@opt("--input", "more", metavar="PATH", multiple=True, hidden=True)
@opt(
    *("-o", "--out"),
    metavar="FILE",
    aliases=["--outfile", "--output"],
    help="Where to write: a file, a directory, - for stdout.",
)
@opt("-f", "--force", is_flag=True, aliases=["--yes"], help="Overwrite an existing file.")
@opt("--dry-run", is_flag=True, help="Read no file; tell what each version would be like.")
@inside.inside
@choosing.choosing
@opt("--embed", is_flag=True, help="Put the .torrent file into the document.")
@opt("--magnet", is_flag=True, aliases=["--link"], help="Put the magnet link into the document.")
@making.making
@outside.outside
@options.common("torrent", "plan")
def main(paths: tuple[str, ...], maker: Maker, **given: Any) -> int:
    """Hash each PATH, a file or a directory, into a .torrent file of its own.

    Writes NAME.torrent into the current directory and prints its document. Hidden files
    and symlinks are left out unless asked for.
    """
    out, paths = given["out"], maker.inputs(paths + given.pop("more"))
    if given["dry_run"] and maker.archive is not None:
        raise click.UsageError("--dry-run goes with PATH, not with --from-tar")
    if len(paths) > 1 and out is not None and not os.path.isdir(out):
        raise click.UsageError("several torrents do not fit into one file: -o needs a directory")
    around = given.pop("outside")
    outside_fields = {name: getattr(around, name) for name in around.__slots__}
    wanted = replace(given.pop("wanted"), rules=given.pop("rules"), **outside_fields)
    creator = Creator(maker.settled(wanted), maker, **given)
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
    dry_run: bool
    embed: bool
    magnet: bool
    common: Common

    def create(self, path: str) -> None:
        """Hash, write, print."""
        name = self.maker.name_of(path, self.wanted)
        target = self.target(name) if name else None
        if self.dry_run:
            from raintools._kit import planning

            planning.tell(path, self.wanted, self.common, apart_of(target))
            return
        made = self.maker.create(path, self.wanted, self.common, apart_of(target))
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


def apart_of(target: str | None) -> list[Identity]:
    """What must not become content: the file of the last run, if this one replaces it."""
    if target is None or not os.path.isfile(target):
        return []
    status = os.stat(target)
    return [(status.st_dev, status.st_ino)]


def _utf8(path: str | None) -> str | None:
    # JSON cannot spell a path that is not UTF-8. Of a .torrent the bytes go out instead.
    try:
        return path if path is None or path.encode() else None
    except UnicodeEncodeError:
        return None


if __name__ == "__main__":
    main()
