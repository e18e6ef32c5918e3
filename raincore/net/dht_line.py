"""One DHT node at one socket, and who waits for what it finds: no task, no queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError
from raincore.dht.events import IdChanged, Joined, LookupEnded, Refused, Replied, Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.dht.errands import Errand
    from raincore.dht.events import Event, Handle
    from raincore.dht.node import DhtNode
    from raincore.net.interface import Datagrams, Network
    from raincore.wire.krpc_messages import Question

    OnEvent = Callable[[Event], None]

__all__ = ["DhtLine"]

LAST = (LookupEnded, Replied, Refused, Silent)
"""After one of these nothing follows under the same handle."""


class DhtLine:
    """A node and its socket. Close it by `close`.

    Args:
        node: Ours alone: nobody else may hand it datagrams.
        on_change: Is called after everything that may have changed when the node's timer is
            due, and when it has joined.
    """

    def __init__(self, node: DhtNode, on_change: Callable[[], None]) -> None:
        self.node = node
        self.family = 6 if node.ipv6 else 4
        self.joined: Joined | None = None
        """What came of the latest search for ourselves."""
        self.is_started = False
        self._is_settled = self._is_released = False
        self._on_change = on_change
        self._socket: Datagrams | None = None
        self._waiting: dict[Handle, OnEvent] = {}
        self._early: dict[OnEvent, Errand] = {}
        self._unheard: set[Endpoint] = set()
        self.bootstrap_answered = 0
        """Bootstrap addresses from which something came."""

    def open(self, network: Network, local: Endpoint) -> None:
        """Bind the socket, to any free port if that one is taken.

        Raises:
            ListenError: The address is not ours, or not permitted.
        """
        try:
            self._socket = network.datagrams(local, self._receive)
        except ListenError:
            if not local.port:
                raise
            self._socket = network.datagrams(Endpoint(local.host, 0), self._receive)

    @property
    def endpoint(self) -> Endpoint:
        """Where the socket is bound."""
        assert self._socket is not None
        return self._socket.endpoint

    def start(self, bootstrap: Sequence[Endpoint]) -> None:
        """Join the DHT by these addresses, or by more than were given before."""
        self.is_started = True
        self._unheard.update(bootstrap)
        self.node.start(bootstrap, trio.current_time())
        self.flush()

    def settle(self) -> None:
        """No further address is to be expected soon: whoever waits is to begin.

        Who had none at all may still be given one by our node of the other family (BEP 32).
        """
        self._is_settled = self.is_started
        if not self.is_started:
            self.start(())
        self.flush()

    def release(self) -> None:
        """Nobody is to be expected any more but who is being asked: then whoever waits begins."""
        self._is_released = True
        self.flush()

    def add_node(self, endpoint: Endpoint) -> None:
        """Look at an address that somebody named."""
        self.node.add_node(endpoint, trio.current_time())
        self.flush()

    def look_up(self, errand: Errand, on_event: OnEvent) -> None:
        """Begin a lookup as soon as somebody has answered, or when nobody else may.

        One that began with the first address of several would end if it leads to nobody.

        Args:
            on_event: Is told everything about it, the last of it `LookupEnded`; a function
                of this lookup alone.
        """
        self._early[on_event] = errand
        self.flush()

    async def ask(self, endpoint: Endpoint, question: Question) -> Replied | Refused | Silent:
        """Ask one node one thing, and wait for what comes of it; cancelling forgets it."""
        told: list[Event] = []
        over = trio.Event()

        def take(event: Event) -> None:
            told.append(event)
            over.set()

        self._waiting[self.node.ask_one(endpoint, question, trio.current_time())] = take
        self.flush()
        try:
            await over.wait()
        finally:
            self.cancel(take)
        [event] = told
        assert isinstance(event, Replied | Refused | Silent)
        return event

    def cancel(self, on_event: OnEvent) -> None:
        """End what was begun for somebody, and tell nothing more; harmless when it is over."""
        self._early.pop(on_event, None)
        for handle in [one for one, other in self._waiting.items() if other is on_event]:
            del self._waiting[handle]
            self.node.cancel(handle, trio.current_time())
            self.flush()

    def handle_timer(self) -> None:
        """Do what is due."""
        now = trio.current_time()
        if self.node.next_timer() <= now:
            self.node.handle_timer(now)
            self.flush()

    def flush(self) -> None:
        """Send what the node wants to send, and tell what it has to tell."""
        socket, node, now = self._socket, self.node, trio.current_time()
        hopeless = self._is_settled or (self._is_released and not node.is_asking)
        if self._early and (hopeless or len(node.table)):
            early, self._early = self._early, {}
            for on_event, errand in early.items():
                self._waiting[node.look_up(errand, now)] = on_event
        batch = node.datagrams_to_send(now)
        while batch:
            unsent = [remote for data, remote in batch if socket and not socket.send(data, remote)]
            for remote in unsent:
                node.cannot_send(remote, now)
            batch = node.datagrams_to_send(now) if unsent else []
        while (event := node.next_event()) is not None:
            self._tell(event)
        self._on_change()

    def close(self) -> None:
        """Close the socket; harmless when repeated."""
        if self._socket is not None:
            self._socket.close()
        self._waiting.clear()
        self._early.clear()

    def _receive(self, data: bytes, remote: Endpoint) -> None:
        if not self.is_started and not self._waiting:
            return
        if self._unheard and remote in self._unheard:
            self._unheard.discard(remote)
            self.bootstrap_answered += 1
        self.node.receive_datagram(data, remote, trio.current_time())
        self.flush()

    def _tell(self, event: Event) -> None:
        if isinstance(event, Joined):
            self.joined = event
            return
        if isinstance(event, IdChanged):
            return
        take = self._waiting.get(event.handle)
        if take is not None:
            if isinstance(event, LAST):
                del self._waiting[event.handle]
            take(event)
