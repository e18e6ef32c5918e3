"""Peer exchange: telling peers of each other, and hearing of others from them (BEP 11).

One timer serves all peers of a torrent, and it runs only while somebody lacks some news.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base import addresses
from raincore.base.endpoint import Endpoint
from raincore.swarm import both_swarms, privacy
from raincore.swarm.events import PeersFound
from raincore.swarm.exchange_state import PATIENCE
from raincore.wire.extension import UT_PEX
from raincore.wire.ut_pex import ADDRESSES_MAX, PexFlags, PexMessage, PexPeer

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "is_allowed",
    "on_extended_handshake",
    "on_joined",
    "on_left",
    "on_message",
    "on_ready",
    "on_timer",
]

SOON_SECONDS = 2.0
"""From the first news to the first message: others who join meanwhile are in it too."""

EVERY_SECONDS = 65.0
"""Between two messages to a peer: BEP 11 has a minute, and networks jitter."""

BATCH_SECONDS = 5.0
"""Messages that are due within so long leave together, so that the timer runs rarely."""

PATIENCE_SECONDS = 45.0
"""How often a peer may send, in the long run."""

OFFENCES_MAX = 10
"""Messages too many or too long before a peer is dropped."""

ROOM_GROWTH = 100
"""How many more addresses of a peer are taken for each message that it may send."""

HOLEPUNCH = "ut_holepunch"


def is_allowed(state: TorrentState) -> bool:
    """Whether addresses are exchanged, as far as we know by now."""
    return state.config.sources.pex and not privacy.is_private(state)


# --- telling ------------------------------------------------------------------------------


def on_joined(state: TorrentState, peer: PeerState, now: float) -> None:
    """A connection was made: if we dialled it, we know where others can."""
    if not peer.joined.incoming:
        list_peer(state, peer, peer.joined.endpoint, now)


def on_extended_handshake(state: TorrentState, peer: PeerState, now: float) -> None:
    """A peer said what it understands, and where it listens."""
    theirs = peer.extended
    assert theirs is not None
    if peer.joined.incoming and theirs.port is not None:
        list_peer(state, peer, Endpoint(peer.joined.endpoint.host, theirs.port), now)
    if UT_PEX in theirs.ids and peer.exchange.due == math.inf:
        peer.exchange.due = now + SOON_SECONDS
        arm(state, now)


def list_peer(state: TorrentState, peer: PeerState, endpoint: Endpoint, now: float) -> None:
    """Let others hear of a peer, under the address at which it listens."""
    if peer.exchange.listed_as is None and state.exchange.diff.came(endpoint, 0):
        peer.exchange.listed_as = endpoint
        arm(state, now)


def on_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """A connection has ended: those who heard of it are told."""
    if peer.exchange.listed_as is not None:
        state.exchange.diff.went(peer.exchange.listed_as)
        arm(state, now, least=1)


def on_ready(state: TorrentState, now: float) -> None:
    """The info dictionary is known: whoever waited for news may have some now."""
    arm(state, now)


def arm(state: TorrentState, now: float, least: int = 2) -> None:
    """See to it that news are told soon, if they may be told at all.

    Args:
        least: Of so many peers one may lack the news; nobody is told of itself.
    """
    unarmed = state.timers.exchange == math.inf
    if unarmed and len(state.peers) >= least and state.ready and is_allowed(state):
        state.timers.exchange = now + SOON_SECONDS


def on_timer(state: TorrentState, now: float) -> None:
    """Tell everybody the news whose turn it is, and look when the next one's is."""
    if state.timers.exchange > now:
        return
    state.timers.exchange = math.inf
    diff = state.exchange.diff
    for peer in state.peers.values():
        if peer.exchange.listed_as is not None:
            diff.mark(peer.exchange.listed_as, flags_of(peer))
    waiting = math.inf
    for peer in state.peers.values():
        exchange = peer.exchange
        if peer.leaving or exchange.due == math.inf:
            continue
        if exchange.due <= now + BATCH_SECONDS / 2 and exchange.told < diff.latest:
            tell(state, peer)
            exchange.due = now + EVERY_SECONDS
        if exchange.told < diff.latest:
            waiting = min(waiting, exchange.due)
    if waiting < math.inf:
        state.timers.exchange = max(waiting, now + BATCH_SECONDS)


def tell(state: TorrentState, peer: PeerState) -> None:
    """Say to one peer who came and went since it was last told."""
    its_own = peer.exchange.listed_as
    is_near = addresses.is_local(peer.joined.endpoint)

    def allows(endpoint: Endpoint) -> bool:
        return endpoint != its_own and (is_near or not addresses.is_local(endpoint))

    difference = state.exchange.diff.since(peer.exchange.told, allows)
    peer.exchange.told = difference.told
    if difference.added or difference.dropped:
        added = tuple(PexPeer(endpoint, PexFlags(f)) for endpoint, f in difference.added)
        state.say(peer, PexMessage(added, difference.dropped))


def flags_of(peer: PeerState) -> PexFlags:
    """What others are told of a peer."""
    flags = PexFlags.NONE
    if peer.joined.encryption is not None:
        flags |= PexFlags.PREFERS_ENCRYPTION
    if not peer.joined.incoming:
        flags |= PexFlags.REACHABLE
    if peer.asks_nothing:
        flags |= PexFlags.SEED
    if peer.extended is not None and HOLEPUNCH in peer.extended.ids:
        flags |= PexFlags.HOLEPUNCH
    return flags


# --- hearing ------------------------------------------------------------------------------


def on_message(
    state: TorrentState, peer: PeerState, message: PexMessage, now: float
) -> PeersFound | None:
    """A peer tells of others.

    Returns:
        Those that may be dialled on its word; None if it is not listened to.
    """
    if not is_allowed(state):
        return None
    exchange = peer.exchange
    rested = (now - exchange.heard_at) / PATIENCE_SECONDS
    exchange.patience = min(exchange.patience + rested, PATIENCE)
    exchange.heard_at = now
    if message.excessive or exchange.patience < 1:
        offend(state, peer)
        return None
    exchange.patience -= 1
    room = int(min(exchange.room + rested * ROOM_GROWTH, ADDRESSES_MAX))
    exchange.room = max(room - len(message.added), 0)
    believed: dict[Endpoint, PexFlags] = {}
    hosts: set[str] = set()
    for told in message.added[:room]:
        endpoint = told.endpoint
        if endpoint.host in hosts or not addresses.credible(endpoint, peer.joined.endpoint):
            continue
        if not addresses.is_local(endpoint):
            hosts.add(endpoint.host)  # many ports of one host would make us flood it
        believed[endpoint] = told.flags
    seeds = frozenset(one for one, flags in believed.items() if flags & PexFlags.SEED)
    return PeersFound("pex", tuple(believed), seeds, both_swarms.swarm_of(state, peer))


def offend(state: TorrentState, peer: PeerState) -> None:
    """Ignore a message that is too much; end it with a peer that does not learn."""
    peer.exchange.offences += 1
    if not state.exchange.warned:
        state.exchange.warned = True
        state.warn("pex_flood", f"{peer.joined.endpoint} sends more addresses than it may: ignored")
    if peer.exchange.offences >= OFFENCES_MAX:
        state.drop(peer, "pex_flood")
