"""Made-up content with its torrent."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.formats.info import Info

KIB = 1024


@dataclass(frozen=True)
class Sample:
    """Content and the torrent made of it."""

    content: bytes
    info: Info


def sample(
    seed: int = 1,
    *,
    pieces: int = 64,
    piece_length: int = 64 * KIB,
    extra_bytes: int = 0,
    private: bool = False,
) -> Sample:
    """One file; the last piece is a third of a piece long.

    Args:
        extra_bytes: Length of a key that makes the info dictionary longer.
    """
    rng = random.Random(seed)
    content = rng.randbytes((pieces - 1) * piece_length + piece_length // 3)
    starts = range(0, len(content), piece_length)
    hashes = [hashlib.sha1(content[start : start + piece_length]).digest() for start in starts]
    value: dict[str, object] = {
        "length": len(content),
        "name": "sample",
        "piece length": piece_length,
        "pieces": b"".join(hashes),
    }
    if private:
        value["private"] = 1
    if extra_bytes:
        value["x_extra"] = rng.randbytes(extra_bytes)
    return Sample(content, info_format.parse(bencoding.encode(value)))
