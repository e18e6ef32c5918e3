"""From an endpoint to a handshaken stream.

Also home of both halves of the handshake, which the acceptor uses in the other order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError, RemoteProtocolError, TimedOut
from raincore.wire import handshake as wire

if TYPE_CHECKING:
    from raincore.base.config import PeerLimits
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, PeerId
    from raincore.net.interface import Network, Stream

__all__ = ["Handshaken", "Offer", "dial", "receive_handshake", "send_handshake"]

RULE = "BEP 3, handshake"


@dataclass(frozen=True, slots=True)
class Offer:
    """What we say in a handshake.

    Args:
        info_hash: The torrent that we mean.
        peer_id: Our name for ourselves.
        reserved: 8 bytes of feature bits.
    """

    info_hash: InfoHash
    peer_id: PeerId
    reserved: bytes = wire.OUR_RESERVED


@dataclass(frozen=True, slots=True, eq=False)
class Handshaken:
    """A peer after both handshakes.

    Args:
        stream: Nothing has been read from it past the handshake. Whoever holds this
            closes it.
        handshake: What the peer said.
    """

    stream: Stream
    handshake: wire.Handshake


async def dial(network: Network, remote: Endpoint, offer: Offer, limits: PeerLimits) -> Handshaken:
    """Connect to a peer and exchange handshakes (BEP 3, "peer protocol").

    We speak first, since the other side cannot know which torrent we mean.

    Args:
        network: Makes the connection.
        remote: Where to connect. IPv4 or IPv6.
        offer: What to say; the peer must answer for the same info-hash.
        limits: `connect_timeout_seconds` bounds the connect and
            `handshake_timeout_seconds` all of the handshake, however slowly it drips.

    Returns:
        The stream and what the peer said.

    Raises:
        ConnectError: Nobody answered, or the system refused.
        TimedOut: A limit above was reached.
        NetworkError: The connection broke or was closed during the handshake, which is
            how most clients say that they do not have the torrent.
        RemoteProtocolError: They answered, but not in this protocol, not for this
            info-hash, or with our own peer id (we dialled ourselves).

    Waits for the network only. Cancelling closes the socket at once and leaves no task
    behind; so does every failure.
    """
    stream = await _connect(network, remote, limits.connect_timeout_seconds)
    try:
        their = await _exchange(stream, offer, limits.handshake_timeout_seconds)
    except BaseException:
        stream.close()
        raise
    return Handshaken(stream, their)


async def send_handshake(stream: Stream, offer: Offer) -> None:
    """Send our 68 bytes; raise NetworkError if the connection breaks."""
    left = memoryview(wire.Handshake(offer.info_hash, offer.peer_id, offer.reserved).encode())
    while left:
        try:
            left = left[stream.send([left]) :]
        except BlockingIOError:
            await stream.wait_writable()


async def receive_handshake(stream: Stream) -> wire.Handshake:
    """Receive 68 bytes and not one more; give up at the first wrong one.

    Not bounded in time: that is the caller's business.

    Raises:
        NetworkError: The connection broke or was closed too early.
        RemoteProtocolError: It is no handshake.
    """
    data = bytearray(wire.LENGTH)
    got = 0
    with memoryview(data) as view:
        while got < wire.LENGTH:
            try:
                count = stream.receive_into(view[got:])
            except BlockingIOError:
                await stream.wait_readable()
                continue
            if not count:
                raise NetworkError(
                    f"closed during the handshake: {stream.remote}", str(stream.remote)
                )
            got += count
            wire.check_prefix(view[:got])
    return wire.decode(data)


async def _connect(network: Network, remote: Endpoint, timeout_seconds: float) -> Stream:
    with trio.move_on_after(timeout_seconds):
        return await network.connect(remote)
    raise TimedOut(f"no connection within {timeout_seconds:g} s: {remote}", str(remote))


async def _exchange(stream: Stream, offer: Offer, timeout_seconds: float) -> wire.Handshake:
    remote = stream.remote
    with trio.move_on_after(timeout_seconds):
        await send_handshake(stream, offer)
        their = await receive_handshake(stream)
        if their.info_hash != offer.info_hash:
            raise RemoteProtocolError(
                f"handshake is for another info-hash: {their.info_hash.hex()}", RULE
            )
        if their.peer_id == offer.peer_id:
            raise RemoteProtocolError(f"we have dialled ourselves: {remote}", RULE)
        return their
    raise TimedOut(f"no handshake within {timeout_seconds:g} s: {remote}", str(remote))
