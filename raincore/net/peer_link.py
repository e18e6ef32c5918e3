"""Pump one stream through one PeerProtocol.

HOT PATH. Budget: no await and no task per connection; per 16 KiB block received one
copy and at most 2 µs of Python, per block sent at most 2 µs; one system call moves up
to a scratch buffer in or `batch_blocks` blocks out.

Received blocks go from the shared scratch buffer straight into the buffer that the
owner names; requested blocks go from the owner's read cache straight to the socket.
What is left of the conversation is handed to the owner once per read.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from raincore.base.errors import FormatError, NetworkError, RemoteProtocolError
from raincore.wire import messages as m
from raincore.wire import peer_codec
from raincore.wire.receive_buffer import ReceiveBuffer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.config import PeerLimits, UploadLimits
    from raincore.net.interface import Buffer, Stream
    from raincore.net.rate_limiter import RateLimiter
    from raincore.wire.peer_protocol import Incoming, Outgoing, PeerProtocol

__all__ = ["Lease", "LinkOwner", "PeerLink"]

READS_PER_TURN = 4
"""Reads of one ready socket before others get their turn."""

BATCHES_PER_TURN = 4
"""Sends of one writable socket before others get their turn."""


class Lease(Protocol):
    """A run of one piece in memory, borrowed for sending until it is released."""

    begin: int
    """Offset in the piece of the first byte of `view`."""

    view: memoryview

    def release(self) -> None:
        """Give it back, once, when the system has taken its bytes."""


class LinkOwner(Protocol):
    """What a link needs from whoever runs the torrent. All calls are synchronous."""

    def place(self, piece: int, begin: int, length: int) -> memoryview | None:
        """Name the memory for a block that is arriving, or None if it is not wanted."""

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
        self._batch_blocks = uploads.batch_blocks
        self._down = down
        self._up = up
        self._incoming = ReceiveBuffer(limits.max_message_length)
        self._reading = True
        self._writing = False
        self._closed = False
        self._control: list[bytes] = []
        self._requests: deque[m.Request] = deque()
        self._unsent: list[Buffer] = []
        self._leases: list[Lease] = []
        self._sent_blocks = 0
        self._sent_length = 0

    def start(self) -> None:
        """Begin to listen to the peer."""
        self._watch()

    def say(self, messages: Sequence[Outgoing]) -> None:
        """Queue messages; `flush` sends them.

        Raises:
            LocalProtocolError: A message is not legal now: a bug of the caller.
        """
        if self._closed:
            return
        self._control.append(self.protocol.send_all(messages))
        if self.protocol.we_choke and self._requests:
            self._refuse_requests()

    def flush(self) -> None:
        """Send what is queued and what was asked for, as far as the system takes it."""
        if self._closed:
            return
        try:
            blocked = self._send()
        except NetworkError as error:
            self._lose(error.code)
            return
        if blocked != self._writing:
            self._writing = blocked
            self._watch()
        if self._sent_blocks:
            blocks, length = self._sent_blocks, self._sent_length
            self._sent_blocks = self._sent_length = 0
            self._owner.sent(blocks, length)

    def close(self) -> None:
        """Close at once, without telling the owner; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        self._stream.close()
        for lease in self._leases:
            lease.release()
        self._leases = []
        self._requests.clear()
        self._unsent = []
        self._control = []

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

    # --- in ---------------------------------------------------------------------------

    def _on_readable(self) -> None:
        try:
            for _ in range(READS_PER_TURN):
                if not self._read_once():
                    break
        except (NetworkError, RemoteProtocolError, FormatError) as error:
            self._lose(error.code)

    def _read_once(self) -> bool:
        """Read and deal with what came; False when nothing more is to be read now."""
        space = self._incoming.start(self._scratch)
        allowed = self._down.take(len(space))
        if not allowed:
            self._reading = False
            self._watch()
            self._down.call_when_allowed(self._resume_reading)
            return False
        try:
            got = self._stream.receive_into(space[:allowed])
        except BlockingIOError:
            self._down.give_back(allowed)
            return False
        if not got:
            self._lose("closed_by_peer")
            return False
        self._down.give_back(allowed - got)
        consumed, messages = self.protocol.receive(*self._incoming.arrived(got))
        self._deal_with(messages)
        if self._closed:
            return False
        self._incoming.finish(consumed)
        return got == allowed

    def _resume_reading(self) -> None:
        if not self._closed:
            self._reading = True
            self._watch()
            self._on_readable()

    def _deal_with(self, messages: list[Incoming]) -> None:
        place = self._owner.place
        others: list[Incoming] = []
        blocks = length = 0
        asked = False
        for message in messages:
            if isinstance(message, m.Block):
                piece, begin, data = message
                target = place(piece, begin, len(data))
                if target is not None:
                    target[:] = data
                    blocks += 1
                    length += len(data)
            elif isinstance(message, m.Request):
                self._requests.append(message)
                asked = True
            elif isinstance(message, m.Cancel):
                self._cancel(message)
            else:
                others.append(message)
        if asked:
            if self.protocol.we_choke:
                self._refuse_requests()
            elif len(self._requests) > self._limits.requests_in_max:
                raise RemoteProtocolError("too many requests outstanding", "BEP 10, reqq")
        if others or blocks:
            self._owner.heard(tuple(others), blocks, length)
        self.flush()

    def _refuse_requests(self) -> None:
        """Forget what was asked; say so where the Fast extension demands it (BEP 6)."""
        if self.protocol.fast:
            rejects = [m.Reject(*request) for request in self._requests]
            self._control.append(self.protocol.send_all(rejects))
        self._requests.clear()

    def _cancel(self, cancel: m.Cancel) -> None:
        """Forget one request; with Fast it is answered all the same (BEP 6)."""
        request = m.Request(*cancel)
        try:
            self._requests.remove(request)
        except ValueError:
            return  # answered already
        if self.protocol.fast:
            self._control.append(self.protocol.send_all([m.Reject(*request)]))

    # --- out --------------------------------------------------------------------------

    def _send(self) -> bool:
        """Send until done or blocked; True if to be called when writable again."""
        for _ in range(BATCHES_PER_TURN):
            if not self._unsent:
                if self._control:
                    self._unsent.append(b"".join(self._control))
                    self._control = []
                if self._requests:
                    self._gather()
                if not self._unsent:
                    return False
            try:
                taken = self._stream.send(self._unsent)
            except BlockingIOError:
                return True
            self._advance(taken)
            if self._unsent:
                return True
        return bool(self._control or self._requests)

    def _advance(self, taken: int) -> None:
        """Drop what was sent; give pieces back when all of them is out."""
        unsent = self._unsent
        for index, buffer in enumerate(unsent):
            size = len(buffer)
            if taken < size:
                self._unsent = [memoryview(buffer)[taken:], *unsent[index + 1 :]]
                return
            taken -= size
        self._unsent = []
        for lease in self._leases:
            lease.release()
        self._leases = []

    def _gather(self) -> None:
        """Put answers to the oldest requests, headers and blocks, into `_unsent`."""
        requests, unsent, header = self._requests, self._unsent, peer_codec.block_header
        count = min(len(requests), self._batch_blocks)
        allowance = self._up.take(sum(requests[i].length for i in range(count)))
        if not allowance:
            self._up.call_when_allowed(self.flush)
            return
        lease: Lease | None = None
        leased = range(0)
        current = -1
        spent = 0
        # A block is sent whole as soon as one byte of it is allowed; the limiter takes
        # the rest as a debt.
        while count and spent < allowance:
            piece, begin, length = request = requests[0]
            count -= 1
            if piece != current or begin not in leased or begin + length > leased.stop:
                try:
                    lease = self._owner.lend(piece, begin, length)
                except LookupError:
                    requests.popleft()
                    if self.protocol.fast:
                        unsent.append(self.protocol.send_all([m.Reject(*request)]))
                    continue
                if lease is None:
                    break
                current = piece
                leased = range(lease.begin, lease.begin + len(lease.view))
                self._leases.append(lease)
            assert lease is not None
            requests.popleft()
            start = begin - lease.begin
            unsent.append(header(piece, begin, length))
            unsent.append(lease.view[start : start + length])
            spent += length
            self._sent_blocks += 1
        self._sent_length += spent
        self._up.give_back(allowance - spent)
