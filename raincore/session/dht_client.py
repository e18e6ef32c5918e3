"""The DHT for one command: joins when it is first needed, asks, and says who answered."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import (
    ConfigError,
    ConnectError,
    ListenError,
    NetworkError,
    TimedOut,
    the_one,
)
from raincore.dht.events import LookupEnded, Refused, Replied, Silent
from raincore.net import ed25519
from raincore.net.dht_bootstrap import FALLBACK, literal
from raincore.net.dht_service import DhtService
from raincore.session.services import open_services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from raincore.base.config import Config
    from raincore.base.endpoint import Endpoint
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event
    from raincore.session.services import Services
    from raincore.wire.krpc_messages import Question

__all__ = ["DhtClient", "open_dht_client"]

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
    """Asks the DHT; made by `open_dht_client`.

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
        self._services = services
        self._began: float | None = None
        self._scopes: dict[trio.CancelScope, None] = {}

    def call_when_closed(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call once when whoever reads a pipe of ours has gone away."""
        self._services.hub.watch_closed(descriptor, callback)

    def calendar(self) -> float:
        """Seconds since 1970."""
        return self._services.world.calendar()

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
        """
        extra = nodes[:MAX_EXTRA_NODES]
        if self._began is not None:
            for node in extra:
                if (endpoint := literal(node)) is not None:
                    self.service.add_node(endpoint)
            return
        sources = self._services.config.sources
        if not sources.bootstrap and not extra:
            raise ConfigError("no bootstrap node is named")
        self._began = trio.current_time()
        usual = sources.bootstrap == type(sources)().bootstrap
        hosts = dict.fromkeys((*sources.bootstrap, *extra))
        fallback = FALLBACK if usual else ()
        self._services.nursery.start_soon(self.service.run, tuple(hosts), fallback)

    async def settle(self, nodes: Sequence[str] = ()) -> None:
        """Join, and wait until there is somebody to ask, but not for long.

        Raises:
            ConnectError: Nobody has answered.
        """
        self.join(nodes)
        service, first = self.service, 0.0
        while service.node_count < ENOUGH_NODES:
            now = trio.current_time()
            if service.joined.is_set():
                break
            if service.node_count:
                first = first or now
                if now - first >= SETTLE_SECONDS:
                    break
            await trio.sleep(POLL_SECONDS)
        if not service.node_count:
            raise ConnectError(self.silence)

    @property
    def silence(self) -> str:
        """What to say when nobody has answered."""
        service = self.service
        if not service.bootstrap_count:
            return "nobody to ask: no bootstrap host could be looked up; is there a name server?"
        seconds = trio.current_time() - (self._began or trio.current_time())
        return (
            f"nobody answered: {service.bootstrap_answered} of {service.bootstrap_count} bootstrap "
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
            self._services.nursery.start_soon(self.service.run, ())

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
            found = await self._services.world.network.resolve(host.strip("[]"), int(port))
        if not found and not self.stopped:
            raise ConnectError("the name could not be looked up in time", address)
        return found


async def _cancel_after(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    await trio.sleep(FAMILY_SECONDS)
    scope.cancel()


@asynccontextmanager
async def open_dht_client(
    config: Config,
    *,
    port: int = 0,
    timeout_seconds: float,
    on_warning: Callable[[str], None] = lambda text: None,
) -> AsyncIterator[DhtClient]:
    """Open sockets for questions to the DHT; nothing is sent before something is asked.

    Args:
        config: `dht`, `sources.bootstrap` and `sockets` count.
        port: UDP port to ask from; 0 for any free one.
        timeout_seconds: How long one question to the whole DHT may take.
        on_warning: Is told what is wrong though work goes on.

    Raises:
        ListenError: The port cannot be used.

    Leaves no task behind; cancelling closes everything.
    """
    alone = replace(config, sources=replace(config.sources, dht=False))
    async with open_services(alone, on_warning) as services:
        service = DhtService(
            services.world.network,
            random.SystemRandom(),
            limits=config.dht,
            verify=ed25519.verify,
        )
        try:
            service.listen(port)
            if port and service.port != port:
                raise ListenError(f"UDP port is in use: {port}", str(port))
            yield DhtClient(services, service, timeout_seconds)
        finally:
            service.close()
