"""A run of any layer of a file's tree, made from the leaves of the pieces that it lies in.

What a whole file's tree would need, 2 MiB of hashes for each GiB, is not kept: below the
piece layer all is made from the few pieces that are asked for (BEP 52, "hash request").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.formats import merkle

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Run", "answer", "pieces_of"]

SIZE = merkle.HASH_LENGTH


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked for.

    Args:
        base: Levels between the leaves and the layer.
        index: Of the first node, within the layer; a multiple of `length`.
        length: Nodes, a power of two.
        proof_layers: Levels above the layer that the proof spans.
    """

    base: int
    index: int
    length: int
    proof_layers: int


def pieces_of(run: Run, piece_height: int) -> range:
    """Which pieces of the file a run below the piece layer lies in, whether there or not."""
    first = run.index << run.base >> piece_height
    last = (((run.index + run.length) << run.base) - 1) >> piece_height
    return range(first, last + 1)


def answer(run: Run, piece_layer: bytes, piece_height: int, leaves: Sequence[bytes] = ()) -> bytes:
    """Give the nodes of a run and its uncles, the lowest first.

    Args:
        run: Lies within the file's tree, filled up.
        piece_layer: All hashes of the piece layer; of a file of one piece, its root.
        piece_height: Levels between the leaves and that layer.
        leaves: Those of the pieces that `pieces_of` names, for a run below that layer;
            pieces past the end of the file are left out.
    """
    above = merkle.layers_above(piece_layer, piece_height)
    if run.base >= piece_height:
        nodes = above[run.base - piece_height]
        own = nodes[run.index * SIZE : (run.index + run.length) * SIZE]
        own = fill(own, run.length, run.base)
        return own + merkle.proof(nodes, run.base, run.index, run.length, run.proof_layers)
    first = pieces_of(run, piece_height).start
    trees = [layers_of(one, piece_height) for one in leaves]
    nodes = b"".join(tree[run.base] for tree in trees)
    start = run.index - (first << (piece_height - run.base))
    parts = [fill(nodes[start * SIZE : (start + run.length) * SIZE], run.length, run.base)]
    height = piece_height + len(above) - 1
    for level in range(min(run.proof_layers + 1, height - run.base)):
        if run.length >> level > 1:
            continue
        layer, sibling = run.base + level, (run.index >> level) ^ 1
        if layer < piece_height:
            nodes = trees[0][layer]
            sibling -= first << (piece_height - layer)
        else:
            nodes = above[layer - piece_height]
        parts.append(nodes[sibling * SIZE : (sibling + 1) * SIZE] or merkle.zero_hash(layer))
    return b"".join(parts)


def layers_of(leaves: bytes, height: int) -> list[bytes]:
    """All layers of one piece's tree below its node, each filled up."""
    layers = [fill(leaves, 1 << height, 0)]
    for level in range(height - 1):
        layers.append(merkle.parents(layers[-1], level))
    return layers


def fill(nodes: bytes, count: int, layer: int) -> bytes:
    """Fill a run of a layer up with what stands for bytes past the end of the file."""
    return nodes + merkle.zero_hash(layer) * (count - len(nodes) // SIZE)
