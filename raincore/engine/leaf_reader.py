"""Leaf hashes of content that we have, for peers who ask for proofs (BEP 52).

Read and hashed in a thread of its own, one request after the other, so that neither uploads
nor the checks of downloads wait. What was hashed lately is remembered: peers of one swarm
tend to have trouble with the same pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import RainError
from raincore.swarm.events import LeavesRead

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.engine.content import Content
    from raincore.net.offload import Offload
    from raincore.storage.interface import Storage
    from raincore.storage.piece_hashes import PieceHashes
    from raincore.swarm.events import Event
    from raincore.swarm.leaf_events import ReadLeaves

__all__ = ["LeafReader"]

REMEMBERED_BYTES = 1 << 20
"""Of hashes: those of half a gigabyte of content."""


class LeafReader:
    """Carries out `ReadLeaves` for one torrent. Lives on the event loop's thread.

    Args:
        content: Gives the storage, and what the pieces must hash to.
        offload: Worker threads: "leaves".
        dispatch: Is told what came of each.
    """

    __slots__ = ("_content", "_dispatch", "_known", "_length", "_offload")

    def __init__(
        self, content: Content, offload: Offload, dispatch: Callable[[Event], None]
    ) -> None:
        self._content = content
        self._offload = offload
        self._dispatch = dispatch
        self._known: dict[int, bytes] = {}
        self._length = 0

    def read(self, command: ReadLeaves) -> None:
        """Start to read. Never waits; `LeavesRead` follows."""
        known = self._known
        if all(piece in known for piece in command.pieces):
            self._dispatch(LeavesRead(command, tuple(known[piece] for piece in command.pieces)))
            return
        storage, hashes = self._content.storage, self._content.hashes

        def job() -> tuple[bytes, ...]:
            return tuple(
                known.get(piece) or read_leaves(storage, hashes, piece) for piece in command.pieces
            )

        def done(result: tuple[bytes, ...] | BaseException) -> None:
            if isinstance(result, RainError):
                self._dispatch(LeavesRead(command, None))  # an upload of it tells people
            elif isinstance(result, BaseException):
                raise result
            else:
                good = all(result)
                if good:
                    self._remember(dict(zip(command.pieces, result, strict=True)))
                self._dispatch(LeavesRead(command, result if good else None))

        self._offload.submit("leaves", job, done)

    def _remember(self, leaves: dict[int, bytes]) -> None:
        for piece, hashes in leaves.items():
            if piece not in self._known:
                self._known[piece] = hashes
                self._length += len(hashes)
        while self._length > REMEMBERED_BYTES:
            self._length -= len(self._known.pop(next(iter(self._known))))


def read_leaves(storage: Storage, hashes: PieceHashes, piece: int) -> bytes:
    """Hash the blocks of a piece; b"" if it is not what the torrent says any more.

    Raises:
        StorageError: It could not be read.
    """
    geometry = hashes.geometry
    buffer = memoryview(bytearray(geometry.length_of(piece)))
    storage.read_into(geometry.offset_of(piece), buffer)
    return hashes.leaves(piece, buffer)
