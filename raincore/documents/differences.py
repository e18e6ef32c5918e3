"""What `diff` says about two torrents, as a JSON document of type "diff"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raincore.formats.diff import Diff, FileDiff

__all__ = ["encode"]

VERSION = 1
FACTS = (
    *("name", "info_hash", "info_hash_v2", "meta_version"),
    *("piece_length", "total_length", "file_count", "path"),
)


def encode(diff: Diff, old: TorrentDocument, new: TorrentDocument) -> dict[str, Any]:
    """Turn a difference into a JSON value.

    Args:
        diff: What became of the files.
        old: The torrent compared with.
        new: The torrent compared.
    """
    value: dict[str, Any] = {
        "type": "diff",
        "v": VERSION,
        "old": _side(old),
        "new": _side(new),
        "same": diff.is_same,
        "bytes_needed": diff.bytes_needed,
    }
    if diff.bytes_unknown:
        value["bytes_unknown"] = diff.bytes_unknown
    value["files"] = [_file(file) for file in diff.files]
    return value


def _side(document: TorrentDocument) -> dict[str, Any]:
    facts = {name: getattr(document, name) for name in FACTS}
    return {
        name: fact.hex() if isinstance(fact, bytes) else fact
        for name, fact in facts.items()
        if fact is not None
    }


def _file(file: FileDiff) -> dict[str, Any]:
    value: dict[str, Any] = {"change": file.change.value}
    old, new = (side and "/".join(side.entry.path) for side in (file.old, file.new))
    value["path"] = old if new is None else new
    if old not in (None, new) and new is not None:
        value["old_path"] = old
    if file.new is not None:
        value["length"] = file.new.entry.length
    if file.old is not None and file.change.value != "added":
        value["old_length"] = file.old.entry.length
    value["bytes_needed"] = file.bytes_needed
    return value
