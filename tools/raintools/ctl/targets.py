"""Which torrents of a session a verb is about: ids, info-hashes, documents on stdin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.base.rpc_errors import TorrentUnknown
from raincore.documents import registry
from raintools._kit import inputs, lines, options
from raintools.ctl import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from raintools._kit.options import Common
    from raintools._kit.sources import Input
    from raintools.ctl.server import Server

__all__ = ["Target", "act", "each", "named"]

HASH = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
MAX_ID = 1000


class Target(NamedTuple):
    """One torrent.

    Args:
        ident: Its id in the session.
        origin: What to call it in messages.
        document: The document that named it; None if it was named by an argument.
    """

    ident: str
    origin: str
    document: dict[str, Any] | None = None


def named(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument ID and the option --id, as rain's client has it."""
    return options.stacked(
        callback,
        click.argument("idents", metavar="[ID]...", nargs=-1),
        click.option("--id", "more", metavar="ID", multiple=True, help="The same as ID."),
    )


def each(
    idents: Sequence[str], more: Sequence[str], server: Server, common: Common
) -> Iterator[Target]:
    """Iterate over the torrents; what names none is reported to `common`.

    Documents of other types on stdin go straight to the output.

    Raises:
        click.UsageError: Nothing was named, and stdin is a terminal.
        NetworkError: The server cannot say which torrent an info-hash is.
    """
    given = inputs.of([*more, *idents])
    finder = _Finder(server)
    while True:
        item, found = None, []
        with common.outcome.guard("stdin"):
            item = next(given, None)
        if item is None:
            return
        with common.outcome.guard(item.origin):
            found = _read(item, finder, common)
        yield from found


def act(
    idents: Sequence[str],
    more: Sequence[str],
    server: Server,
    common: Common,
    do: Callable[[Target], object],
) -> int:
    """Do something to each torrent; documents that named them are passed on afterwards.

    Returns:
        The exit code.
    """
    for target in each(idents, more, server, common):
        with common.outcome.guard(target.origin):
            do(target)
            if target.document is not None and not common.out.human:
                common.out.value(target.document)
    return common.outcome.code


class _Finder:
    """Finds ids by info-hash; the list is asked for once, and only if needed."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.rows: list[dict[str, Any]] | None = None

    def by_hash(self, text: str) -> list[str]:
        if self.rows is None:
            self.rows = self.server.torrents()
        if any(row.get("ID") == text for row in self.rows):
            return [text]
        wanted = text.lower()
        found = [
            str(row.get("ID"))
            for row in self.rows
            if wanted in (fields.text(row, "InfoHash"), fields.text(row, "InfoHashV2"))
            or fields.text(row, "InfoHash") == wanted[:40]
        ]
        if not found:
            raise TorrentUnknown(f"no torrent of that info-hash in the session: {text}")
        return found


def _read(item: Input, finder: _Finder, common: Common) -> list[Target]:
    given = item.given
    if isinstance(given, str):
        text = given.strip()
        if not text or len(text) > MAX_ID:
            raise FormatError(f"no id of a torrent: {printable(text, 40)!r}")
        if not HASH.fullmatch(text):
            return [Target(text, text)]
        return [Target(ident, text) for ident in finder.by_hash(text)]
    if not item.is_json:
        raise FormatError("a .torrent file is not what is asked for here: give an id")
    value = lines.parse_json(given)
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind != "torrent":
        if not common.out.human:
            common.out.raw(given if given.endswith(b"\n") else given + b"\n")
        return []
    registry.validate(value)
    ident = value.get("id")
    if isinstance(ident, str) and ident:
        return [Target(ident, ident, value)]
    text = value.get("info_hash") or value.get("info_hash_v2")
    if not text:
        raise FormatError("the document has neither id nor info_hash")
    first, *others = finder.by_hash(text)
    return [Target(first, first, value), *(Target(ident, ident) for ident in others)]
