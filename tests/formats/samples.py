"""Small info dictionaries made by hand from their BEPs, to be changed by tests."""

from __future__ import annotations

import hashlib
from typing import Any

from raincore.formats import bencoding, info

ROOT = hashlib.sha256(b"root").digest()
OTHER_ROOT = hashlib.sha256(b"other").digest()


def changed(value: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with some keys set, or taken out by None."""
    return {key: item for key, item in {**value, **changes}.items() if item is not None}


def v1_single(**changes: Any) -> dict[str, Any]:
    """One file of 20 bytes in pieces of 16."""
    return changed(
        {"name": "one.bin", "piece length": 16, "length": 20, "pieces": bytes(range(40))}, changes
    )


def v1_multi(**changes: Any) -> dict[str, Any]:
    """Files of 20 and 5 bytes in pieces of 16."""
    files = [{"length": 20, "path": ["sub", "a.txt"]}, {"length": 5, "path": ["b"]}]
    return changed(
        {"name": "dir", "piece length": 16, "files": files, "pieces": bytes(range(40))}, changes
    )


def v2_multi(**changes: Any) -> dict[str, Any]:
    """Files of 20,000, 0 and 5 bytes in pieces of 16 KiB."""
    tree = {
        "a": {"": {"length": 20_000, "pieces root": ROOT}},
        "b": {"": {"length": 0}},
        "sub": {"c": {"": {"length": 5, "pieces root": OTHER_ROOT}}},
    }
    return changed(
        {"name": "dir", "piece length": 16384, "meta version": 2, "file tree": tree}, changes
    )


def hybrid(**changes: Any) -> dict[str, Any]:
    """The same as v2_multi, with v1."""
    files = [
        {"length": 20_000, "path": ["a"]},
        {"length": 12_768, "path": [".pad", "12768"], "attr": "p"},
        {"length": 0, "path": ["b"]},
        {"length": 5, "path": ["sub", "c"]},
    ]
    return changed({**v2_multi(), "files": files, "pieces": bytes(range(60))}, changes)


def parsed(value: dict[str, Any]) -> info.Info:
    """What `info.parse` makes of it."""
    return info.parse(bencoding.encode(value))
