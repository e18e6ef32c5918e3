"""Peers of a simulated swarm that say what they are told to, and give nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.net.byte_stream import ByteStream
from raincore.wire import messages as m
from raincore.wire.peer_protocol import PeerProtocol
from tests.sim.odd_peers import OddPeer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.net.dialer import Handshaken
    from raincore.wire.peer_protocol import Outgoing
    from tests.sim.world import Swarm

__all__ = ["StubbornPeer"]


class StubbornPeer(OddPeer):
    """One host.

    Args:
        says: What it says first.
        then: What it says when it is first asked for a block.
        rejects: Whether it rejects what it is asked.
        leaves_after: Seconds until it hangs up.
    """

    def __init__(
        self,
        swarm: Swarm,
        address: str,
        *says: Outgoing,
        then: Sequence[Outgoing] = (),
        rejects: bool = False,
        leaves_after: float = 10**6,
    ) -> None:
        super().__init__(swarm, address, "has none")
        self.says, self.then, self.rejects = says, list(then), rejects
        self.leaves_after = leaves_after

    async def _talk(self, peer: Handshaken) -> None:
        stream = ByteStream(peer.stream)
        geometry = self.swarm.sample.info.geometry
        protocol = PeerProtocol(
            fast=True, extended=True, limits=self.swarm.config.peers, geometry=geometry
        )
        try:
            with trio.move_on_after(self.leaves_after):
                await stream.send_all(protocol.send_all(list(self.says)))
                await self._listen(stream, protocol)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            peer.stream.close()

    async def _listen(self, stream: ByteStream, protocol: PeerProtocol) -> None:
        waiting = b""
        while data := await stream.receive_some():
            waiting += data
            consumed, messages = protocol.receive(memoryview(waiting), len(waiting))
            waiting = waiting[consumed:]
            for message in messages:
                if isinstance(message, m.Request):
                    answer: list[Outgoing] = [m.Reject(*message)] if self.rejects else []
                    if reply := protocol.send_all([*answer, *self.then]):
                        await stream.send_all(reply)
                    self.then = []
