"""Made-up content with its torrent by the rules of BEP 52."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import bencoding, merkle
from raincore.formats import info as info_format
from raincore.formats.info import Info

__all__ = ["V2Sample", "v2_sample"]


@dataclass(frozen=True)
class V2Sample:
    """Content, the torrent made of it, and its piece layers by pieces root."""

    content: bytes
    info: Info
    layers: dict[bytes, bytes]


def v2_sample(
    seed: int = 1,
    *,
    lengths: tuple[int, ...] = (20 * 2 * BLOCK_LENGTH + 5, 100, 3 * 2 * BLOCK_LENGTH),
    piece_length: int = 2 * BLOCK_LENGTH,
    private: bool = False,
    hybrid: bool = False,
) -> V2Sample:
    """Files "0", "1" …, each from a piece boundary on; what lies between them is zeros.

    Args:
        hybrid: Whether version 1 knows it too, with files of padding between the others.
    """
    rng = random.Random(seed)
    content = b""
    tree: dict[str, object] = {}
    layers: dict[bytes, bytes] = {}
    files: list[dict[str, object]] = []
    for number, length in enumerate(lengths):
        data = rng.randbytes(length)
        gap = -len(content) % piece_length
        if gap:
            files.append({"attr": "p", "length": gap, "path": [".pad", str(gap)]})
        files.append({"length": length, "path": [str(number)]})
        content += bytes(gap) + data
        leaves = merkle.leaves(data)
        root = merkle.root(leaves)
        tree[str(number)] = {"": {"length": length, "pieces root": root}}
        if length > piece_length:
            layers[root] = merkle.piece_layer(leaves, piece_length)
    value: dict[str, object] = {
        "file tree": tree,
        "meta version": 2,
        "name": "sample",
        "piece length": piece_length,
    }
    if hybrid:
        starts = range(0, len(content), piece_length)
        pieces = [hashlib.sha1(content[at : at + piece_length]).digest() for at in starts]
        value |= {"files": files, "pieces": b"".join(pieces)}
    if private:
        value["private"] = 1
    return V2Sample(content, info_format.parse(bencoding.encode(value)), layers)
