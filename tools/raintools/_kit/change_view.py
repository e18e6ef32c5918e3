"""What became of a torrent, as people read it: one line for each thing that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base import printable
from raincore.documents import codec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.documents.documents import TorrentDocument
    from raintools._kit.output import Writer

__all__ = ["changes"]

FACTS = (
    ("info-hash", "info_hash"),
    ("info-hash v2", "info_hash_v2"),
    ("name", "name"),
    ("private", "private"),
    ("source", "source"),
    ("created", "creation_date"),
    ("created by", "created_by"),
    ("comment", "comment"),
)
LISTS = (
    ("tracker", "trackers"),
    ("web seed", "webseeds"),
    ("HTTP seed", "http_seeds"),
    ("DHT node", "nodes"),
    ("similar", "similar"),
    ("collection", "collections"),
)
WIDTH = 14


def changes(before: TorrentDocument, after: TorrentDocument, title: str, out: Writer) -> str:
    """Set out what two documents of a torrent say differently, under a title.

    What came begins with "+", what went with "-"; a fact shows both values.
    """
    rows = [*_facts(before, after), *_lists(before, after)]
    lines = [printable.displayed(title)]
    for mark, label, text in rows or [("=", "", "nothing changed")]:
        color = {"+": "green", "-": "red"}.get(mark)
        line = f"  {mark} {label.ljust(WIDTH if label else 0)}{printable.displayed(text)}"
        lines.append(out.styled(line, fg=color) if color else line)
    return "\n".join(lines)


def _facts(before: TorrentDocument, after: TorrentDocument) -> Iterator[tuple[str, str, str]]:
    for label, name in FACTS:
        old, new = _text(before, name), _text(after, name)
        if old != new:
            yield from ((mark, label, text) for mark, text in (("-", old), ("+", new)) if text)


def _lists(before: TorrentDocument, after: TorrentDocument) -> Iterator[tuple[str, str, str]]:
    for label, name in LISTS:
        old, new = _items(before, name), _items(after, name)
        yield from (("-", label, item) for item in old if item not in new)
        yield from (("+", label, item) for item in new if item not in old)


def _items(document: TorrentDocument, name: str) -> Sequence[str]:
    if name != "trackers":
        return list(getattr(document, name))
    return [f"{n}  {url}" for n, tier in enumerate(document.trackers, 1) for url in tier]


def _text(document: TorrentDocument, name: str) -> str:
    value = getattr(document, name)
    if value is None or value is False:
        return ""
    if name == "creation_date":
        return codec.rfc3339(value)
    if isinstance(value, bytes):
        return value.hex()
    return "yes" if value is True else str(value)
