"""Which pieces, and which bytes of them, a peer can sensibly speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.base.nothing import NOTHING
from raincore.wire.lt_donthave import DontHave
from raincore.wire.messages import (
    AllowedFast,
    Block,
    Cancel,
    Have,
    HaveAll,
    PieceBitfield,
    Reject,
    Request,
    Suggest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.base.geometry import Geometry
    from raincore.wire.messages import Message

__all__ = ["PieceBounds", "validate_early"]

RULE = "BEP 3, peer messages"


class PieceBounds:
    """The bounds of indices and offsets in peer messages; immutable.

    A flat form of `Geometry` for the hot loop of `wire.peer_protocol`, which also has an
    answer while there is no geometry: then no piece has any bytes.

    Args:
        geometry: None while the info dictionary is not known.
        count_max: How many pieces there may be, as long as it is not known.
    """

    __slots__ = ("count", "known", "last", "last_length", "length", "short", "whole")

    def __init__(self, geometry: Geometry | None, count_max: int = 0) -> None:
        self.known = geometry is not None
        """Whether there are pieces whose bytes can be asked for and given."""
        self.count = count_max
        """Pieces; more than any index."""
        self.last = -1
        """Index of the last piece that has bytes."""
        self.length = self.last_length = 0
        """Bytes in any piece before the last, and in the last."""
        self.short: Mapping[int, int] = NOTHING
        """Bytes in pieces that end with their file; what follows is padding (BEP 52)."""
        self.whole = 0
        """Pieces, from the first on, that have `length` bytes unless they are `short`."""
        if geometry is not None:
            self.count = geometry.piece_count
            self.last = geometry.piece_count - 1
            self.length = geometry.piece_length
            self.last_length = geometry.total_length - self.last * geometry.piece_length
            self.short = geometry.short_pieces
            self.whole = self.last + (self.last_length == self.length)

    def has_piece(self, piece: int) -> bool:
        """Whether there is, or could be, a piece of this index."""
        return 0 <= piece < self.count

    def has_run(self, piece: int, begin: int, length: int) -> bool:
        """Whether `length` bytes from `begin` lie within the piece."""
        if not 0 <= piece <= self.last:
            return False
        whole = self.last_length if piece == self.last else self.length
        return begin + length <= self.short.get(piece, whole)

    def may_ask(self, piece: int, begin: int, length: int) -> bool:
        """As `has_run`, of what others ask for: that may reach into a v2 file's padding.

        libtorrent 2.0 asks for whole blocks there, and takes nothing shorter.
        """
        if piece in self.short:
            return begin + length <= self.length
        return self.has_run(piece, begin, length)

    def fault(self, message: Message | DontHave) -> str:
        """Say what a message names that does not exist; "" if it may pass.

        While pieces are not known, blocks cannot be spoken of; a bitfield passes then,
        and an index that some bitfield could hold.
        """
        match message:
            case Have(piece) | Suggest(piece) | AllowedFast(piece) | DontHave(piece):
                if not self.has_piece(piece):
                    return f"no such piece: {type(message).__name__} {piece}"
            case Cancel() | Reject() if self.may_ask(*message):
                return ""
            case Request() | Cancel() | Reject():
                return self._run_fault(message, *message)
            case Block(piece, begin, data):
                return self._run_fault(message, piece, begin, len(data))
            case PieceBitfield(data) if self.known:
                try:
                    Bitfield.from_bytes(data, self.count)
                except FormatError as error:
                    return str(error)
        return ""

    def _run_fault(self, message: Message, piece: int, begin: int, length: int) -> str:
        if self.has_run(piece, begin, length):
            return ""
        what = type(message).__name__
        if not self.known:
            return f"{what} before any piece is known: {piece}"
        return f"{what} outside the content: piece {piece}, bytes {begin}+{length}"

    def have(self, messages: Iterable[Message | DontHave]) -> Bitfield:
        """Say which pieces a peer has that said all this; only when `known`.

        Raises:
            RemoteProtocolError: A bitfield does not fit (BEP 3: "clients should drop the
                connection"), or a piece does not exist.
        """
        have = Bitfield(self.count)
        for message in messages:
            fault = self.fault(message)
            if fault:
                raise RemoteProtocolError(fault, RULE)
            match message:
                case Have(piece):
                    have.add(piece)
                case DontHave(piece):
                    have.discard(piece)
                case HaveAll():
                    have = Bitfield.full(self.count)
                case PieceBitfield(data):
                    have = Bitfield.from_bytes(data, self.count)
        return have


def validate_early(messages: Iterable[Message | DontHave], geometry: Geometry) -> Bitfield:
    """Say which pieces a peer has, from what it said before we knew how many there are.

    Args:
        messages: PieceBitfield, HaveAll, HaveNone, Have and DontHave, in order; others are
            ignored.
        geometry: Known by now.

    Raises:
        RemoteProtocolError: A bitfield does not fit, or a piece does not exist.
    """
    return PieceBounds(geometry).have(messages)
