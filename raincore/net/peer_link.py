"""Pump one stream through one PeerProtocol.

HOT PATH. Budget: no await and no task per connection; per 16 KiB block received one
copy and at most 2 µs of Python, per block sent at most 2 µs; one system call moves up
to a scratch buffer in or `batch_blocks` blocks out.

Received blocks go from the shared scratch buffer straight into the buffer that the
owner names; requested blocks go from the owner's read cache straight to the socket.
What is left of the conversation is handed to the owner once per read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.errors import FormatError, NetworkError, RemoteProtocolError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.net.outbox import Outbox
from raincore.wire import messages as m
from raincore.wire.block_runs import run_end
from raincore.wire.receive_buffer import ReceiveBuffer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.config import PeerLimits, UploadLimits
    from raincore.net.interface import Stream
    from raincore.net.outbox import Lease
    from raincore.net.rate_limiter import RateLimiter
    from raincore.wire.peer_protocol import Incoming, Outgoing, PeerProtocol

__all__ = ["LinkOwner", "PeerLink"]

READS_PER_TURN = 4
"""Reads of one ready socket before others get their turn."""

CHATTER_LENGTH = 32 * 1024
"""Bytes read at once from a peer whose last read brought no block: a scratch buffer full
of tiny messages would keep everybody else waiting for 0.3 s, this for 20 ms. Who is asked for
blocks before it has said so much in all is believed to send them. (200 torrents of 1 MiB: one
read of each less.)"""


class LinkOwner(Protocol):
    """What a link needs from whoever runs the torrent. All calls are synchronous."""

    def place(self, piece: int, begin: int, length: int) -> memoryview | None:
        """Name the memory for a block that is arriving, or None if it is not wanted."""

    def place_run(self, piece: int, begin: int, count: int) -> memoryview | None:
        """Name the memory for whole blocks that follow each other: `place`, at the price of one.

        None says nothing yet: then the link asks for each of them.
        """

    def heard(self, messages: tuple[Incoming, ...], blocks: int, length: int) -> None:
        """Take everything else that one read brought, after its blocks were placed."""

    def lend(self, piece: int, begin: int, length: int) -> Lease | None:
        """Lend a run that holds these bytes; None if it is still being read from disk.

        After None the owner calls `flush` when the run has come.

        Raises:
            LookupError: We do not have the piece, or cannot read it: reject requests.
        """

    def sent(self, blocks: int, length: int) -> None:
        """Count blocks handed to the system."""

    def lost(self, reason: str) -> None:
        """Know that the link has closed itself; `reason` is a slug. Called once."""


class PeerLink:
    """One connected peer. Owns the stream; never calls back after `close`.

    Args:
        scratch: Receive buffer shared by all links of the event loop: a read is parsed
            before anything else runs, so one is enough for a thousand peers.
        down: Limits what is read, shared by links.
        up: Limits what is sent, shared by links.
    """

    def __init__(
        self,
        stream: Stream,
        protocol: PeerProtocol,
        owner: LinkOwner,
        scratch: memoryview,
        limits: PeerLimits,
        uploads: UploadLimits,
        down: RateLimiter,
        up: RateLimiter,
    ) -> None:
        self.protocol = protocol
        self._stream = stream
        self._owner = owner
        self._scratch = scratch
        self._limits = limits
        self._down = down
        self._incoming = ReceiveBuffer(limits.max_message_length)
        self._received = 0
        self._reach = CHATTER_LENGTH
        self._reading = True
        self._writing = False
        self._closed = False
        self._clogged = False
        self._outbox = Outbox(protocol, owner.lend, uploads.batch_blocks, up, self.flush)

    @property
    def is_held_back(self) -> bool:
        """Whether our own limit keeps us from reading what the peer may have sent."""
        return self._down.is_waiting(self._resume_reading)

    @property
    def unfinished(self) -> int | None:
        """How many bytes have come so far, if the last of them are a part of a message."""
        return self._received if len(self._incoming) else None

    def start(self) -> None:
        """Begin to listen to the peer."""
        self._watch()

    def say(self, messages: Sequence[Outgoing]) -> None:
        """Queue messages; `flush` sends them.

        Raises:
            LocalProtocolError: A message is not legal now: a bug of the caller.
        """
        if not self._closed:
            self._outbox.say(messages)
            if self._received < CHATTER_LENGTH and isinstance(messages[-1], m.Request):
                self._reach = len(self._scratch)

    def flush(self) -> None:
        """Send what is queued and what was asked for, as far as the system takes it."""
        if self._closed:
            return
        outbox = self._outbox
        try:
            blocked = outbox.send(self._stream)
        except NetworkError as error:
            self._lose(error.code)
            return
        unclogged = self._clogged and not outbox.is_clogged
        if unclogged:
            self._clogged = False
            self._reading = True
        if unclogged or blocked != self._writing:
            self._writing = blocked
            self._watch()
        blocks, length = outbox.take_sent()
        if length:
            self._owner.sent(blocks, length)

    def part(self) -> bool:
        """Say what waits to be said, as far as the system takes it now, and close.

        False if that met the end of the connection: then the owner has been told.
        """
        if self._outbox.has_words:
            self.flush()
        was_open = not self._closed
        self.close()
        return was_open

    def close(self) -> None:
        """Close at once, without telling the owner; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        self._stream.close()
        self._outbox.close()

    def _lose(self, reason: str) -> None:
        if not self._closed:
            self.close()
            self._owner.lost(reason)

    def _watch(self) -> None:
        if not self._closed:
            self._stream.watch(
                self._on_readable if self._reading else None,
                self.flush if self._writing else None,
            )

    def _on_readable(self) -> None:
        try:
            for _ in range(READS_PER_TURN):
                if not self._read_once():
                    break
        except (NetworkError, RemoteProtocolError, FormatError) as error:
            self._lose(error.code)

    def _read_once(self) -> bool:
        """Read and deal with what came; False when nothing more is to be read now."""
        if self._outbox.is_clogged:
            self._clogged = True
            self._stop_reading()
            return False
        space = self._incoming.start(self._scratch)[: self._reach]
        allowed = self._down.take(len(space))
        if not allowed:
            self._stop_reading()
            self._down.call_when_allowed(self._resume_reading)
            return False
        got = 0
        try:
            got = self._stream.receive_into(space[:allowed])
        except BlockingIOError:
            return False
        finally:
            self._down.give_back(allowed - got)
        if not got:
            self._lose("closed_by_peer")
            return False
        self._received += got
        consumed, messages = self.protocol.receive(*self._incoming.arrived(got))
        self._deal_with(messages)
        if self._closed:
            return False
        self._incoming.finish(consumed)
        return got == allowed and self._reach > CHATTER_LENGTH

    def _stop_reading(self) -> None:
        self._reading = False
        self._watch()

    def _resume_reading(self) -> None:
        if not self._closed:
            self._reading = True
            self._watch()
            self._on_readable()

    def _deal_with(self, messages: list[Incoming]) -> None:
        outbox = self._outbox
        arrived: list[m.Block] = []
        others: list[Incoming] = []
        asked = False
        for message in messages:
            if isinstance(message, m.Block):
                arrived.append(message)
            elif isinstance(message, m.Request):
                outbox.requests.append(message)
                asked = True
            elif isinstance(message, m.Cancel):
                outbox.cancel(message)
            else:
                others.append(message)
        blocks, length = self._place(arrived) if arrived else (0, 0)
        if asked and self.protocol.we_choke:
            outbox.refuse_requests()
        if blocks:
            self._reach = len(self._scratch)
        elif self._received >= CHATTER_LENGTH:
            self._reach = CHATTER_LENGTH
        # Before any complaint: what was placed must be told, or its piece is never checked.
        if others or blocks:
            self._owner.heard(tuple(others), blocks, length)
        if asked and len(outbox.requests) > self._limits.requests_in_max:
            raise RemoteProtocolError("too many requests outstanding", "BEP 10, reqq")
        if asked or outbox.has_words:
            self.flush()

    def _place(self, arrived: list[m.Block]) -> tuple[int, int]:
        """Copy blocks to where they belong; say how many were wanted, and their length.

        Nearly all come in runs. (Asked for one by one, they cost 8.2 µs each and not 7.5, all
        that is between the socket and the next requests counted.)
        """
        place, place_run = self._owner.place, self._owner.place_run
        blocks = length = 0
        start, count = 0, len(arrived)
        while start < count:
            stop = run_end(arrived, start)
            piece, begin, _ = arrived[start]
            room = place_run(piece, begin, stop - start) if stop - start > 1 else None
            if room is not None:
                at = 0
                for _, _, data in arrived[start:stop]:
                    room[at : at + BLOCK_LENGTH] = data
                    at += BLOCK_LENGTH
                blocks += stop - start
                length += at
            else:
                for piece, begin, data in arrived[start:stop]:
                    target = place(piece, begin, len(data))
                    if target is not None:
                        target[:] = data
                        blocks += 1
                        length += len(data)
            start = stop
        return blocks, length
