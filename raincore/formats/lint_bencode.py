"""Is a torrent written canonically, and who computes another info-hash if not?

Most programs hash the bytes that are there. Two do not, which was found out by trying:
transmission 3.00 and aria2 1.36 write the info dictionary anew, with its keys in order, and
aria2 loses empty keys on the way, which every v2 file tree has. `tests/interop` compares
what is predicted here with what the programs print.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from raincore.formats import bencoding
from raincore.formats.info import MetaVersion
from raincore.formats.lint_codes import Finding, finding, repeated, trailing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.formats.bencoding import Value
    from raincore.formats.metainfo import Metainfo

__all__ = ["check", "of_aria2", "of_transmission"]

ARIA2 = "aria2 1.36"
ARIA2_DEPTH = 49  # it refuses what is nested deeper, the outer dictionary not counted
LEAST, MOST = -(2**63), 2**63 - 1
TRANSMISSION = "transmission 3.00"


def check(
    metainfo: Metainfo, values: dict[bytes, Value], file_name: str | None
) -> Iterator[Finding]:
    """Look at the order of keys, and at what follows from it.

    Args:
        metainfo: The torrent.
        values: The outer dictionary, decoded anew.
        file_name: Of the .torrent; a program puts it where a name is missing.
    """
    info = values[b"info"]
    assert isinstance(info, dict)
    if metainfo.trailing:
        yield finding("trailing-bytes", "", trailing(len(metainfo.trailing), len(metainfo.raw)))
    if metainfo.repeats.number:
        yield finding("duplicate-key", "", repeated(*metainfo.repeats))
    outside = {key: value for key, value in values.items() if key != b"info"}
    shuffled = _unsorted(outside)
    if shuffled is None and list(values) != sorted(values):
        shuffled = "the outer dictionary"
    if shuffled is not None:
        yield finding("not-canonical", "", f"keys are out of order: {shuffled}")
    shuffled = _unsorted(info)
    if shuffled is not None:
        yield finding("info-not-canonical", "info", f"keys are out of order: {shuffled}")
    ours = metainfo.info.info_hash
    if ours is None or metainfo.repeats.number:
        return  # neither of the two knows v2; keys that come twice stay so, or are lost
    is_hybrid = metainfo.info.meta_version is MetaVersion.HYBRID
    for client, theirs in (
        (TRANSMISSION, of_transmission(info, file_name)),
        (ARIA2, of_aria2(info)),
    ):
        if theirs is not None and theirs != ours:
            message = f"{client} computes another info-hash: {theirs.hex()}"
            severity = "note" if is_hybrid and shuffled is None else "warning"
            yield Finding("other-info-hash", severity, "info", message, client, theirs)


def of_transmission(info: dict[bytes, Value], file_name: str | None = None) -> bytes | None:
    """The info-hash that transmission 3.00 computes; None if it takes no such torrent.

    Args:
        info: The decoded info dictionary.
        file_name: Of the .torrent, which it takes for the name of one that has none.
    """
    facts = _Facts(info)
    if facts.has_empty_keys or facts.has_nul_keys or not facts.numbers_fit(LEAST):
        return None  # keys with NUL are compared up to it, and may then stand in any order
    if not info.get(b"name") and not info.get(b"name.utf-8"):
        if file_name is None:
            return None
        info = {**info, b"name": file_name.encode("utf-8", "surrogateescape")}
    return hashlib.sha1(bencoding.encode(info)).digest()


def of_aria2(info: dict[bytes, Value]) -> bytes | None:
    """The info-hash that aria2 1.36 computes; None if it takes no such torrent."""
    facts = _Facts(info)
    if facts.depth > ARIA2_DEPTH or not facts.numbers_fit(LEAST + 1):
        return None
    kept = _without_empty_keys(info) if facts.has_empty_keys else info
    return hashlib.sha1(bencoding.encode(kept)).digest()


class _Facts:
    """What matters to the two programs in a decoded value; one walk over all of it."""

    def __init__(self, value: Value) -> None:
        self.depth = 0
        self.least = self.most = 0
        self.has_empty_keys = self.has_nul_keys = False
        stack: list[tuple[Any, int]] = [(value, 1)]
        while stack:
            node, depth = stack.pop()
            self.depth = max(self.depth, depth)
            if isinstance(node, dict):
                self.has_empty_keys = self.has_empty_keys or b"" in node
                self.has_nul_keys = self.has_nul_keys or any(b"\0" in key for key in node)
                node = node.values()
            for child in node:
                if isinstance(child, int):
                    self.least, self.most = min(self.least, child), max(self.most, child)
                elif not isinstance(child, bytes):
                    stack.append((child, depth + 1))

    def numbers_fit(self, least: int) -> bool:
        """Whether all integers are from `least` to 2**63 - 1."""
        return least <= self.least and self.most <= MOST


def _without_empty_keys(value: Value) -> Value:
    # Recursive, but decoding has bounded the depth.
    if isinstance(value, dict):
        return {key: _without_empty_keys(item) for key, item in value.items() if key}
    if isinstance(value, list):
        return [_without_empty_keys(item) for item in value]
    return value


def _unsorted(value: Value) -> str | None:
    """The first key that is out of order in any dictionary, and how many there are."""
    count = 0
    first = b""
    stack: list[Any] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            previous = b""
            for key in node:
                if key < previous:
                    first = first if count else key
                    count += 1
                previous = key
            node = list(node.values())
        stack += [child for child in reversed(node) if not isinstance(child, int | bytes)]
    if not count:
        return None
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{first[:100].decode('utf-8', 'replace')!r}{more}"
