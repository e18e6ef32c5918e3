"""Clean torrents, to be spoilt by tests, and what `lint` says about them."""

from __future__ import annotations

import hashlib
from typing import Any

from raincore.formats import bencoding, lint, metainfo
from raincore.formats.lint_codes import Finding
from tests.formats.samples import changed

KIB = 1024
URL = "http://tracker.example.org/announce"


def root(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def hashes(count: int, salt: str = "") -> bytes:
    return b"".join(hashlib.sha1(f"{salt}{n}".encode()).digest() for n in range(count))


def file(*path: str | bytes, length: int = 10 * KIB, **more: Any) -> dict[str, Any]:
    return changed({"length": length, "path": list(path)}, more)


def v1(*files: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Files in pieces of 16 KiB; the hashes are of nothing."""
    listed = list(files) or [file("a"), file("b", "c")]
    count = -(-sum(entry["length"] for entry in listed) // (16 * KIB))
    info = {"files": listed, "name": "photos", "piece length": 16 * KIB, "pieces": hashes(count)}
    return changed(info, changes)


def single(**changes: Any) -> dict[str, Any]:
    info = {"length": 5, "name": "a.bin", "piece length": 16 * KIB, "pieces": hashes(1)}
    return changed(info, changes)


def leaf(length: int, text: str, **more: Any) -> dict[str, Any]:
    return {"": {"length": length, "pieces root": root(text), **more}}


def v2(**changes: Any) -> dict[str, Any]:
    """Two small files."""
    tree = {"a": leaf(10, "a"), "b": {"c": leaf(10, "c")}}
    info = {"file tree": tree, "meta version": 2, "name": "photos", "piece length": 16 * KIB}
    return changed(info, changes)


def hybrid(*, tail: bool = True, **changes: Any) -> dict[str, Any]:
    """The same in both versions, with little padding."""
    big, gap = 1600 * KIB + 1, 16 * KIB - 1
    files = [
        file("a", length=big),
        file(".pad", str(gap), length=gap, attr="p"),
        file("b", "c", length=big),
        file(".pad", str(gap), length=gap, attr="p"),
    ]
    tree = {"a": leaf(big, "a"), "b": {"c": leaf(big, "c")}}
    listed = files if tail else files[:-1]
    return changed({**v2(), **v1(*listed), "file tree": tree}, changes)


def torrent(info: dict[str, Any] | bytes | None = None, **outside: Any) -> bytes:
    """The bytes of a .torrent; info may be bencoded already, in whatever order."""
    raw = info if isinstance(info, bytes) else bencoding.encode(info or v1())
    return bencoding.encode({"announce": URL, "info": bencoding.Raw(raw), **outside})


def findings(raw: bytes, file_name: str | None = None) -> list[Finding]:
    return list(lint.of_metainfo(metainfo.parse(raw), file_name))


def found(info: dict[str, Any] | bytes | None = None, **outside: Any) -> list[tuple[str, str]]:
    """Code and place of each finding."""
    return [(one.code, one.where) for one in findings(torrent(info, **outside))]


def shuffled(value: Any) -> bytes:
    """Bencode with the keys of all dictionaries as they stand."""
    if isinstance(value, dict):
        inner = b"".join(shuffled(key) + shuffled(item) for key, item in value.items())
        return b"d" + inner + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(shuffled, value)) + b"e"
    return bencoding.encode(value)
