"""Peers that a tracker gave by name, as some still do, to addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ConnectError
from raincore.wire.announce import MAX_PEERS, AnnounceReply

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.net.interface import Network

__all__ = ["MAX_NAMED", "SECONDS", "looked_up"]

MAX_NAMED = 20
SECONDS = 5.0


async def looked_up(reply: AnnounceReply, network: Network) -> AnnounceReply:
    """Look up the peers of an answer that have a name, some of them, for a few seconds.

    Args:
        reply: Hostile.
        network: Looks names up.

    Returns:
        The same with addresses only; a name that leads nowhere is one peer less.

    Waits for 5 s at most. Leaves no task behind.
    """
    if not reply.named_peers:
        return reply
    found: list[Endpoint] = []

    async def look_up(host: str, port: int) -> None:
        try:
            found.extend((await network.resolve(host, port))[:2])
        except ConnectError:
            pass  # one peer less

    with trio.move_on_after(SECONDS):
        async with trio.open_nursery() as nursery:
            for host, port in reply.named_peers[:MAX_NAMED]:
                nursery.start_soon(look_up, host, port)
    peers = tuple(dict.fromkeys([*reply.peers, *found]))[:MAX_PEERS]
    return replace(reply, peers=peers, named_peers=())
