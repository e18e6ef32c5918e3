"""One UDP tracker, asked for many torrents: packets, retransmission, connection id (BEP 15, 41).

A machine without I/O. The shell sends what `datagrams_to_send` gives, hands in what came
from the tracker's address, and calls `handle_timer` when `next_timer` has come.

The tracker lends a connection id for a minute; every request carries one, so that nobody
can announce under a forged address. Requests wait while one is fetched, and share it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.errors import NetworkError, RemoteProtocolError, TimedOut, TrackerError
from raincore.base.printable import printable
from raincore.wire import tracker_packets as packets
from raincore.wire.tracker_packets import (
    ANNOUNCE,
    ANNOUNCE_REPLY,
    CONNECT,
    CONNECT_REQUEST,
    ERROR,
    HEAD,
    PROTOCOL_ID,
    REQUEST_HEAD,
    SCRAPE,
    SCRAPE_REPLY,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from raincore.base.ids import InfoHash
    from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeCounts

__all__ = ["MAX_SCRAPED", "Answered", "Failed", "Handle", "Scraped", "UdpTracker"]

Handle = int
"""Names one request for as long as it lasts."""

MAX_SCRAPED = 74
"""Info-hashes that one scrape can ask for (BEP 15)."""

FIRST_TIMEOUT_SECONDS = 15.0
CONNECTION_SECONDS = 60.0
RULE = "BEP 15"
UNSAID = "no reason given"


@dataclass(frozen=True, slots=True)
class Answered:
    """An announce was answered."""

    handle: Handle
    reply: AnnounceReply


@dataclass(frozen=True, slots=True)
class Scraped:
    """A scrape was answered; the counts are in the order of what was asked."""

    handle: Handle
    counts: tuple[ScrapeCounts, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A request came to nothing: TrackerError, TimedOut or RemoteProtocolError."""

    handle: Handle
    error: NetworkError | RemoteProtocolError


@dataclass(slots=True)
class Transmission:
    """A packet that is repeated until it is answered; `due` is infinite while it waits."""

    transaction: int
    attempt: int = 0
    due: float = math.inf

    def sent(self, now: float) -> None:
        """Wait twice as long as the last time (BEP 15, "time outs")."""
        self.due = now + FIRST_TIMEOUT_SECONDS * 2**self.attempt
        self.attempt += 1


@dataclass(slots=True)
class Pending:
    """A request that is not answered yet: its packet without the head."""

    action: int
    body: bytes
    asked: int  # info-hashes in a scrape
    sending: Transmission
    connections: int  # that had been fetched when it was asked for


