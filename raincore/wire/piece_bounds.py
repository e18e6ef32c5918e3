"""Which pieces, and which bytes of them, a peer can sensibly speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import FormatError, RemoteProtocolError

if TYPE_CHECKING:
    from raincore.base.geometry import Geometry

__all__ = ["PieceBounds"]

RULE = "BEP 3, peer messages"


class PieceBounds:
    """The bounds of indices and offsets in peer messages; immutable.

    A flat form of `Geometry` for the hot loop of `wire.peer_protocol`, which also has an
    answer while there is no geometry: then no piece has any bytes.

    Args:
        geometry: None while the info dictionary is not known.
        count_max: How many pieces may be spoken of in that time.
    """

    __slots__ = ("count", "known", "last", "last_length", "length")

    def __init__(self, geometry: Geometry | None, count_max: int) -> None:
        self.known = geometry is not None
        """Whether there are pieces whose bytes can be asked for and given."""
        self.count = count_max
        """Pieces; more than any index."""
        self.last = -1
        """Index of the last piece that has bytes."""
        self.length = self.last_length = 0
        """Bytes in any piece before the last, and in the last."""
        if geometry is not None:
            self.count = geometry.piece_count
            self.last = geometry.piece_count - 1
            self.length = geometry.piece_length
            self.last_length = geometry.total_length - self.last * geometry.piece_length

    def has_piece(self, piece: int) -> bool:
        """Whether there is, or could be, a piece of this index."""
        return 0 <= piece < self.count

    def has_run(self, piece: int, begin: int, length: int) -> bool:
        """Whether `length` bytes from `begin` lie within the piece."""
        if not 0 <= piece <= self.last:
            return False
        return begin + length <= (self.last_length if piece == self.last else self.length)

    def bitfield(self, data: bytes) -> Bitfield:
        """Read the bitfield of a peer; only when `known`.

        Raises:
            RemoteProtocolError: It is too short or too long, or has spare bits set
                (BEP 3: "clients should drop the connection").
        """
        try:
            return Bitfield.from_bytes(data, self.count)
        except FormatError as error:
            raise RemoteProtocolError(str(error), RULE) from error
