"""Content to share and torrents of it, made without the code under test.

Version 1 torrents are built here in a few lines; hybrid ones are made by libtorrent.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["LAYOUTS", "Torrent", "digest", "encode", "make", "read", "write_content"]

KIB = 1024

LAYOUTS: dict[str, dict[str, int]] = {
    "single file": {"": 3 * KIB * KIB + 777},
    "odd sizes": {
        "one.bin": 1,
        "block less one.bin": 16 * KIB - 1,
        "block.bin": 16 * KIB,
        "deep/er/block and one.bin": 16 * KIB + 1,
        "deep/piece less one.bin": 64 * KIB - 1,
        "deep/piece and one.bin": 64 * KIB + 1,
        "large.bin": 2_000_003,
        "last.bin": 7,
    },
    "an empty file": {"a.bin": 100_001, "b empty.bin": 0, "c.bin": 70_003, "z empty.bin": 0},
    "unicode names": {
        "smörgåsbord.bin": 40_000,
        "雨/にわか雨 — 驟雨.bin": 90_001,
        "дождь/ливень.bin": 33_333,
        "e\u0301 decomposed.bin": 20_001,
        "\U0001f327 rain & 'quotes' #%20.bin": 50_000,
    },
    "1,000 files": {
        f"{i // 100:02d}/{i:03d}.bin": (i * 7919) % 9000 + (i % 3) for i in range(1000)
    },
}
"""Relative path to length; an empty path means that the content is one file."""


@dataclass(frozen=True, slots=True)
class Torrent:
    """A .torrent file and what its content must be."""

    path: Path
    info_hash: bytes
    """As swarms know it: of v1, or the v2 one cut to 20 bytes."""
    name: str
    piece_length: int
    files: tuple[tuple[str, int], ...]
    sums: dict[str, str]
    """Path, relative to the directory that holds the content, to SHA-256."""
    info_hash_v2: bytes = b""
    trackers: tuple[str, ...] = ()
    """Those that know who is there; the test's own, which is told, is not one of them."""

    @property
    def length(self) -> int:
        return sum(length for _, length in self.files)

    @property
    def magnet(self) -> str:
        v2 = self.info_hash_v2
        only_v2 = v2 and v2[:20] == self.info_hash
        topic = f"btmh:1220{v2.hex()}" if only_v2 else f"btih:{self.info_hash.hex()}"
        return f"magnet:?xt=urn:{topic}&dn={quote(self.name)}"

    def magnet_with(self, tracker: str) -> str:
        """The same link for clients that find peers by a tracker only."""
        return f"{self.magnet}&tr={quote(tracker, safe='')}"

    def with_tracker(self, *urls: str) -> Torrent:
        """This torrent, whose file now names other trackers, one per tier, and no others."""
        raw = self.path.read_bytes()
        info = raw[raw.index(b"4:info") :]
        outside = encode({"announce": urls[0], "announce-list": [[url] for url in urls]})
        self.path.write_bytes(outside[:-1] + info)
        return replace(self, trackers=urls)

    def faults(self, directory: Path, *, empty_files: bool = True) -> list[str]:
        """What is wrong with a copy below `directory`; nothing for a perfect one."""
        return [
            f"{path}: {'differs' if (directory / path).is_file() else 'missing'}"
            for path, length in self.files
            if (length or empty_files) and digest(directory / path) != self.sums[path]
        ]


def digest(path: Path) -> str:
    """SHA-256 in hex; empty if there is no such file."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_content(directory: Path, name: str, layout: dict[str, int], seed: int = 1) -> Path:
    """Random files below `directory`; returns the root of the content."""
    dice = random.Random(f"{name} {seed}")
    root = directory / name
    for path, length in layout.items():
        target = root / path if path else root
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for start in range(0, length, 1 << 20):
                file.write(dice.randbytes(min(1 << 20, length - start)))
    return root


def make(root: Path, out: Path, *, piece_length: int, tracker: str) -> Torrent:
    """Write a version 1 torrent of `root` (BEP 3) and describe it."""
    paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    info: dict[str, Any] = {"name": root.name, "piece length": piece_length}
    info["pieces"] = b"".join(_piece_hashes(paths, piece_length))
    if root.is_file():
        info["length"] = root.stat().st_size
    else:
        info["files"] = [
            {"length": p.stat().st_size, "path": list(p.relative_to(root).parts)} for p in paths
        ]
    out.write_bytes(encode({"announce": tracker, "info": info}))
    return describe(out, root, hashlib.sha1(encode(info)).digest(), piece_length)


def read(out: Path, root: Path, v1: str, v2: str, piece_length: int) -> Torrent:
    """Describe a .torrent file that another program made of `root`, by its hashes."""
    described = describe(out, root, bytes.fromhex(v1 or v2[:40]), piece_length)
    return replace(described, info_hash_v2=bytes.fromhex(v2))


def describe(out: Path, root: Path, info_hash: bytes, piece_length: int) -> Torrent:
    paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    names = [str(path.relative_to(root.parent)) for path in paths]
    return Torrent(
        path=out,
        info_hash=info_hash,
        name=root.name,
        piece_length=piece_length,
        files=tuple((n, p.stat().st_size) for n, p in zip(names, paths, strict=True)),
        sums={n: digest(p) for n, p in zip(names, paths, strict=True)},
    )


def _piece_hashes(paths: list[Path], piece_length: int) -> list[bytes]:
    hashes, buffer = [], b""
    for path in paths:
        with path.open("rb") as file:
            while data := file.read(max(1 << 20, piece_length)):
                buffer += data
                whole = len(buffer) // piece_length * piece_length
                hashes += [
                    hashlib.sha1(buffer[i : i + piece_length]).digest()
                    for i in range(0, whole, piece_length)
                ]
                buffer = buffer[whole:]
    return [*hashes, hashlib.sha1(buffer).digest()] if buffer else hashes


def encode(value: Any) -> bytes:
    """Bencode (BEP 3, "bencoding"); str as UTF-8."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(encode(item) for item in value) + b"e"
    items = sorted((k.encode() if isinstance(k, str) else k, v) for k, v in value.items())
    return b"d" + b"".join(encode(k) + encode(v) for k, v in items) + b"e"
