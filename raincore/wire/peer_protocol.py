"""One connection's state machine after the handshake: which message is legal now.

Both directions pass through here, so that the four flags are right at any moment and no
message that reaches the torrent's logic needs to be checked again: piece indices exist,
runs lie within their piece, extensions were negotiated. Bytes in, messages out and the
other way round; nothing here waits or knows a socket.

The rules are those of BEP 3, 6, 9 and 10, with one indulgence. A bitfield must come
first, but peers that begin with a magnet link send theirs late (libtorrent), and one
sends another where it is shorter than many haves (aria2 1.36); so a bitfield may come at
any time. Have-all and have-none must come before all else about pieces.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import peer_codec
from raincore.wire.extension_channel import ExtensionChannel, ExtensionMessage
from raincore.wire.lt_donthave import DontHave
from raincore.wire.messages import (
    AllowedFast,
    Block,
    Choke,
    Extended,
    Have,
    HaveAll,
    HaveNone,
    Interested,
    KeepAlive,
    Message,
    NotInterested,
    PieceBitfield,
    Reject,
    Request,
    Suggest,
    Unchoke,
)
from raincore.wire.piece_bounds import PieceBounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.config import PeerLimits
    from raincore.base.geometry import Geometry

__all__ = ["Incoming", "Outgoing", "PeerProtocol"]

Incoming = Message | ExtensionMessage
Outgoing = Incoming

RULE = peer_codec.RULE
FAST_RULE = "BEP 6, fast extension"

FAST_MESSAGES = (Suggest, HaveAll, HaveNone, Reject, AllowedFast)
PIECE_MESSAGES = (Have, PieceBitfield, Suggest, AllowedFast)

ALLOWED_FAST_MAX = 128
"""Allowed-fast pieces remembered of one peer; BEP 6 speaks of ten. Ours, against floods."""


class PeerProtocol:
    """One connection, from the end of the handshake to its end.

    Args:
        fast: Both sides announced the Fast extension (BEP 6).
        extended: Both sides announced the extension protocol (BEP 10).
        limits: `max_message_length` and `max_request_length` are used.
        geometry: None until the info dictionary is known; then `learn_geometry`.
    """

    __slots__ = (
        "_bounds",
        "_extensions",
        "_max_length",
        "_may_ask",
        "_they_told",
        "_we_spoke",
        "allowed_fast",
        "fast",
        "granted",
        "limits",
        "they_choke",
        "they_interested",
        "we_choke",
        "we_interested",
    )

    def __init__(
        self, *, fast: bool, extended: bool, limits: PeerLimits, geometry: Geometry | None = None
    ) -> None:
        self.fast = fast
        self.limits = limits
        self.we_choke = True
        self.we_interested = False
        self.they_choke = True
        self.they_interested = False
        self.allowed_fast: set[int] = set()
        """Pieces that we may request while they choke us."""
        self.granted: set[int] = set()
        """Pieces that they may request while we choke them."""
        self._extensions = ExtensionChannel(negotiated=extended)
        self._they_told = False  # which pieces they have
        self._we_spoke = False  # anything that a bitfield must come before
        self._may_ask = False
        self._max_length = limits.max_message_length
        self._bounds = PieceBounds(None, 8 * limits.max_message_length)
        if geometry is not None:
            self.learn_geometry(geometry)

    def learn_geometry(self, geometry: Geometry) -> list[AllowedFast]:
        """Note that the info dictionary is known: from now on indices are checked.

        Returns:
            What was held back of earlier messages, legal by now. The rest of them, Have
            and bitfields, was passed on unchecked: see `piece_bounds.validate_early`.
        """
        self._bounds = bounds = PieceBounds(geometry)
        # Nothing legal is longer than a bitfield, a block or an extension's message.
        longest = max((geometry.piece_count + 7) // 8 + 1, self.limits.max_request_length + 9)
        self._max_length = min(longest, self.limits.max_message_length)
        self.allowed_fast = {piece for piece in self.allowed_fast if bounds.has_piece(piece)}
        return [AllowedFast(piece) for piece in sorted(self.allowed_fast)]

    # --- what they say -------------------------------------------------------------------

    def receive(self, buffer: memoryview, end: int) -> tuple[int, list[Incoming]]:
        """Parse and judge every whole message at the front of what has arrived.

        Args:
            buffer: Bytes as they came. `Block.data` will be views of it: copy them to
                where they belong before it is used again.
            end: How many bytes of `buffer` have arrived.

        Returns:
            How many bytes were consumed, and the messages, in order. Extension messages
            that we know are already parsed; what we do not know is left out.

        Raises:
            RemoteProtocolError: They broke a rule. Drop them; what came before the
                offence in the same read is lost with them.
        """
        decoded: list[Message] = []
        consumed = peer_codec.decode(buffer, end, self._max_length, decoded)
        self._may_ask = not self.they_choke
        incoming: list[Incoming] = []
        append = incoming.append
        bounds = self._bounds
        pieces, whole, short = bounds.whole, bounds.length, bounds.short
        for message in decoded:
            if isinstance(message, Block):  # hot: `has_run` for nearly all, written out
                piece, begin, data = message
                usual = begin + len(data) <= whole and piece < pieces and piece not in short
                if not (usual or bounds.has_run(piece, begin, len(data))):
                    raise RemoteProtocolError(bounds.fault(message), RULE)
                append(message)
            elif isinstance(message, Request):
                piece, begin, length = message
                if not 0 < length <= self.limits.max_request_length:
                    raise RemoteProtocolError(f"request of a forbidden length: {length}", RULE)
                if not bounds.may_ask(piece, begin, length):
                    raise RemoteProtocolError(bounds.fault(message), RULE)
                append(message)
            else:
                heard = self._hear(message)
                if heard is not None:
                    append(heard)
        return consumed, incoming

    def _hear(self, message: Message) -> Incoming | None:
        """Judge one message other than Block and Request; None if it is to be left out."""
        if not self.fast and isinstance(message, FAST_MESSAGES):
            raise RemoteProtocolError(f"fast not negotiated: {type(message).__name__}", FAST_RULE)
        fault = self._bounds.fault(message)
        if fault:
            raise RemoteProtocolError(fault, RULE)
        match message:
            case Have() | PieceBitfield():
                self._they_told = True
            case Choke():
                self.they_choke = True
            case Unchoke():
                self.they_choke = False
                self._may_ask = True
            case Interested():
                self.they_interested = True
            case NotInterested():
                self.they_interested = False
            case Extended():
                return self._hear_extended(message)
            case HaveAll() | HaveNone():
                if self._they_told:
                    raise RemoteProtocolError(f"came too late: {type(message).__name__}", RULE)
                self._they_told = True
            case AllowedFast() | Suggest():
                return self._hear_offer(message)
        return message

    def _hear_extended(self, message: Extended) -> Incoming | None:
        heard = self._extensions.hear(message)
        if isinstance(heard, DontHave) and (fault := self._bounds.fault(heard)):
            raise RemoteProtocolError(fault, RULE)
        return heard

    def _hear_offer(self, message: AllowedFast | Suggest) -> Incoming | None:
        known = self._bounds.known  # until then the index proves nothing: hold it back
        if isinstance(message, AllowedFast):
            if message.piece in self.allowed_fast or len(self.allowed_fast) >= ALLOWED_FAST_MAX:
                return None
            self.allowed_fast.add(message.piece)
        return message if known else None

    # --- what we say -----------------------------------------------------------------------

    def send(self, message: Outgoing) -> bytes:
        """Encode one message and note what it changes.

        Raises:
            LocalProtocolError: It is not legal now; a bug in the caller. Nothing changed.
        """
        if isinstance(message, Request):
            return self.send_requests([message])
        if isinstance(message, ExtensionMessage | Extended):
            return peer_codec.encode(self._extensions.say(message))
        fault = self._fault(message)
        if fault:
            raise LocalProtocolError(fault, RULE)
        encoded = peer_codec.encode(message)
        self._note(message)
        return encoded

    def send_all(self, messages: Sequence[Outgoing]) -> bytes:
        """Encode messages in order, runs of requests as one; b"" for none.

        Raises:
            LocalProtocolError: One of them is not legal; a bug in the caller.
        """
        parts: list[bytes] = []
        for kind, group in groupby(messages, type):
            if kind is Request:
                parts.append(self.send_requests([r for r in group if isinstance(r, Request)]))
            else:
                parts.extend(map(self.send, group))
        return b"".join(parts)

    def send_requests(self, requests: Sequence[Request]) -> bytes:
        """Encode a batch of requests.

        A choke heard in the last `receive` forbids nothing yet if we were unchoked
        before or within that read: such requests might as well have crossed the choke
        on the way, and peers expect that (BEP 3, BEP 6).

        Raises:
            LocalProtocolError: They choke us and a piece is not allowed fast, or a run
                is not within its piece; a bug in the caller.
        """
        bounds, may_ask = self._bounds, self._may_ask
        pieces, whole, short = bounds.whole, bounds.length, bounds.short
        for piece, begin, length in requests:
            if not (may_ask or piece in self.allowed_fast):
                raise LocalProtocolError(f"request while choked: piece {piece}", RULE)
            # As for blocks in `receive`: `has_run` for nearly all, written out.
            usual = begin + length <= whole and 0 <= piece < pieces and piece not in short
            if not (usual or bounds.has_run(piece, begin, length)):
                raise LocalProtocolError(bounds.fault(Request(piece, begin, length)), RULE)
        self._we_spoke = True
        return peer_codec.encode_requests(requests)

    def _fault(self, message: Message) -> str:
        """Say why a message of ours is not legal now; "" if it is."""
        if not self.fast and isinstance(message, FAST_MESSAGES):
            return f"fast not negotiated: {type(message).__name__}"
        if self._we_spoke and isinstance(message, PieceBitfield | HaveAll | HaveNone):
            return f"not the first message: {type(message).__name__}"
        if not self._bounds.known and isinstance(message, PIECE_MESSAGES):
            return f"before any piece is known: {type(message).__name__}"
        return self._bounds.fault(message)

    def _note(self, message: Message) -> None:
        """Keep our two flags, and that we spoke."""
        self._we_spoke = self._we_spoke or not isinstance(message, KeepAlive)
        match message:
            case Choke():
                self.we_choke = True
            case Unchoke():
                self.we_choke = False
            case Interested():
                self.we_interested = True
            case NotInterested():
                self.we_interested = False
            case AllowedFast():
                self.granted.add(message.piece)
