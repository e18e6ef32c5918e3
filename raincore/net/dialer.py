"""From an endpoint to a handshaken stream, encrypted if possible.

Also home of both halves of the plain handshake, which the acceptor uses in the other order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import trio

from raincore.base.config import Encryption
from raincore.base.errors import EncryptionRefused, RemoteProtocolError, TimedOut
from raincore.net.conversation import hear, say
from raincore.wire import handshake as wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from raincore.base.config import PeerLimits
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, PeerId
    from raincore.net.encrypter import Encrypter
    from raincore.net.interface import Network, Stream
    from raincore.wire.mse import Crypto

__all__ = ["Handshaken", "Offer", "dial", "receive_handshake", "send_handshake"]

RULE = "BEP 3, handshake"


@dataclass(frozen=True, slots=True)
class Offer:
    """What we say in a handshake.

    Args:
        info_hash: The torrent that we mean.
        peer_id: Our name for ourselves.
        reserved: 8 bytes of feature bits.
        upgrade: The v2 hash of a hybrid that is called by its v1 hash here: whoever is dialled
            may answer with it, and whoever dials and offers to is answered with it; then the
            two go on in that swarm (BEP 52, "upgrade path").
    """

    info_hash: InfoHash
    peer_id: PeerId
    reserved: bytes = wire.OUR_RESERVED
    upgrade: InfoHash | None = None

    def encode(self) -> bytes:
        """Give the 68 bytes."""
        return wire.Handshake(self.info_hash, self.peer_id, self.reserved).encode()

    def answer_to(self, their: wire.Handshake) -> Offer:
        """What to say to who dialled: as v2 if both can (BEP 52, "upgrade path")."""
        if self.upgrade is None or not their.v2:
            return self
        reserved = wire.without_v2(self.reserved)
        return replace(self, info_hash=self.upgrade, reserved=reserved, upgrade=None)


@dataclass(frozen=True, slots=True, eq=False)
class Handshaken:
    """A peer after both handshakes.

    Args:
        stream: Gives and takes plain bytes, whatever becomes of them on the way. Nothing
            has been read from it past the handshake. Whoever holds this closes it.
        handshake: What the peer said.
        crypto: What follows the encrypted handshake; None if there was none.
        answered: The info-hash that we answered with; None if they answered us.
    """

    stream: Stream
    handshake: wire.Handshake
    crypto: Crypto | None = None
    answered: InfoHash | None = None

    @property
    def swarm(self) -> InfoHash:
        """The info-hash on which both agreed: the one that was said last."""
        return self.handshake.info_hash if self.answered is None else self.answered

    @property
    def encryption(self) -> str | None:
        """The same as others are told: "rc4", "plaintext" or None."""
        return None if self.crypto is None else str(self.crypto.name).lower()


async def dial(
    network: Network, remote: Endpoint, offer: Offer, limits: PeerLimits, encrypter: Encrypter
) -> Handshaken:
    """Connect to a peer and exchange handshakes (BEP 3, "peer protocol"; MSE).

    We speak first, since the other side cannot know which torrent we mean. Where
    encryption is preferred, a peer that does not answer an encrypted handshake is
    dialled once more in the clear; which of the two works is remembered, and is what a
    later dial begins with.

    Args:
        network: Makes the connection.
        remote: Where to connect. IPv4 or IPv6.
        offer: What to say; the peer must answer for the same info-hash, or as `upgrade`.
        limits: `encryption` says how. `connect_timeout_seconds` bounds each connect and
            `handshake_timeout_seconds` all of a handshake, however slowly it drips; so
            the worst case is twice their sum.
        encrypter: Speaks MSE, and remembers.

    Returns:
        The stream and what the peer said.

    Raises:
        ConnectError: Nobody answered, or the system refused.
        TimedOut: A limit above was reached.
        EncryptionRefused: Encryption is required, and the peer does not speak it.
        NetworkError: The connection broke or was closed during the handshake, which is
            how most clients say that they do not have the torrent.
        RemoteProtocolError: They answered, but not in this protocol, not for this
            info-hash, or with our own peer id (we dialled ourselves).

    Waits for the network only. Cancelling closes the socket at once and leaves no task
    behind; so does every failure.
    """
    policy = limits.encryption

    async def encrypted(stream: Stream) -> Handshaken:
        # Transmission 3.00 forgets to decrypt what comes along when it chooses plaintext,
        # and hangs up; so where that may be chosen, our handshake comes after the choice.
        payload = offer.encode() if policy is Encryption.REQUIRE else b""
        secured = await encrypter.dialled(stream, offer.info_hash, payload, policy)
        if not payload:
            await send_handshake(secured.stream, offer)
        their = await receive_handshake(secured.stream)
        return Handshaken(secured.stream, their, secured.crypto)

    async def in_the_clear(stream: Stream) -> Handshaken:
        encrypter.remember(remote, clear=False)
        await send_handshake(stream, offer)
        their = await receive_handshake(stream)
        encrypter.remember(remote, clear=policy is Encryption.PREFER)
        return Handshaken(stream, their)

    if policy is not Encryption.OFF and not (
        policy is Encryption.PREFER and encrypter.wants_clear(remote)
    ):
        try:
            return await _attempt(network, remote, offer, limits, encrypted)
        except EncryptionRefused:
            if policy is Encryption.REQUIRE:
                raise
    return await _attempt(network, remote, offer, limits, in_the_clear)


async def send_handshake(stream: Stream, offer: Offer) -> None:
    """Send our 68 bytes; raise NetworkError if the connection breaks."""
    await say(stream, offer.encode())


async def receive_handshake(stream: Stream) -> wire.Handshake:
    """Receive 68 bytes and not one more; give up at the first wrong one.

    Not bounded in time: that is the caller's business.

    Raises:
        NetworkError: The connection broke or was closed too early.
        RemoteProtocolError: It is no handshake.
    """
    data = b""
    while len(data) < wire.LENGTH:
        data += await hear(stream, wire.LENGTH - len(data))
        wire.check_prefix(data)
    return wire.decode(data)


async def _attempt(
    network: Network,
    remote: Endpoint,
    offer: Offer,
    limits: PeerLimits,
    exchange: Callable[[Stream], Awaitable[Handshaken]],
) -> Handshaken:
    """Connect, exchange handshakes one way or the other, and see whether they fit."""
    stream: Stream | None = None
    with trio.move_on_after(limits.connect_timeout_seconds) as scope:
        stream = await network.connect(remote)
        try:
            scope.deadline = trio.current_time() + limits.handshake_timeout_seconds
            peer = await exchange(stream)
            _check(peer.handshake, offer, remote)
        except BaseException:
            stream.close()
            raise
        return peer
    what, seconds = "connection", limits.connect_timeout_seconds
    if stream is not None:
        what, seconds = "handshake", limits.handshake_timeout_seconds
    raise TimedOut(f"no {what} within {seconds:g} s: {remote}", str(remote))


def _check(their: wire.Handshake, offer: Offer, remote: Endpoint) -> None:
    if their.info_hash not in (offer.info_hash, offer.upgrade):
        raise RemoteProtocolError(
            f"handshake is for another info-hash: {their.info_hash.hex()}", RULE
        )
    if their.peer_id == offer.peer_id:
        raise RemoteProtocolError(f"we have dialled ourselves: {remote}", RULE)
