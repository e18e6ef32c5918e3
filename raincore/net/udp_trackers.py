"""All UDP trackers over one socket per address family, each asked by its own machine.

Timers run only while somebody waits for an answer, in the tasks of those who wait: a
session that asks no UDP tracker has neither socket nor task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.wire.tracker_udp import Answered, Failed, Scraped, UdpTracker

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from raincore.base.ids import InfoHash
    from raincore.net.interface import Datagrams, Network
    from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeCounts
    from raincore.wire.tracker_udp import Handle

__all__ = ["UdpTrackers"]

MAX_REMEMBERED = 200
"""Trackers whose connection ids are kept; those that nobody asks are forgotten first."""

Happened = Answered | Scraped | Failed


class _Conversation:
    """One tracker's machine, and who waits for what it is asked."""

    def __init__(self, endpoint: Endpoint, rng: random.Random) -> None:
        self.endpoint = endpoint
        self.machine = UdpTracker(ipv6=endpoint.is_ipv6, rng=rng)
        self.happened: dict[Handle, Happened] = {}
        self.changed = trio.Event()

    def transmit(self, socket: Datagrams) -> None:
        """Send what the machine has to say, and take what it has learned."""
        for packet in self.machine.datagrams_to_send(trio.current_time()):
            socket.send(packet, self.endpoint)
        while (event := self.machine.next_event()) is not None:
            self.happened[event.handle] = event
        self.changed.set()
        self.changed = trio.Event()


class UdpTrackers:
    """Asks UDP trackers by their addresses. Close it by `close`.

    Args:
        network: Makes the sockets, when they are first needed.
        rng: Dice for transaction ids.
    """

    def __init__(self, network: Network, rng: random.Random) -> None:
        self._network = network
        self._rng = rng
        self._sockets: dict[bool, Datagrams] = {}
        self._conversations: dict[Endpoint, _Conversation] = {}

    async def announce(
        self, endpoint: Endpoint, request: AnnounceRequest, url: str
    ) -> AnnounceReply:
        """Announce to one address of a tracker.

        Args:
            endpoint: Where the tracker is.
            url: Its own, whose path and query are sent along (BEP 41).

        Returns:
            What it answered; the peers are of the address's family.

        Raises:
            TrackerError: It refused.
            TimedOut: It did not answer; said after 45 s (wire.tracker_udp).
            RemoteProtocolError: Its answer makes no sense.
            ListenError: This machine has no such address family.

        Cancelling forgets the request, and leaves no task behind.
        """
        event = await self._ask(endpoint, lambda machine: machine.announce(request, url))
        assert isinstance(event, Answered)
        return event.reply

    async def scrape(
        self, endpoint: Endpoint, info_hashes: Sequence[InfoHash]
    ) -> tuple[ScrapeCounts, ...]:
        """Ask one address of a tracker for counts, in the order of `info_hashes` (BEP 15).

        Raises:
            NetworkError, RemoteProtocolError: As for `announce`.
        """
        event = await self._ask(endpoint, lambda machine: machine.scrape(info_hashes))
        assert isinstance(event, Scraped)
        return event.counts

    def close(self) -> None:
        """Close the sockets; harmless when repeated."""
        for socket in self._sockets.values():
            socket.close()
        self._sockets.clear()

    async def _ask(
        self, endpoint: Endpoint, begin: Callable[[UdpTracker], Handle]
    ) -> Answered | Scraped:
        socket = self._socket(ipv6=endpoint.is_ipv6)
        conversation = self._conversation(endpoint)
        machine = conversation.machine
        handle = begin(machine)
        conversation.transmit(socket)
        try:
            event = await self._wait(conversation, handle, socket)
        finally:
            machine.cancel(handle)
            # What it was about to ask is not to count as a failure of who comes next.
            if machine.is_idle and machine.next_timer() < float("inf"):
                self._conversations.pop(endpoint, None)
        if isinstance(event, Failed):
            raise event.error
        return event

    async def _wait(
        self, conversation: _Conversation, handle: Handle, socket: Datagrams
    ) -> Happened:
        machine = conversation.machine
        while handle not in conversation.happened:
            changed = conversation.changed
            with trio.move_on_at(machine.next_timer()):
                await changed.wait()
            now = trio.current_time()
            if machine.next_timer() <= now:
                machine.handle_timer(now)
                conversation.transmit(socket)
        return conversation.happened.pop(handle)

    def _conversation(self, endpoint: Endpoint) -> _Conversation:
        conversation = self._conversations.pop(endpoint, None)
        if conversation is None:
            conversation = _Conversation(endpoint, self._rng)
        self._conversations[endpoint] = conversation  # the latest comes last
        if len(self._conversations) > MAX_REMEMBERED:
            idle = (key for key, one in self._conversations.items() if one.machine.is_idle)
            if (oldest := next(idle, None)) is not None:
                del self._conversations[oldest]
        return conversation

    def _socket(self, *, ipv6: bool) -> Datagrams:
        if ipv6 not in self._sockets:
            anywhere = Endpoint("::" if ipv6 else "0.0.0.0", 0)  # noqa: S104  # asks, serves nobody
            self._sockets[ipv6] = self._network.datagrams(anywhere, self._receive)
        return self._sockets[ipv6]

    def _receive(self, data: bytes, remote: Endpoint) -> None:
        """Take a datagram; what comes from nobody that was asked is ignored."""
        conversation = self._conversations.get(remote)
        if conversation is not None:
            conversation.machine.receive_datagram(data, trio.current_time())
            conversation.transmit(self._socket(ipv6=remote.is_ipv6))
