"""rain-edit: change what surrounds the content of a .torrent file, without hashing it again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from raincore.base.errors import ConfigError, FormatError
from raincore.documents import documents
from raincore.formats import metainfo, metainfo_edit
from raincore.formats.metainfo import Metainfo
from raintools._kit import changes, edited, inputs, options, rewriting
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raincore.formats.metainfo_edit import Edit
    from raintools._kit.options import Common
    from raintools._kit.rewriting import Destination
    from raintools._kit.sources import Loaded

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-edit --tracker udp://t.example:6969 --in-place a.torrent
  rain-edit --no-trackers -t https://a.example/announce -o edited/ *.torrent
  rain-edit --replace OLD-PASSKEY NEW-PASSKEY --in-place *.torrent
  rain-edit --source TAG --private --new-info-hash -o b.torrent a.torrent
  rain-inspect a.torrent | rain-edit --no-comment | rain-magnet
"""


@click.command("rain-edit", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option("-o", "--out", metavar="FILE", help="Write to a file, a directory, - for stdout.")
@click.option("--in-place", is_flag=True, help="Write back to the file that was read.")
@click.option("-f", "--force", is_flag=True, help="Replace existing and read-only files.")
@click.option("--new-info-hash", is_flag=True, help="Allow what makes it another torrent. (*)")
@click.option("--embed", is_flag=True, help="Put the .torrent file into the document.")
@changes.changes
@options.common("torrent")
def main(
    arguments: tuple[str, ...],
    wanted: Edit,
    out: str | None,
    in_place: bool,
    force: bool,
    new_info_hash: bool,
    embed: bool,
    common: Common,
) -> int:
    """Change what a .torrent file says, without hashing the content again.

    Removals come first, then replacements, then additions. What is not mentioned stays
    byte for byte, and so does the info-hash: options marked (*) would change it, and need
    --new-info-hash if they do.

    INPUT is a path or a URL; without one, stdin is read: a .torrent file, JSON Lines, or
    one input a line. The result goes to -o or back --in-place; in a pipe, without these,
    into the document.
    """
    place = rewriting.Destination(
        out, in_place=in_place, force=force, inputs=len(arguments), writer=common.out
    )
    editor = Editor(wanted, place, new_info_hash, embed, common)
    for loaded in inputs.each(arguments, common.outcome, common.out):
        with common.outcome.guard(loaded.origin):
            editor.edit(loaded)
    editor.tell_unmet()
    return common.outcome.code


@dataclass(frozen=True, slots=True)
class Editor:
    """What was asked for; `edit` does it to one torrent."""

    wanted: Edit
    place: Destination
    new_info_hash: bool
    embed: bool
    common: Common
    met: set[tuple[str, str]] = field(default_factory=set)

    def edit(self, loaded: Loaded) -> None:
        """Change, write, print."""
        given, torrent = loaded.document, loaded.torrent
        if not isinstance(torrent, Metainfo):
            raise FormatError(
                "is a magnet link or an info-hash, which rain-magnet changes, and no file"
            )
        target = self.place.of(loaded)
        before = edited.as_documented(given, torrent)
        done = metainfo_edit.edit(before, self.wanted)
        self.met.update(done.met)
        if done.inside and not self.new_info_hash:
            names = " and ".join(map(changes.option_of, done.inside))
            raise ConfigError(
                f"it would be another torrent, with another info-hash: add --new-info-hash to {names}"
            )
        after = before if done.raw == before.raw else metainfo.parse(done.raw)
        self.warn(loaded.origin, before, after, done.notes)
        if target == rewriting.STDOUT:
            self.common.out.raw(after.raw)
            return
        if target is not None:
            self.place.write(target, after, torrent.raw + torrent.trailing)
        self.tell(loaded, torrent, after, target)

    def warn(self, origin: str, before: Metainfo, after: Metainfo, notes: tuple[str, ...]) -> None:
        """Say on stderr that the info-hash is another, and what else the owner should know."""
        for name, label in (("info_hash", "info-hash"), ("info_hash_v2", "info-hash v2")):
            old, new = getattr(before.info, name), getattr(after.info, name)
            if old != new:
                self.common.warn(f"{origin}: the {label} was {old.hex()} and is {new.hex()}")
        for note in (*notes, *metainfo_edit.cautions(before, after, self.wanted)):
            self.common.warn(f"{origin}: {note}")

    def tell(self, loaded: Loaded, torrent: Metainfo, after: Metainfo, target: str | None) -> None:
        """Print the document, or for people what changed."""
        given, out = loaded.document, self.common.out
        path = None if target is None else os.path.abspath(target)
        if target is None and after.raw == torrent.raw:
            path = given.path
        embed = self.embed or (given.path is not None and given.metainfo is not None)
        document = edited.document_of(given, after, path, embed=embed)
        if not out.human:
            out.document(document)
            return
        from raintools._kit import change_view

        before = documents.of_metainfo(torrent)
        title = loaded.origin if self.place.in_place else f"{loaded.origin} → {target}"
        out.text(change_view.changes(before, document, title, out))

    def tell_unmet(self) -> None:
        """Warn of what was to go and was nowhere: most often a typing error."""
        wanted = self.wanted
        asked = [("trackers", text) for text in wanted.trackers.remove]
        asked += [("trackers", old) for old, _ in wanted.replace]
        asked += [(name, text) for name, c in wanted.lists.items() for text in c.remove]
        for name, text in asked:
            if (name, text) not in self.met:
                self.common.warn(f"nothing among the {name} matches: {text}")


if __name__ == "__main__":
    main()
