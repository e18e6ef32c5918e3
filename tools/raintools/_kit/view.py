"""A torrent document as people read it: aligned facts, and the files as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base import units
from raincore.documents import codec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.documents.documents import TorrentDocument
    from raintools._kit.output import Writer

__all__ = ["facts", "tree"]

LISTS = (
    ("web seeds", "webseeds"),
    ("HTTP seeds", "http_seeds"),
    ("DHT nodes", "nodes"),
    ("similar", "similar"),
    ("collections", "collections"),
    ("peers", "peers"),
)


def facts(document: TorrentDocument, out: Writer) -> str:
    """Set out all but the files, one fact a line, labels aligned and coloured."""
    rows = [(label, text) for label, text in _rows(document) if text]
    width = max((len(label) for label, _ in rows), default=0) + 2
    previous = ""
    lines = []
    for label, text in rows:
        shown = "" if label == previous else label
        lines.append(out.styled(shown.ljust(width), fg="cyan") + text)
        previous = label
    return "\n".join(lines)


def tree(document: TorrentDocument, out: Writer) -> str:
    """Draw the files as a tree with sizes; directories show the sum of theirs."""
    root: dict[str, Any] = {}
    for entry in document.files:
        *directories, name = entry.path.split("/")
        node = root
        for directory in directories:
            node = node.setdefault(directory + "/", {})
        arrow = f" -> {entry.symlink}" if entry.symlink is not None else ""
        node[name + arrow] = entry.length
    lines = []
    # A stack and not recursion: the torrent decides how deep this goes.
    stack = [("", "", name, node) for name, node in reversed(root.items())]
    while stack:
        lead, below, name, node = stack.pop()
        if isinstance(node, int):
            size = units.format_size(node)
            lines.append(f"{lead}{name}  {out.styled(size, dim=True)}")
            continue
        lines.append(lead + out.styled(name, fg="blue", bold=True))
        last = len(node) - 1
        children = [
            (
                below + ("└─ " if n == last else "├─ "),
                below + ("   " if n == last else "│  "),
                *item,
            )
            for n, item in enumerate(node.items())
        ]
        stack += reversed(children)
    return "\n".join(lines)


def _rows(document: TorrentDocument) -> Iterator[tuple[str, str]]:
    yield "name", document.name or ""
    yield "info-hash", document.info_hash.hex() if document.info_hash else ""
    yield "info-hash v2", document.info_hash_v2.hex() if document.info_hash_v2 else ""
    yield "version", document.meta_version or ""
    if document.total_length is not None:
        count = document.file_count
        files = "" if count is None else f" in {count:,} file{'s' if count != 1 else ''}"
        size = units.format_size(document.total_length)
        yield "size", f"{size} ({document.total_length:,} bytes){files}"
    if document.piece_length is not None:
        yield "pieces", f"{document.piece_count:,} × {units.format_size(document.piece_length)}"
    if document.private is not None:
        yield "private", "yes" if document.private else "no"
    if document.creation_date is not None:
        yield "created", codec.rfc3339(document.creation_date)
    yield "created by", document.created_by or ""
    yield "comment", document.comment or ""
    yield "source", document.source or ""
    for number, tier in enumerate(document.trackers, 1):
        for url in tier:
            yield "trackers", f"{number}  {url}"
    for label, name in LISTS:
        for item in getattr(document, name):
            yield label, item
    if document.select:
        yield "selected", ", ".join(map(str, document.select))
    yield "status", document.status or ""
    yield "data in", document.data_dir or ""
    yield "file", document.path or ""
    yield "magnet", document.magnet or ""
