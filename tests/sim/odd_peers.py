"""Peers of a simulated swarm that claim to have the metadata, and then do something odd."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.ids import PeerId
from raincore.net.acceptor import Acceptor
from raincore.net.byte_stream import ByteStream
from raincore.net.dialer import Offer
from raincore.net.encrypter import Encrypter
from raincore.wire import mse_keys
from raincore.wire.extension import OUR_IDS, UT_METADATA, ExtendedHandshake
from raincore.wire.handshake import OUR_RESERVED
from raincore.wire.peer_protocol import PeerProtocol
from raincore.wire.ut_metadata import (
    METADATA_PIECE,
    MetadataData,
    MetadataReject,
    MetadataRequest,
)
from tests.sim.world import PORT

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash
    from raincore.net.dialer import Handshaken
    from tests.sim.world import Swarm

__all__ = ["OddPeer"]


class OddPeer:
    """One host.

    Args:
        manner: What it does when it is asked for a part: "refuses", "keeps silent",
            "hangs up", "lies" (bytes that are not those), or "cuts" (says that all is
            shorter than it said before). "has none" claims nothing.
    """

    def __init__(self, swarm: Swarm, address: str, manner: str, *, extra: int = 0) -> None:
        self.swarm = swarm
        self.endpoint = Endpoint(address, PORT)
        self.manner = manner
        self.size = len(swarm.sample.info.raw) + extra
        self._acceptor = Acceptor(
            swarm.network.host(address),
            self._lookup,
            self._find,
            self._welcome,
            swarm.config.peers,
            Encrypter(random.Random(1)),
        )
        self._acceptor.listen(self.endpoint)
        assert swarm.outer is not None
        swarm.outer.start_soon(self._acceptor.run)

    def _lookup(self, info_hash: InfoHash) -> Offer:
        name = self.endpoint.host.rjust(20, "-").encode()
        return Offer(info_hash, PeerId(name), OUR_RESERVED)

    def _find(self, key_hash: bytes) -> InfoHash | None:
        info_hash = self.swarm.sample.info.swarm_hash
        return info_hash if key_hash == mse_keys.key_hash(info_hash) else None

    def _welcome(self, peer: Handshaken) -> None:
        assert self.swarm.outer is not None
        self.swarm.outer.start_soon(self._talk, peer)

    async def _talk(self, peer: Handshaken) -> None:
        stream = ByteStream(peer.stream)
        protocol = PeerProtocol(fast=True, extended=True, limits=self.swarm.config.peers)
        hello = ExtendedHandshake(
            {} if self.manner == "has none" else {UT_METADATA: OUR_IDS[UT_METADATA]},
            metadata_size=self.size,
        )
        waiting = b""
        try:
            await stream.send_all(protocol.send(hello))
            while data := await stream.receive_some():
                waiting += data
                consumed, messages = protocol.receive(memoryview(waiting), len(waiting))
                waiting = waiting[consumed:]
                for message in messages:
                    if isinstance(message, MetadataRequest):
                        await self._asked(stream, protocol, message.piece)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            peer.stream.close()

    async def _asked(self, stream: ByteStream, protocol: PeerProtocol, part: int) -> None:
        length = min(METADATA_PIECE, self.size - part * METADATA_PIECE)
        match self.manner:
            case "refuses":
                await stream.send_all(protocol.send(MetadataReject(part)))
            case "hangs up":
                await stream.aclose()
            case "lies":
                data = bytes([part % 256]) * length
                await stream.send_all(protocol.send(MetadataData(part, self.size, data)))
            case "cuts":
                total = part * METADATA_PIECE + 1
                await stream.send_all(protocol.send(MetadataData(part, total, b"x")))
