"""Piece layers of a v2 torrent, put together from what peers prove (BEP 52, "hash request").

A magnet link leads to the info dictionary, which names the root of each file's tree. The
hashes of its pieces are asked for in runs of at most 512, each with the uncles that lead
from it to that root: so every answer is believed or not by itself, and who lied is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.formats import merkle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.formats.info import Info

__all__ = ["LayerDownload", "LayerRun", "missing", "proof_levels", "width_of"]

RUN_LENGTH = 512
"""Hashes asked for at once; nobody need answer more (BEP 52)."""

PeerKey = int


@dataclass(frozen=True, slots=True)
class LayerRun:
    """One run of a file's piece layer, as a hash request names it.

    Args:
        pieces_root: The file.
        index: Of the first hash.
        length: Hashes, a power of two; those past the end of the file fill it up.
        proof_layers: Levels above the piece layer that the proof spans.
    """

    pieces_root: bytes
    index: int
    length: int
    proof_layers: int


def missing(info: Info, layers: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """Say which piece layers are not known: pieces by pieces root, each file's once.

    A file of one piece has no layer: its root is that piece's hash.
    """
    return {
        entry.pieces_root: -(-entry.length // info.piece_length)
        for entry in info.files
        if entry.pieces_root is not None
        and entry.length > info.piece_length
        and entry.pieces_root not in layers
    }


def width_of(count: int) -> int:
    """Hashes in a layer when it is filled up to a power of two."""
    return 1 << (count - 1).bit_length()


def proof_levels(count: int) -> int:
    """Levels between a layer of `count` hashes and the root, neither of them counted."""
    return max(width_of(count).bit_length() - 2, 0)


class LayerDownload:
    """Asks several peers for different runs; what one owes or refuses others are asked for.

    Args:
        wanted: Pieces of each file, by pieces root; at least 2 each.
        piece_length: Bytes.
    """

    def __init__(self, wanted: Mapping[bytes, int], piece_length: int) -> None:
        self.layers: dict[bytes, bytes] = {}
        """Those that are whole, by pieces root."""
        self._height = merkle.height_of(piece_length)
        self._counts = dict(wanted)
        self._parts: dict[bytes, dict[int, bytes]] = {root: {} for root in wanted}
        self._free: dict[LayerRun, None] = dict.fromkeys(_runs(wanted))
        self._asked: dict[LayerRun, PeerKey] = {}
        self._refused: dict[PeerKey, set[LayerRun]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every layer is known."""
        return not self._free and not self._asked

    @property
    def base_layer(self) -> int:
        """Levels between the leaves and the piece layer."""
        return self._height

    def outstanding(self, peer: PeerKey) -> int:
        """Runs that a peer owes us."""
        return sum(owner == peer for owner in self._asked.values())

    def take(self, peer: PeerKey) -> LayerRun | None:
        """Mark a run as asked of a peer; None if there is none that it has not refused."""
        refused = self._refused.get(peer, ())
        run = next((run for run in self._free if run not in refused), None)
        if run is not None:
            del self._free[run]
            self._asked[run] = peer
        return run

    def receive(self, peer: PeerKey, run: LayerRun, hashes: bytes) -> bool | None:
        """Take an answer.

        Args:
            peer: Whose.
            run: What it says it answers.
            hashes: The run and its uncles.

        Returns:
            Whether it proves what it says; None if this peer was not asked for it, so
            that it means nothing.
        """
        if self._asked.get(run) != peer:
            return None
        del self._asked[run]
        if not self._proves(run, hashes):
            self._free[run] = None
            self._refused.setdefault(peer, set()).add(run)
            return False
        parts = self._parts[run.pieces_root]
        parts[run.index] = hashes[: run.length * merkle.HASH_LENGTH]
        count = self._counts[run.pieces_root]
        if len(parts) * run.length >= count:
            whole = b"".join(parts[index] for index in sorted(parts))
            self.layers[run.pieces_root] = whole[: count * merkle.HASH_LENGTH]
            parts.clear()
        return True

    def reject(self, peer: PeerKey, run: LayerRun) -> None:
        """A peer will not answer: it is not asked for this run again."""
        if self._asked.get(run) == peer:
            del self._asked[run]
            self._free[run] = None
            self._refused.setdefault(peer, set()).add(run)

    def release(self, peer: PeerKey) -> bool:
        """Ask others for what a peer owes; say whether there was anything."""
        owed = [run for run, owner in self._asked.items() if owner == peer]
        for run in owed:
            del self._asked[run]
            self._free[run] = None
        return bool(owed)

    def peer_left(self, peer: PeerKey) -> None:
        """Forget a peer."""
        self.release(peer)
        self._refused.pop(peer, None)

    def _proves(self, run: LayerRun, hashes: bytes) -> bool:
        size = merkle.HASH_LENGTH
        own = run.length * size
        uncles = (run.proof_layers + 1) - (run.length.bit_length() - 1)
        if len(hashes) != own + max(uncles, 0) * size:
            return False
        height = self._height + run.length.bit_length() - 1
        node = merkle.root(hashes[:own], self._height, total_height=height)
        position = run.index // run.length
        return merkle.climb(node, position, hashes[own:]) == run.pieces_root


def _runs(wanted: Mapping[bytes, int]) -> Iterable[LayerRun]:
    for pieces_root, count in wanted.items():
        length = min(width_of(count), RUN_LENGTH)
        for index in range(0, count, length):
            yield LayerRun(pieces_root, index, length, proof_levels(count))