class UdpTracker:
    """The conversation with one address of a tracker.

    Args:
        ipv6: Whether the address is an IPv6 one; so are the peers that it gives then.
        rng: Dice for transaction ids; what cannot be guessed cannot be forged.
        retransmissions: How often a packet is repeated; 1 means that a tracker is given
            up after 45 s, rather than the hour of BEP 15: there may be others.
    """

    def __init__(self, *, ipv6: bool, rng: random.Random, retransmissions: int = 1) -> None:
        self._ipv6 = ipv6
        self._rng = rng
        self._attempts = retransmissions + 1
        self._pending: dict[Handle, Pending] = {}
        self._next_handle = 0
        self._connection: int | None = None
        self._expires = -math.inf
        self._connections = 0
        self._connecting: Transmission | None = None
        self._outgoing: list[bytes] = []
        self._events: list[Answered | Scraped | Failed] = []

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked and nothing is to be said."""
        return not self._pending and not self._outgoing and not self._events

    def announce(self, request: AnnounceRequest, url: str) -> Handle:
        """Ask for an announce; `Answered` or `Failed` follows.

        Args:
            url: The tracker's; its path and query are sent along, for trackers that tell
                users apart by them (BEP 41).
        """
        return self._ask(ANNOUNCE, packets.announce_body(request, url), 0)

    def scrape(self, info_hashes: Sequence[InfoHash]) -> Handle:
        """Ask for the counts of at most MAX_SCRAPED swarms; `Scraped` or `Failed` follows."""
        assert 0 < len(info_hashes) <= MAX_SCRAPED
        return self._ask(SCRAPE, b"".join(info_hashes), len(info_hashes))

    def cancel(self, handle: Handle) -> None:
        """Forget a request; no event follows."""
        self._pending.pop(handle, None)

    # --- the five calls -------------------------------------------------------------------

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Take a packet from the tracker's address; what fits no question is ignored."""
        if len(data) < HEAD.size:
            return
        action, transaction = HEAD.unpack_from(data)
        connecting = self._connecting
        if connecting is not None and connecting.transaction == transaction:
            self._on_connected(action, data, now)
            return
        for handle, pending in self._pending.items():
            if pending.sending.transaction == transaction and pending.sending.attempt:
                if action == ERROR and self._is_forgotten(pending, data):
                    pending.sending = Transmission(self._new_transaction())
                    self._connection = None
                elif action in (pending.action, ERROR):
                    del self._pending[handle]
                    self._on_reply(handle, pending, action, data[HEAD.size :])
                return

    def datagrams_to_send(self, now: float) -> list[bytes]:
        """Take what is to be sent to the tracker, in order."""
        for pending in self._pending.values():
            if pending.sending.due == math.inf:
                self._transmit(pending, now)
        ready, self._outgoing = self._outgoing, []
        return ready

    def next_timer(self) -> float:
        """When `handle_timer` is wanted; infinite for never."""
        due = min((item.sending.due for item in self._pending.values()), default=math.inf)
        return due if self._connecting is None else min(due, self._connecting.due)

    def handle_timer(self, now: float) -> None:
        """Repeat what was not answered, or give it up."""
        if self._connecting is not None and self._connecting.due <= now:
            if self._connecting.attempt < self._attempts:
                self._connect(now)
            else:
                self._connecting = None
                self._fail_all(TimedOut("no answer from the tracker"))
        for handle, pending in list(self._pending.items()):
            if pending.sending.due > now:
                continue
            if pending.sending.attempt < self._attempts:
                pending.sending.due = math.inf  # sent again as soon as there is a connection
                if pending.connections == self._connections:
                    self._connection = None  # a tracker that was restarted ignores old ones
            else:
                self._fail(handle, TimedOut("no answer from the tracker"))

    def next_event(self) -> Answered | Scraped | Failed | None:
        """Take what happened, oldest first; None when that was all."""
        return self._events.pop(0) if self._events else None

    # --- inside ---------------------------------------------------------------------------

    def _ask(self, action: int, body: bytes, asked: int) -> Handle:
        self._next_handle += 1
        sending = Transmission(self._new_transaction())
        self._pending[self._next_handle] = Pending(action, body, asked, sending, self._connections)
        return self._next_handle

    def _new_transaction(self) -> int:
        used = {pending.sending.transaction for pending in self._pending.values()}
        while (number := self._rng.getrandbits(32)) in used:
            pass
        return number

    def _transmit(self, pending: Pending, now: float) -> None:
        if self._connection is None or now >= self._expires:
            if self._connecting is None:
                self._connecting = Transmission(self._new_transaction())
                self._connect(now)
            return
        sending = pending.sending
        head = REQUEST_HEAD.pack(self._connection, pending.action, sending.transaction)
        self._outgoing.append(head + pending.body)
        sending.sent(now)

    def _connect(self, now: float) -> None:
        assert self._connecting is not None
        packet = CONNECT_REQUEST.pack(PROTOCOL_ID, CONNECT, self._connecting.transaction)
        self._outgoing.append(packet)
        self._connecting.sent(now)

    def _on_connected(self, action: int, data: bytes, now: float) -> None:
        if action == ERROR:
            self._connecting = None
            self._fail_all(TrackerError(printable(data[HEAD.size :]) or UNSAID))
        elif action == CONNECT and len(data) >= HEAD.size + 8:
            self._connecting = None
            self._connections += 1
            self._connection = int.from_bytes(data[HEAD.size : HEAD.size + 8], "big")
            self._expires = now + CONNECTION_SECONDS

    def _on_reply(self, handle: Handle, pending: Pending, action: int, body: bytes) -> None:
        if action == ERROR:
            # It may have forgotten us: the next request asks for a new connection.
            self._connection = None
            self._events.append(Failed(handle, TrackerError(printable(body) or UNSAID)))
        elif action == ANNOUNCE and len(body) >= ANNOUNCE_REPLY.size:
            self._events.append(Answered(handle, packets.parse_announce(body, ipv6=self._ipv6)))
        elif action == SCRAPE and len(body) >= SCRAPE_REPLY.size * pending.asked:
            self._events.append(Scraped(handle, packets.parse_counts(body, pending.asked)))
        else:
            error = RemoteProtocolError(f"tracker's packet is too short: {len(body)}", RULE)
            self._events.append(Failed(handle, error))

    def _is_forgotten(self, pending: Pending, data: bytes) -> bool:
        """Whether a tracker no longer knows a connection that others had fetched before."""
        return pending.connections == self._connections and b"connection" in data.lower()

    def _fail(self, handle: Handle, error: NetworkError | RemoteProtocolError) -> None:
        del self._pending[handle]
        self._events.append(Failed(handle, error))

    def _fail_all(self, error: NetworkError) -> None:
        """Nothing can be asked without a connection."""
        for handle in list(self._pending):
            self._fail(handle, error)
