"""From an incoming stream to a handshaken one, plain or encrypted on the same port."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trio

from raincore.base.config import Encryption
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError, NetworkError, NotBound, RemoteProtocolError
from raincore.net.conversation import hear
from raincore.net.dialer import Handshaken, receive_handshake, send_handshake
from raincore.net.primed_stream import PrimedStream
from raincore.wire import handshake

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.config import PeerLimits
    from raincore.base.ids import InfoHash
    from raincore.net.dialer import Offer
    from raincore.net.encrypter import Encrypter
    from raincore.net.interface import Listener, Network, Stream

__all__ = ["Acceptor"]

log = logging.getLogger(__name__)

ANYWHERE = ("", "0.0.0.0")  # noqa: S104


class Acceptor:
    """Listens, greets whoever comes, and hands over those who want a torrent of ours.

    A stranger speaks first: what we answer depends on the info-hash, and who scans for
    BitTorrent learns nothing. Each greeting is a short-lived task; when there are more
    than `limits.max_accepted` strangers at a time, the one that has been silent longest
    makes way, so that idle connections cannot lock others out.

    Args:
        network: Makes the listeners.
        lookup: What to answer for an info-hash; None if it is not ours, now.
        find: The info-hash for its `mse_keys.key_hash`; None likewise.
        on_peer: Takes over a handshaken peer, and its stream. Must not block; an
            exception is a bug that ends `run`.
        limits: `handshake_timeout_seconds` bounds all of a greeting; `encryption` says
            which kinds of handshake are answered.
        encrypter: Speaks MSE.
    """

    def __init__(
        self,
        network: Network,
        lookup: Callable[[InfoHash], Offer | None],
        find: Callable[[bytes], InfoHash | None],
        on_peer: Callable[[Handshaken], None],
        limits: PeerLimits,
        encrypter: Encrypter,
    ) -> None:
        self._network = network
        self._lookup = lookup
        self._find = find
        self._on_peer = on_peer
        self._limits = limits
        self._policy = limits.incoming_encryption or limits.encryption
        self._encrypter = encrypter
        self._strangers: dict[Stream, trio.CancelScope] = {}  # the oldest first
        self._nursery: trio.Nursery | None = None
        self.listeners: list[Listener] = []

    def listen(self, endpoint: Endpoint) -> Listener:
        """Accept peers on an address until the listener is closed or `run` ends.

        Raises:
            ListenError: The address is in use, not ours, or not permitted.
        """
        listener = self._network.listen(endpoint, self._on_connection)
        self.listeners.append(listener)
        return listener

    def listen_pair(self, port: int) -> list[Listener]:
        """Accept peers on all addresses of this machine, IPv4 and IPv6.

        Args:
            port: The port for both; 0 to let the system choose.

        Returns:
            The listeners, IPv4 first; without IPv6 if the machine has none, or
            another program has that port there; without IPv4 if we are bound to IPv6.

        Raises:
            ListenError: The port cannot be had on IPv4.
        """
        try:
            pair = [self.listen(Endpoint("0.0.0.0", port))]  # noqa: S104
        except NotBound:
            return [self.listen(Endpoint("::", port))]
        try:
            pair.append(self.listen(Endpoint("::", pair[0].endpoint.port)))
        except ListenError as error:
            log.info("no listener on ipv6", extra={"reason": str(error)})
        return pair

    def listen_at(self, host: str, port: int) -> list[Listener]:
        """Accept peers at one address, or at all of them: "", and "0.0.0.0" too.

        The latter is rain's default, where it means IPv4 alone.

        Raises:
            ListenError: The port cannot be had.
        """
        if host in ANYWHERE:
            return self.listen_pair(port)
        return [self.listen(Endpoint(host, port))]

    async def run(self) -> None:
        """Greet strangers until cancelled; then close the listeners and all strangers.

        Connections that came before it ran are greeted when it starts.
        """
        try:
            async with trio.open_nursery() as nursery:
                self.greet_in(nursery)
                await trio.sleep_forever()
        finally:
            self.close()

    def greet_in(self, nursery: trio.Nursery) -> None:
        """Greet strangers in tasks of somebody else's nursery, until `close`.

        What `run` does in a task of its own, for who has thousands of acceptors.
        """
        self._nursery = nursery
        for stream in self._strangers:
            nursery.start_soon(self._greet, stream)

    @property
    def greeting(self) -> int:
        """How many strangers are being greeted, or wait for that."""
        return len(self._strangers)

    def close(self) -> None:
        """Listen no more, and hang up on who was not greeted; harmless when repeated."""
        self._nursery = None
        for listener in self.listeners:
            listener.close()
        strangers, self._strangers = self._strangers, {}
        for stream, scope in strangers.items():
            scope.cancel()
            stream.close()

    def _on_connection(self, stream: Stream) -> None:
        if len(self._strangers) >= self._limits.max_accepted:
            oldest = next(iter(self._strangers))
            self._strangers.pop(oldest).cancel()
            oldest.close()
        self._strangers[stream] = trio.CancelScope()
        if self._nursery is not None:
            self._nursery.start_soon(self._greet, stream)

    async def _greet(self, stream: Stream) -> None:
        peer = None
        scope = self._strangers.get(stream)
        if scope is None:
            return  # it had to make way before it was heard
        scope.deadline = trio.current_time() + self._limits.handshake_timeout_seconds
        try:
            with scope:
                peer = await self._shake_hands(stream)
        except (NetworkError, RemoteProtocolError) as error:
            log.debug("stranger refused", extra={"peer": str(stream.remote), "reason": str(error)})
        finally:
            self._strangers.pop(stream, None)
            if peer is None:
                stream.close()
        if peer is not None:
            self._on_peer(peer)

    async def _shake_hands(self, stream: Stream) -> Handshaken | None:
        """Complete all handshakes; None if they want nothing of ours, or are us."""
        first = await _first_bytes(stream)
        policy, crypto, meant = self._policy, None, None
        if first == handshake.PREFIX or policy is Encryption.OFF:
            if policy is Encryption.REQUIRE:
                raise RemoteProtocolError("plain handshake, where encryption is required", "MSE")
            stream = PrimedStream(stream, first)
        else:
            secured = await self._encrypter.accepted(stream, first, self._find, policy)
            stream, crypto, meant = secured.stream, secured.crypto, secured.info_hash
        their = await receive_handshake(stream)
        if meant is not None and their.info_hash != meant:
            raise RemoteProtocolError("encrypted for one torrent, meant for another", "MSE")
        offer = self._lookup(their.info_hash)
        if offer is None:
            return None
        offer = offer.answer_to(their)
        # Our own dialer gets its answer too: it knows best which address to avoid.
        await send_handshake(stream, offer)
        if their.peer_id == offer.peer_id:
            return None
        if isinstance(stream, PrimedStream):
            stream = stream.rest
        return Handshaken(stream, their, crypto, offer.info_hash)


async def _first_bytes(stream: Stream) -> bytes:
    """Hear just enough to tell a plain handshake from everything else."""
    first = b""
    while handshake.PREFIX.startswith(first) and first != handshake.PREFIX:
        first += await hear(stream, len(handshake.PREFIX) - len(first))
    return first
