"""Which bytes of a file are in another torrent, told piece by piece."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from raincore.formats.content_identity import HASH_LENGTH

if TYPE_CHECKING:
    from raincore.formats.content_identity import Identity
    from raincore.formats.metainfo import Metainfo

__all__ = ["Supply"]

LAYER_HASH = 32


class Supply:
    """All pieces of one torrent, as somebody has them who has all of it.

    A piece counts wherever it was. Only pieces of the same length can be compared, so
    from torrents cut otherwise nothing is known.

    Args:
        metainfo: The torrent that is there.
    """

    def __init__(self, metainfo: Metainfo) -> None:
        self._piece_length = metainfo.info.piece_length
        self._pieces = frozenset(_split(metainfo.info.piece_hashes, HASH_LENGTH))
        layers = (_split(layer, LAYER_HASH) for layer in metainfo.piece_layers.values())
        self._layers = frozenset(chain.from_iterable(layers))

    def lacks(self, metainfo: Metainfo, identity: Identity) -> int:
        """Count the bytes of a file that are not proven to be there.

        Args:
            metainfo: The torrent of the file.
            identity: The file, of any length.
        """
        length = identity.entry.length
        if metainfo.info.piece_length != self._piece_length:
            return length
        return min(length, self._by_pieces(identity), self._by_layer(metainfo, identity))

    def _by_pieces(self, identity: Identity) -> int:
        if not identity.hashes:
            return identity.entry.length
        size, end = self._piece_length, identity.skew + identity.entry.length
        needed = 0
        for number, digest in enumerate(_split(identity.hashes, HASH_LENGTH)):
            if digest not in self._pieces:
                needed += min((number + 1) * size, end) - max(number * size, identity.skew)
        return needed

    def _by_layer(self, metainfo: Metainfo, identity: Identity) -> int:
        length, size = identity.entry.length, self._piece_length
        layer = metainfo.piece_layers.get(identity.entry.pieces_root or b"")
        if layer is None:
            return length
        needed = 0
        for number, digest in enumerate(_split(layer, LAYER_HASH)):
            if digest not in self._layers:
                needed += min((number + 1) * size, length) - number * size
        return needed


def _split(hashes: bytes, length: int) -> list[bytes]:
    return [hashes[start : start + length] for start in range(0, len(hashes), length)]
