"""The DHT for one command: joins when it is first needed, asks, and says who answered."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import trio

from raincore.base.config import BOOTSTRAP
from raincore.base.errors import (
    ConfigError,
    ConnectError,
    NetworkError,
    TimedOut,
    the_one,
)
from raincore.dht.events import LookupEnded, Refused, Replied, Silent
from raincore.net.dht_bootstrap import FALLBACK, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event
    from raincore.net.dht_service import DhtService
    from raincore.session.services import Services
    from raincore.wire.krpc_messages import Question

__all__ = ["ENOUGH_NODES", "DhtClient"]

ENOUGH_NODES = 8
"""Known nodes with which a lookup may begin; it finds more on its way."""

SETTLE_SECONDS = 1.0
"""How long fewer than that are waited for, once somebody has answered."""

FAMILY_SECONDS = 2.0
"""How long a lookup in one address family is waited for when that in the other is over: on
many machines one of them leads nowhere."""

PING_SECONDS = 2.0
"""After so long a node is asked again: datagrams get lost."""

PINGS = 3
POLL_SECONDS = 0.02
MAX_EXTRA_NODES = 32


class DhtClient:
    """Asks the DHT; made by `dht_opening.open_dht_client`.

    Args:
        services: Where sockets and tasks come from.
        service: Listening, not yet running.
        timeout_seconds: How long one question to the whole DHT may take.
    """

    def __init__(self, services: Services, service: DhtService, timeout_seconds: float) -> None:
        self.service = service
        self.rng = services.world.rng
        self.timeout_seconds = timeout_seconds
        self.stopped = False
        self.services = services
        self._began: float | None = None
        self._scopes: dict[trio.CancelScope, None] = {}

    def call_when_closed(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call once when whoever reads a pipe of ours has gone away."""
        self.services.hub.watch_closed(descriptor, callback)

    def calendar(self) -> float:
        """Seconds since 1970."""
        return self.services.world.calendar()

    def stop(self) -> None:
        """End every question at once; they give what they have found so far."""
        self.stopped = True
        for scope in self._scopes:
            scope.cancel()

    @contextmanager
    def patience(self) -> Iterator[trio.CancelScope]:
        """Bound what is inside by the timeout; `stop` ends it, too."""
        with trio.move_on_after(self.timeout_seconds) as scope:
            self._scopes[scope] = None
            try:
                if self.stopped:
                    scope.cancel()
                yield scope
            finally:
                del self._scopes[scope]

    # --- joining --------------------------------------------------------------------------

    def join(self, nodes: Sequence[str] = ()) -> None:
        """Begin to take part, unless that is done already.

        Args:
            nodes: "host:port" of further nodes to begin with, as a torrent names them
                (BEP 5, "torrent file extensions").

        Raises:
            ConfigError: No node at all is named.
        """
        extra = nodes[:MAX_EXTRA_NODES]
        self.service.add_hosts(extra)
        if self._began is not None:
            return
        bootstrap = self.services.config.sources.bootstrap
        if not bootstrap and not extra:
            raise ConfigError("no DHT node is named: do so by --bootstrap HOST:PORT")
        self._began = trio.current_time()
        fallback = FALLBACK if bootstrap == BOOTSTRAP else ()
        self.services.nursery.start_soon(self.service.run, bootstrap, fallback)

    async def settle(self, nodes: Sequence[str] = ()) -> None:
        """Join, and wait until there is somebody to ask, but not for long.

        Raises:
            ConnectError: Nobody has answered.
        """
        self.join(nodes)
        service, first = self.service, math.inf
        while service.node_count < ENOUGH_NODES:
            now = trio.current_time()
            if service.joined.is_set():
                break
            if service.node_count:
                first = min(first, now)
                if now - first >= SETTLE_SECONDS:
                    break
            await trio.sleep(POLL_SECONDS)
        if not service.node_count:
            raise ConnectError(self.silence)

    @property
    def silence(self) -> str:
        """What to say when nobody has answered."""
        service = self.service
        named = service.bootstrap_endpoints
        if not named:
            return "nobody to ask: no bootstrap host could be looked up; is there a name server?"
        if all(map(self.services.world.blocks, named)):
            return f"nobody to ask: the blocklist has every bootstrap node, such as {named[0]}"
        now = trio.current_time()
        seconds = now - (now if self._began is None else self._began)
        return (
            f"nobody answered: {service.bootstrap_answered} of {len(named)} bootstrap "
            f"nodes, in {seconds:.1f} s; are UDP packets let through?"
        )

    # --- asking ---------------------------------------------------------------------------

    async def look_up(
        self,
        make_errand: Callable[[bool], Errand],
        on_event: Callable[[Event], None],
        nodes: Sequence[str] = (),
    ) -> list[LookupEnded]:
        """Look something up, in time.

        Args:
            make_errand: As `DhtService.look_up` takes it.
            on_event: Is told what is found.
            nodes: As `join` takes them.

        Returns:
            How it ended for each of our nodes; fewer if the time was over first.

        Raises:
            ConnectError: Nobody has answered.
            TimedOut: Nobody has answered, and the time is over.
        """
        ends: list[LookupEnded] = []
        answered = trio.Event()

        def take(event: Event) -> None:
            if isinstance(event, LookupEnded):
                ends.append(event)
                if event.answered:
                    answered.set()
            on_event(event)

        with self.patience():
            await self.settle(nodes)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_after, answered, nursery.cancel_scope)
                await self.service.look_up(make_errand, take)
                nursery.cancel_scope.cancel()
        if not self.service.node_count and not self.stopped:
            raise TimedOut(self.silence)
        return ends

    async def ask(self, endpoint: Endpoint, question: Question) -> Replied:
        """Ask one node, and again if a datagram seems to be lost.

        Raises:
            TimedOut: There is no answer.
            NetworkError: It answers by an error, or cannot be asked.
        """
        answers: list[Replied | Refused | Silent] = []

        async def once(scope: trio.CancelScope) -> None:
            answers.append(await self.service.ask(endpoint, question))
            scope.cancel()

        self.run_quietly()
        began = trio.current_time()
        try:
            with self.patience():
                async with trio.open_nursery() as nursery:
                    for _ in range(PINGS):
                        nursery.start_soon(once, nursery.cancel_scope)
                        await trio.sleep(PING_SECONDS)
                    nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_one(group) from None
        match answers[0] if answers else None:
            case Replied() as replied:
                return replied
            case Refused(_, _, code, text):
                raise NetworkError(f"the node refuses: {text} ({code})", str(endpoint))
        seconds = trio.current_time() - began
        raise TimedOut(f"no answer in {seconds:.1f} s", str(endpoint))

    def run_quietly(self) -> None:
        """Run without asking anybody unasked, for questions to nodes that were named."""
        if self._began is None:
            self._began = trio.current_time()
            self.services.nursery.start_soon(self.service.run, ())

    async def resolve(self, address: str) -> list[Endpoint]:
        """Find where "host:port" leads.

        Raises:
            ConnectError: The name does not exist, or cannot be looked up in time.
        """
        endpoint = literal(address)
        if endpoint is not None:
            return [endpoint]
        host, _, port = address.rpartition(":")
        found: list[Endpoint] = []
        with self.patience():
            found = await self.services.world.network.resolve(host.strip("[]"), int(port))
        if not found and not self.stopped:
            raise ConnectError("the name could not be looked up in time", address)
        return found


async def _cancel_after(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    await trio.sleep(FAMILY_SECONDS)
    scope.cancel()
