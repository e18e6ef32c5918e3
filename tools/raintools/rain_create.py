"""rain-create: hash files or directories into .torrent files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from raincore.storage import atomic_file, creation_options
from raintools._kit import aliases, choosing, inside, making, options, outside, targets
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raincore.storage.creation import Created
    from raincore.storage.creation_options import CreateOptions
    from raintools._kit.maker import Maker
    from raintools._kit.options import Common
    from raintools._kit.targets import Targets

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
    paths = maker.inputs(paths + given.pop("more"))
    refuse_without_effect(given)
    if given["dry_run"] and maker.archive is not None:
        raise click.UsageError("--dry-run goes with PATH, not with --from-tar")
    places = targets.Targets(given.pop("out"), force=given.pop("force"), count=len(paths))
    around = given.pop("outside")
    outside_fields = {name: getattr(around, name) for name in around.__slots__}
    wanted = replace(given.pop("wanted"), rules=given.pop("rules"), **outside_fields)
    wanted = maker.settled(wanted)
    creation_options.check(wanted)
    creator = Creator(wanted, maker, places, **given)
    outcome = creator.common.outcome
    for path in paths:
        with outcome.guard(maker.label(path)):
            creator.create(path)
    return int(outcome.code)


def refuse_without_effect(given: dict[str, Any]) -> None:
    """Refuse what is to go into the document where none is written.

    Raises:
        click.UsageError: There is such an option.
    """
    for name in ("embed", "magnet"):
        if given[name] and (given["dry_run"] or given["out"] == targets.STDOUT):
            other = "--dry-run" if given["dry_run"] else "-o -"
            raise click.UsageError(f"--{name} is for the document, which {other} does not write")


@dataclass(frozen=True, slots=True)
class Creator:
    """What was asked for; `create` does it for one path."""

    wanted: CreateOptions
    maker: Maker
    places: Targets
    dry_run: bool
    embed: bool
    magnet: bool
    common: Common

    def create(self, path: str) -> None:
        """Hash, write, print."""
        name = self.maker.name_of(path, self.wanted)
        if self.dry_run:
            from raintools._kit import planning

            apart = targets.apart_of(self.places.path_of(name)) if name else []
            planning.tell(path, self.wanted, self.common, apart)
            return
        is_known = bool(name) or self.places.is_one
        target = self.places.of(name or "") if is_known else None
        made = self.maker.create(path, self.wanted, self.common, targets.apart_of(target))
        for note in made.notes:
            self.common.warn(f"{self.maker.label(path)}: {note}")
        if not is_known:
            target = self.places.of(os.fsdecode(made.metainfo.info.raw_name))
        if target is None:
            self.common.out.raw(made.metainfo.raw)
            return
        atomic_file.write(target, made.metainfo.raw, overwrite=self.places.force)
        self.tell(made, target)

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


def _utf8(path: str | None) -> str | None:
    # JSON cannot spell a path that is not UTF-8. Of a .torrent the bytes go out instead.
    try:
        return path if path is None or path.encode() else None
    except UnicodeEncodeError:
        return None


if __name__ == "__main__":
    main()
