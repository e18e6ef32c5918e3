"""Time bencode on a DHT-sized message and on a torrent of 100,000 files.

Run as `python -m tests.bench.bench_bencoding`. Prints the best of five runs, and beside it
what the parser under ours takes on the same, well-formed, bytes.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable

import bencodepy

from raincore.formats import bencoding

FILES = 100_000


def best(action: Callable[[], object], number: int) -> float:
    """Seconds per call, best of five averages over `number` calls."""
    return min(timeit.repeat(action, number=number, repeat=5)) / number


def message() -> bytes:
    """A message of about 300 bytes."""
    values = [bytes(6)] * 16
    arguments = {b"id": bytes(20), b"nodes": bytes(100), b"values": values}
    return bencoding.encode({b"r": arguments, b"t": b"aa", b"v": b"RA01", b"y": b"r"})


def torrent() -> bytes:
    """A .torrent file of many files, most of whose bytes are names."""
    files = [
        {b"length": 1000 + n, b"path": [b"folder %03d" % (n % 500), b"a file with number %07d" % n]}
        for n in range(FILES)
    ]
    pieces = bytes(20 * 400)
    info = {b"files": files, b"name": b"many", b"piece length": 262_144, b"pieces": pieces}
    return bencoding.encode({b"announce": b"http://t.example/announce", b"info": info})


def show(name: str, data: bytes, number: int) -> None:
    """Print one line for one input."""
    value = bencoding.decode(data)
    plain = bencodepy.BencodeDecoder()
    figures = {
        "decode": best(lambda: bencoding.decode(data), number),
        "with spans": best(lambda: bencoding.decode_with_spans(data), number),
        "encode": best(lambda: bencoding.encode(value), number),
        "plain decode": best(lambda: plain.decode(data), number),
    }
    line = ", ".join(f"{what} {seconds * 1e6:,.1f} µs" for what, seconds in figures.items())
    print(f"{name}, {len(data):,} bytes: {line}")


def main() -> None:
    """Print everything."""
    show("message", message(), 2000)
    show(f"torrent of {FILES:,} files", torrent(), 1)


if __name__ == "__main__":
    main()
