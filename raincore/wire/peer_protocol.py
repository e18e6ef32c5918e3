"""One connection's state machine after the handshake: which message is legal now.

Both directions pass through here, so that the four flags are right at any moment and no
message that reaches the torrent's logic needs to be checked again: piece indices exist,
runs lie within their piece, extensions were negotiated. Bytes in, messages out and the
other way round; nothing here waits or knows a socket.

The rules are those of BEP 3, 6, 9 and 10, with one indulgence. A bitfield must come
first, but a peer that begins with a magnet link learns late how many pieces there are
and sends its bitfield then (libtorrent 2), and most send the extended handshake before
it (libtorrent, transmission, aria2); so we only ask that nothing about pieces came earlier.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import extension, peer_codec, ut_metadata
from raincore.wire.extension import OUR_IDS, UT_METADATA, ExtendedHandshake
from raincore.wire.messages import (
    AllowedFast,
    Block,
    Cancel,
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
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.config import PeerLimits
    from raincore.base.geometry import Geometry

__all__ = ["Incoming", "Outgoing", "PeerProtocol", "validate_early"]

Incoming = Message | ExtendedHandshake | MetadataRequest | MetadataData | MetadataReject
Outgoing = Incoming

RULE = peer_codec.RULE
FAST_RULE = "BEP 6, fast extension"
EXTENDED_RULE = "BEP 10, extension messages"

FAST_MESSAGES = (Suggest, HaveAll, HaveNone, Reject, AllowedFast)

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
        "_max_length",
        "_may_ask",
        "_their_metadata_id",
        "_they_told",
        "_we_spoke",
        "allowed_fast",
        "extended",
        "fast",
        "limits",
        "their_extensions",
        "they_choke",
        "they_interested",
        "we_choke",
        "we_interested",
    )

    def __init__(
        self, *, fast: bool, extended: bool, limits: PeerLimits, geometry: Geometry | None = None
    ) -> None:
        self.fast = fast
        self.extended = extended
        self.limits = limits
        self.we_choke = True
        self.we_interested = False
        self.they_choke = True
        self.they_interested = False
        self.their_extensions: ExtendedHandshake | None = None
        self.allowed_fast: set[int] = set()
        """Pieces that we may request while they choke us."""
        self._their_metadata_id = 0
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
            and bitfields, was passed on unchecked: see `validate_early`.
        """
        self._bounds = bounds = PieceBounds(geometry, geometry.piece_count)
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
        last_piece, whole, rest = bounds.last, bounds.length, bounds.last_length
        for message in decoded:
            if isinstance(message, Block):  # hot: `has_run`, written out
                piece, begin, data = message
                if piece >= last_piece:
                    if piece > last_piece or begin + len(data) > rest:
                        raise self._bad_run("block", piece, begin, len(data))
                elif begin + len(data) > whole:
                    raise self._bad_run("block", piece, begin, len(data))
                append(message)
            elif isinstance(message, Request):
                piece, begin, length = message
                if not 0 < length <= self.limits.max_request_length:
                    raise RemoteProtocolError(f"request of a forbidden length: {length}", RULE)
                if not bounds.has_run(piece, begin, length):
                    raise self._bad_run("request", piece, begin, length)
                append(message)
            else:
                heard = self._hear(message)
                if heard is not None:
                    append(heard)
        return consumed, incoming

    def _hear(self, message: Message) -> Incoming | None:
        """Judge one message other than Block and Request; None if it is to be left out."""
        match message:
            case Have(piece):
                self._check_piece(message)
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
            case PieceBitfield() | HaveAll() | HaveNone():
                self._hear_all_pieces(message)
            case Cancel(piece, begin, length) | Reject(piece, begin, length):
                self._check_fast(message)
                if not self._bounds.has_run(piece, begin, length):
                    raise self._bad_run(name(message), piece, begin, length)
            case AllowedFast() | Suggest():
                return self._hear_offer(message)
            case _:  # keep-alive, port: always legal
                pass
        return message

    def _hear_all_pieces(self, message: PieceBitfield | HaveAll | HaveNone) -> None:
        self._check_fast(message)
        if self._they_told:
            raise RemoteProtocolError(f"not the first word about pieces: {name(message)}", RULE)
        self._they_told = True
        if isinstance(message, PieceBitfield) and self._bounds.known:
            self._bounds.bitfield(message.data)

    def _hear_offer(self, message: AllowedFast | Suggest) -> Incoming | None:
        self._check_fast(message)
        self._check_piece(message)
        known = self._bounds.known  # until then the index proves nothing: hold it back
        if isinstance(message, Suggest):
            return message if known else None
        if message.piece in self.allowed_fast or len(self.allowed_fast) >= ALLOWED_FAST_MAX:
            return None
        self.allowed_fast.add(message.piece)
        return message if known else None

    def _hear_extended(self, message: Extended) -> Incoming | None:
        if not self.extended:
            raise RemoteProtocolError("extension protocol was not negotiated", EXTENDED_RULE)
        if message.extended_id == extension.HANDSHAKE_ID:
            said = extension.parse(message.payload)
            self._their_metadata_id = said.ids.get(UT_METADATA) or self._their_metadata_id
            self.their_extensions = (self.their_extensions or ExtendedHandshake()).updated(said)
            return self.their_extensions
        if message.extended_id != OUR_IDS[UT_METADATA]:
            return None
        heard = ut_metadata.parse(message.payload)
        if isinstance(heard, MetadataRequest) and not self._their_metadata_id:
            return None  # they gave no id to answer to
        return heard

    def _check_fast(self, message: Message) -> None:
        if not self.fast and isinstance(message, FAST_MESSAGES):
            raise RemoteProtocolError(f"fast extension not negotiated: {name(message)}", FAST_RULE)

    def _check_piece(self, message: Have | AllowedFast | Suggest) -> None:
        if not self._bounds.has_piece(message.piece):
            raise RemoteProtocolError(f"no such piece: {name(message)} {message.piece}", RULE)

    def _bad_run(self, what: str, piece: int, begin: int, length: int) -> RemoteProtocolError:
        if not self._bounds.known:
            return RemoteProtocolError(f"{what} before we knew of any piece: {piece}", RULE)
        return RemoteProtocolError(
            f"{what} outside the content: piece {piece}, bytes {begin}+{length}", RULE
        )

    # --- what we say -----------------------------------------------------------------------

    def send(self, message: Outgoing) -> bytes:
        """Encode one message and note what it changes.

        Raises:
            LocalProtocolError: It is not legal now; a bug in the caller. Nothing changed.
        """
        match message:
            case Request():
                return self.send_requests([message])
            case ExtendedHandshake():
                return self._send_extended(extension.HANDSHAKE_ID, message.encode())
            case MetadataRequest() | MetadataData() | MetadataReject():
                if not self._their_metadata_id:
                    raise LocalProtocolError("they did not offer ut_metadata", EXTENDED_RULE)
                return self._send_extended(self._their_metadata_id, ut_metadata.encode(message))
            case Extended(extended_id, payload):
                return self._send_extended(extended_id, payload)
            case KeepAlive():
                return peer_codec.encode(message)
        fault = self._fault(message)
        if fault:
            raise LocalProtocolError(f"{fault}: {name(message)}", RULE)
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
        for piece, begin, length in requests:
            if not (self._may_ask or piece in self.allowed_fast):
                raise LocalProtocolError(f"request while choked: piece {piece}", RULE)
            if not self._bounds.has_run(piece, begin, length):
                raise LocalProtocolError(f"request outside the content: piece {piece}", RULE)
        self._we_spoke = True
        return peer_codec.encode_requests(requests)

    def _send_extended(self, extended_id: int, payload: bytes) -> bytes:
        if not self.extended:
            raise LocalProtocolError("extension protocol was not negotiated", EXTENDED_RULE)
        return peer_codec.encode(Extended(extended_id, payload))

    def _fault(self, message: Message) -> str:
        """Say why a message of ours is not legal now; "" if it is."""
        bounds = self._bounds
        if not self.fast and isinstance(message, FAST_MESSAGES):
            return "fast extension not negotiated"
        legal = True
        match message:
            case PieceBitfield() | HaveAll() | HaveNone() if self._we_spoke:
                return "not the first message"
            case PieceBitfield(data):
                legal = bounds.known and len(data) == (bounds.count + 7) // 8
            case Have(piece) | Suggest(piece) | AllowedFast(piece):
                legal = bounds.known and bounds.has_piece(piece)
            case Cancel(piece, begin, length) | Reject(piece, begin, length):
                legal = bounds.has_run(piece, begin, length)
            case Block(piece, begin, data):
                legal = bounds.has_run(piece, begin, len(data))
        return "" if legal else "outside the content"

    def _note(self, message: Message) -> None:
        """Keep our two flags, and that we spoke."""
        self._we_spoke = True
        match message:
            case Choke():
                self.we_choke = True
            case Unchoke():
                self.we_choke = False
            case Interested():
                self.we_interested = True
            case NotInterested():
                self.we_interested = False


def validate_early(messages: Iterable[Message], geometry: Geometry) -> Bitfield:
    """Say which pieces a peer has, from what it said before we knew how many there are.

    Args:
        messages: PieceBitfield, HaveAll, HaveNone and Have, in order; others are ignored.
        geometry: Known by now.

    Raises:
        RemoteProtocolError: A bitfield does not fit, or a piece does not exist.
    """
    bounds = PieceBounds(geometry, geometry.piece_count)
    have = Bitfield(bounds.count)
    for message in messages:
        match message:
            case Have(piece):
                if not bounds.has_piece(piece):
                    raise RemoteProtocolError(f"no such piece: {name(message)} {piece}", RULE)
                have.add(piece)
            case HaveAll():
                have = Bitfield.full(bounds.count)
            case PieceBitfield(data):
                have = bounds.bitfield(data)
    return have


def name(message: Message) -> str:
    """Say what a message is called, for error messages."""
    return type(message).__name__
