"""Prints the bencoded structure of files, which need be no torrents for that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from raincore.base.errors import FormatError
from raincore.documents import raw
from raincore.formats import lenient_bencode
from raintools._kit import inputs, lines, sources, torrent_bytes, unusable
from raintools._kit.lines import Foreign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raintools._kit.options import Common
    from raintools._kit.output import Writer
    from raintools._kit.sources import Input

__all__ = ["show_all"]


def show_all(arguments: Sequence[str], common: Common) -> int:
    """Show all inputs; 3 if one is no bencode, and then where it breaks."""
    items = inputs.of(arguments)
    outcome = common.outcome
    while True:
        item = None
        with outcome.guard("stdin"):
            item = next(items, None)
        if item is None:
            return outcome.code
        with outcome.guard(item.origin):
            found = _bytes_of(item)
            if isinstance(found, Foreign):
                if not common.out.human:
                    common.out.raw(found.line)
                continue
            data, path = found
            read = lenient_bencode.decode(data)
            for oddity in unusable.in_bencode(len(data) - read.end, read.end, read.repeats):
                outcome.warn(f"{item.origin}: {oddity}")
            _show(raw.value_of(read.value), path, common.out)


def _show(value: Any, path: str | None, out: Writer) -> None:
    import json

    if out.human:
        out.text(json.dumps(value, indent=2, ensure_ascii=False))
        return
    head = {"type": "raw", "v": 1} if path is None else {"type": "raw", "v": 1, "path": path}
    out.value({**head, "value": value})


def _bytes_of(item: Input) -> tuple[bytes, str | None] | Foreign:
    """The bytes that an input is or names, and their path if they have one to be told."""
    given = item.given
    if isinstance(given, bytes):
        return _of_line(given) if item.is_json else (torrent_bytes.bounded(given), None)
    if sources.link_in(given) is not None:
        raise _linked()
    if (url := sources.url_in(given)) is not None:
        from raintools._kit import download

        return download.get(url), None
    if not given:
        raise FormatError("no file name given")
    path = os.path.abspath(given)
    is_lasting = os.path.isfile(path) and path.encode("utf-8", "ignore").decode() == path
    return torrent_bytes.read_torrent(path), path if is_lasting else None


def _of_line(line: bytes) -> tuple[bytes, str | None] | Foreign:
    document = lines.parse_line(line)
    if isinstance(document, Foreign):
        return document
    if document.metainfo is not None:
        return document.metainfo, document.path
    if document.path is None:
        raise _linked()
    return torrent_bytes.read_named(document.path), document.path


def _linked() -> FormatError:
    return FormatError("a magnet link has no bencoded structure")
