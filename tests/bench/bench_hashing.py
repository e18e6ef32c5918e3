"""GiB per second of storage.hashing and storage.content_hashing, beside their plain versions.

    python -m tests.bench.bench_hashing [--size 1GiB] [--files 4000] [--dir DIR]

Hashes one file that is in the page cache, then many small ones: nothing is written but
these, once. The
median of several interleaved rounds, and CPU-seconds per GiB of the whole process.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from raincore.base import units
from raincore.base.geometry import Geometry
from raincore.storage import checking, content_hashing
from raincore.storage.content_scan import Rules, scan
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout, PlacedFile
from raincore.storage.piece_hashes import PieceHashes
from raincore.storage.source_reader import SourceReader

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE_LENGTH = 1024 * 1024
SMALL, LEAST = 10 * 1024, 16 * 1024
ROUNDS = 5
GIB = 1 << 30


def plain(path: str) -> bytes:
    """The obvious way: one thread, one piece after the other, a new buffer for each."""
    digests = []
    with open(path, "rb") as file:
        while piece := file.read(PIECE_LENGTH):
            digests.append(hashlib.sha1(piece).digest())
    return b"".join(digests)


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(cases: dict[str, Callable[[], object]], size: int) -> None:
    """Run all cases in turn, several times, and print a line for each."""
    walls: dict[str, list[float]] = {name: [] for name in cases}
    cpus: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            start, cpu = time.perf_counter(), cpu_seconds()
            case()
            walls[name].append(time.perf_counter() - start)
            cpus[name].append(cpu_seconds() - cpu)
    print(f"{'':24}{'GiB/s':>8}{'min..max':>14}{'CPU-s/GiB':>11}")
    for name in cases:
        rates = sorted(size / GIB / wall for wall in walls[name])
        cpu = statistics.median(cpus[name]) * GIB / size
        middle = statistics.median(rates)
        print(f"{name:24}{middle:8.2f}{rates[0]:7.2f}..{rates[-1]:.2f}{cpu:11.2f}")


def bench(directory: str, size: int) -> None:
    path = os.path.join(directory, "content")
    block = os.urandom(PIECE_LENGTH)
    with open(path, "wb") as file:
        for _ in range(size // PIECE_LENGTH):
            file.write(block)
    geometry = Geometry(PIECE_LENGTH, [size])
    reader = SourceReader(geometry, scan(path, Rules()).files)
    layout = Layout(Path(directory), (PlacedFile(("content",), size),))
    storage = FileStorage(layout, geometry, writable=False)
    hashes = plain(path)
    pieces = range(geometry.piece_count)
    read = reader.read_into

    def verify() -> None:
        assert checking.verify(storage, PieceHashes(geometry, hashes, []), pieces).all()

    cases: dict[str, Callable[[], object]] = {
        "plain SHA-1": lambda: plain(path),
        "verify": verify,
        "create v1": lambda: content_hashing.hash_pieces(read, geometry),
        "create v2": lambda: content_hashing.hash_trees(read, geometry, (), with_pieces=False),
        "create hybrid": lambda: content_hashing.hash_trees(read, geometry, (), with_pieces=True),
    }
    measure(cases, size)
    storage.close()
    reader.close()


def bench_many(directory: str, count: int) -> None:
    """Files of 10 KiB, each a piece of its own for trees."""
    for number in range(count):
        with open(os.path.join(directory, f"{number:06}"), "wb") as file:
            file.write(os.urandom(SMALL))
    files = scan(directory, Rules()).files
    paths = [file.path for file in files]
    together = Geometry(LEAST, [SMALL] * count)
    packed = SourceReader(together, files)
    apart = Geometry(LEAST, [SMALL, LEAST - SMALL] * count)
    padded = SourceReader(apart, [found for file in files for found in (file, None)])
    padding = range(1, 2 * count, 2)

    def plain_reads() -> None:
        for path in paths:
            hashlib.sha1(Path(path).read_bytes()).digest()

    cases: dict[str, Callable[[], object]] = {
        "small: plain SHA-1": plain_reads,
        "small: v1": lambda: content_hashing.hash_pieces(packed.read_into, together),
        "small: v2": lambda: content_hashing.hash_trees(
            padded.read_into, apart, padding, with_pieces=False
        ),
        "small: look again": packed.require_unchanged,
    }
    measure(cases, count * SMALL)
    packed.close()
    padded.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="bench_hashing")
    parser.add_argument("--size", type=units.parse_size, default=GIB)
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--dir", help="where to put the file; a tmpfs measures hashing only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as directory:
        bench(directory, given.size)
    with tempfile.TemporaryDirectory(dir=given.dir) as directory:
        bench_many(directory, given.files)


if __name__ == "__main__":
    main()
