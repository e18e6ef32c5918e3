"""A torrent document as people read it: aligned facts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from raincore.base import printable, units
from raincore.documents import codec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.documents.documents import TorrentDocument
    from raintools._kit.output import Writer

__all__ = ["facts"]

LISTS = (
    ("web seeds", "webseeds"),
    ("HTTP seeds", "http_seeds"),
    ("DHT nodes", "nodes"),
    ("similar", "similar"),
    ("collections", "collections"),
    ("other sources", "sources"),
    ("peers", "peers"),
)


def facts(document: TorrentDocument, out: Writer) -> str:
    """Set out all but the files, one fact a line, labels aligned and coloured."""
    # Again, because a document on stdin was written by anybody.
    rows = [(label, printable.displayed(text)) for label, text in _rows(document) if text]
    width = max((len(label) for label, _ in rows), default=0) + 2
    previous = ""
    lines = []
    for label, text in rows:
        shown = "" if label == previous else label
        lines.append(out.styled(shown.ljust(width), fg="cyan") + text)
        previous = label
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
        # A document of anybody's may know the one without the other.
        times = "" if document.piece_count is None else f"{document.piece_count:,} × "
        yield "pieces", f"{times}{units.format_size(document.piece_length)}"
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
    for label, key, value in _unknown(document):
        yield label, printable.printable(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    if document.select:
        yield "selected", ", ".join(map(str, document.select))
    yield "status", document.status or ""
    yield "data in", document.data_dir or ""
    yield "file", document.path or ""
    yield "magnet", document.magnet or ""


def _unknown(document: TorrentDocument) -> Iterator[tuple[str, str, Any]]:
    for label, values in (("unknown", document.unknown), ("in info", document.unknown_info)):
        for key, value in values.items():
            yield label, key, value
    for file in document.files:
        for key, value in file.extra.get("unknown", {}).items():
            yield "in files", f"{file.path}: {key}", value
