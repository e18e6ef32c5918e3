"""What one peer is still to be sent: messages, and answers to its requests.

Belongs to `net.peer_link` and to its budget. Requested blocks go from the owner's read
cache straight to the socket: an answer is a header and a view of a lent run, and a run
is given back when the system has taken all of it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from raincore.wire import messages as m
from raincore.wire import peer_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.net.interface import Buffer, Stream
    from raincore.net.rate_limiter import RateLimiter
    from raincore.wire.peer_protocol import Outgoing, PeerProtocol

__all__ = ["Lease", "Outbox"]

BATCHES_PER_TURN = 4
"""Sends of one writable socket before others get their turn."""

CLOGGED_BYTES = 1024 * 1024
"""Messages waiting for a peer that does not read, before we stop to read what it says."""

LENT_BYTES = 1024 * 1024
"""Of runs lent for one send; a peer that asks for a block here and a block there would
otherwise pin a run of the cache for each."""


BLOCK_HEADER_LENGTH = 13
"""Bytes in front of each block (BEP 3, "piece")."""


class Lease(Protocol):
    """A run of one piece in memory, borrowed for sending until it is released."""

    begin: int
    """Offset in the piece of the first byte of `view`."""

    view: memoryview

    alone: bool
    """Whether memory is short, so that nothing else is to be lent for the same send."""

    def release(self) -> None:
        """Give it back, once, when the system has taken its bytes."""


class Outbox:
    """Queues in, bytes out; never more in flight than the peer takes.

    Args:
        lend: As `peer_link.LinkOwner.lend`.
        batch_blocks: Requests answered by one send, at most.
        up: Limits what is sent, shared by links.
        resume: Called when the limiter lets us go on; it should `send`.
    """

    __slots__ = (
        "_batch_blocks",
        "_gathered_blocks",
        "_gathered_length",
        "_leases",
        "_lend",
        "_protocol",
        "_resume",
        "_told_length",
        "_unsent",
        "_up",
        "_waiting",
        "_waiting_length",
        "requests",
    )

    def __init__(
        self,
        protocol: PeerProtocol,
        lend: Callable[[int, int, int], Lease | None],
        batch_blocks: int,
        up: RateLimiter,
        resume: Callable[[], None],
    ) -> None:
        self.requests: deque[m.Request] = deque()
        """What the peer asked for and was not answered, oldest first."""
        self._protocol = protocol
        self._lend = lend
        self._batch_blocks = batch_blocks
        self._up = up
        self._resume = resume
        self._waiting: list[bytes] = []
        self._waiting_length = 0
        self._unsent: list[Buffer] = []
        self._leases: list[Lease] = []
        self._gathered_blocks = 0
        self._gathered_length = 0
        self._told_length = 0

    @property
    def is_clogged(self) -> bool:
        """Whether so much waits that the peer must read before it is heard again."""
        return self._waiting_length > CLOGGED_BYTES

    @property
    def has_words(self) -> bool:
        """Whether messages wait that the system was not given yet."""
        return bool(self._waiting)

    def say(self, messages: Sequence[Outgoing]) -> None:
        """Queue messages; a choke makes what was asked for void.

        Raises:
            LocalProtocolError: A message is not legal now: a bug of the caller.
        """
        data = self._protocol.send_all(messages)
        if data:
            self._waiting.append(data)
            self._waiting_length += len(data)
        if self.requests and self._protocol.we_choke:
            self.refuse_requests()

    def refuse_requests(self) -> None:
        """Forget what was asked; say so where the Fast extension demands it (BEP 6).

        What they may have without a slot stays.
        """
        granted = self._protocol.granted
        refused = [m.Reject(*request) for request in self.requests if request.piece not in granted]
        if granted:
            self.requests = deque(request for request in self.requests if request.piece in granted)
        else:
            self.requests.clear()
        if self._protocol.fast and refused:
            self.say(refused)

    def cancel(self, cancel: m.Cancel) -> None:
        """Forget one request; with Fast it is answered all the same (BEP 6)."""
        request = m.Request(*cancel)
        try:
            self.requests.remove(request)
        except ValueError:
            return  # answered already
        if self._protocol.fast:
            self.say([m.Reject(*request)])

    def send(self, stream: Stream) -> bool:
        """Send until done or blocked.

        Returns:
            Whether to be called again when the stream is writable.

        Raises:
            NetworkError: The connection broke.
        """
        for _ in range(BATCHES_PER_TURN):
            if not self._unsent:
                if self._waiting:
                    # Never held back, since they are what keeps downloads going.
                    self._up.charge(self._waiting_length)
                    self._unsent.append(b"".join(self._waiting))
                    self._waiting = []
                    self._waiting_length = 0
                if self.requests:
                    self._gather()
                if not self._unsent:
                    return False
            try:
                taken = stream.send(self._unsent)
            except BlockingIOError:
                return True
            self._advance(taken)
            if self._unsent:
                return True
        return bool(self._waiting or self.requests)

    def take_sent(self) -> tuple[int, int]:
        """How many blocks, and bytes of blocks, the system has taken since last time.

        Of a batch that is partly sent the bytes count at once, but for those that may be
        headers, and its blocks when it is whole: a peer on a slow line takes minutes for
        a batch, and must not look as if it took nothing.
        """
        if self._unsent:
            left = sum(map(len, self._unsent))
            taken = max(self._gathered_length - left - self._told_length, 0)
            self._told_length += taken
            return 0, taken
        sent = self._gathered_blocks, self._gathered_length - self._told_length
        self._gathered_blocks = self._gathered_length = self._told_length = 0
        return sent

    def close(self) -> None:
        """Forget everything and give back what is lent."""
        self.requests.clear()
        self._waiting = []
        self._waiting_length = 0
        self._unsent = []
        self._release()

    def _release(self) -> None:
        leases, self._leases = self._leases, []
        for lease in leases:
            lease.release()

    def _advance(self, taken: int) -> None:
        """Drop what was sent; give runs back when all of them is out."""
        unsent = self._unsent
        for index, buffer in enumerate(unsent):
            size = len(buffer)
            if taken < size:
                self._unsent = [memoryview(buffer)[taken:], *unsent[index + 1 :]]
                return
            taken -= size
        self._unsent = []
        if self._leases:
            self._release()

    def _gather(self) -> None:
        """Put answers to the oldest requests, headers and blocks, into `_unsent`."""
        requests, unsent, header = self.requests, self._unsent, peer_codec.block_header
        count = min(len(requests), self._batch_blocks)
        wanted = sum(requests[i].length for i in range(count)) + count * BLOCK_HEADER_LENGTH
        allowance = self._up.take(wanted)
        if not allowance:
            self._up.call_when_allowed(self._resume)
            return
        lease: Lease | None = None
        leased = range(0)
        current = -1
        spent = lent = blocks = 0
        # A block is sent whole as soon as one byte of it is allowed; the limiter takes
        # the rest as a debt.
        while count and spent < allowance:
            piece, begin, length = requests[0]
            count -= 1
            if piece != current or begin not in leased or begin + length > leased.stop:
                if lent > LENT_BYTES:
                    break
                try:
                    lease = self._lend(piece, begin, length)
                except LookupError:
                    refused = m.Reject(*requests.popleft())
                    if self._protocol.fast:
                        unsent.append(self._protocol.send_all([refused]))
                    continue
                if lease is None:
                    break
                current = piece
                leased = range(lease.begin, lease.begin + len(lease.view))
                lent += LENT_BYTES + 1 if lease.alone else len(lease.view)
                self._leases.append(lease)
            assert lease is not None
            requests.popleft()
            start = begin - lease.begin
            unsent.append(header(piece, begin, length))
            unsent.append(lease.view[start : start + length])
            spent += length
            blocks += 1
        self._gathered_blocks += blocks
        self._gathered_length += spent
        self._up.give_back(allowance - spent - blocks * BLOCK_HEADER_LENGTH)
