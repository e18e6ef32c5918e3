"""Change the name, source, privacy or salt inside an info dictionary: another torrent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.base.printable import printable
from raincore.formats import bencoding, lenient_bencode
from raincore.formats.bencoding import Raw
from raincore.formats.optional_keys import untext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.bencoding import Encodable, Value
    from raincore.formats.info import Info

__all__ = ["SALTS", "Inside", "edit"]

SALTS = (b"entropy", b"x_cross_seed")
"""Keys that torf and mktorrent put in to get another info-hash; the first is ours too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What is to change inside; None and False change nothing.

    Args:
        name: Of the file or directory. Surrogate escapes stand for bytes that are not
            UTF-8.
        source: A tag that private trackers want.
        no_source: Take the tag away.
        private: Have peers come from the trackers only (BEP 27).
        no_private: Have them come from anywhere.
        salt: A number that nobody else has, to get an info-hash of one's own.
        no_salt: Take such a number away.
    """

    name: str | None = None
    source: str | None = None
    no_source: bool = False
    private: bool = False
    no_private: bool = False
    salt: int | None = None
    no_salt: bool = False


def edit(before: Info, wanted: Inside) -> tuple[bytes, tuple[str, ...]]:
    """Change an info dictionary; what is not meant stays byte for byte.

    Returns:
        The raw bytes and which fields of `wanted` made a difference. If none did, these
        are the bytes that were there, however they are written; else keys are sorted.

    Raises:
        ConfigError: The name is none for a file, or that of the only file in a v2 directory.
    """
    if wanted == Inside():
        return before.raw, ()  # as nearly always, and a large dictionary takes a second
    values, read = lenient_bencode.decode_dictionary(before.raw)
    raws: dict[bytes, Encodable] = {
        key: Raw(before.raw[start:end]) for key, (start, end) in read.spans.items()
    }
    changed = []
    if wanted.name is not None and untext(wanted.name) != before.raw_name:
        _rename(raws, values, before, wanted.name)
        changed.append("name")
    if wanted.source is not None and values.get(b"source") != untext(wanted.source):
        raws[b"source"] = untext(wanted.source)
        changed.append("source")
    elif wanted.no_source and raws.pop(b"source", None) is not None:
        changed.append("no_source")
    if wanted.private and not before.private:
        raws[b"private"] = 1
        changed.append("private")
    elif wanted.no_private and before.private:
        del raws[b"private"]
        changed.append("no_private")
    if wanted.no_salt and (salts := [key for key in SALTS if key in raws]):
        for key in salts:
            del raws[key]
        changed.append("no_salt")
    if wanted.salt is not None:
        raws[SALTS[0]] = wanted.salt
        changed.append("salt")
    if not changed:
        return before.raw, ()
    return bencoding.encode(raws), tuple(changed)


def _rename(
    raws: dict[bytes, Encodable], values: Mapping[bytes, Value], before: Info, name: str
) -> None:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ConfigError(f"not a name for a torrent: {printable(name) or '(none)'}", "name")
    raw = untext(name)
    # Where both are there, readers go by the one in UTF-8.
    for key in {b"name", b"name.utf-8"} & values.keys():
        raws[key] = raw
    tree = values.get(b"file tree")
    if not before.is_multi_file and isinstance(tree, dict):
        # Of a single file the tree has nothing but its name (BEP 52).
        [leaf] = tree.values()
        raws[b"file tree"] = {raw: leaf}
    elif isinstance(tree, dict) and [*tree] == [raw] and _is_file(tree[raw]):
        raise ConfigError(
            f"v2 cannot tell this directory from its only file: {printable(name)}", "name"
        )


def _is_file(node: Value) -> bool:
    return isinstance(node, dict) and b"" in node
