"""When the DHT is searched for peers, and whether it is told of us (BEP 5, BEP 27).

A torrent whose info dictionary is unknown only looks: it may turn out to be private. One
that is known to be private never comes near.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.documents import events as records
from raincore.swarm import both_swarms, privacy, stats
from raincore.swarm.commands import AddDhtNode, SearchDht, StopDhtSearch
from raincore.swarm.dht_state import FIRST_PAUSE_SECONDS
from raincore.swarm.state import Phase
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.swarm.dht_state import DhtState
    from raincore.swarm.events import DhtSearched
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "begin",
    "greet",
    "hurry",
    "is_open",
    "may_help",
    "on_info",
    "on_port",
    "on_searched",
    "on_timer",
]

PAUSE_GROWTH = 2.0


def is_open(state: TorrentState) -> bool:
    """Whether peers may know that we run a node: not before we know that it is no secret."""
    return state.dht is not None and state.info is not None and not state.info.private


def begin(state: TorrentState, now: float) -> None:
    """Search from now on; what there is to tell has just changed."""
    dht = state.dht
    if dht is None or privacy.is_private(state):
        return
    dht.begun = True
    dht.pause = FIRST_PAUSE_SECONDS
    dht.again = dht.under_way
    state.timers.dht = math.inf if dht.under_way else now


def on_info(state: TorrentState) -> None:
    """The info dictionary is known: a private torrent's search ends at once."""
    dht = state.dht
    if dht is not None and privacy.is_private(state):
        state.timers.dht = math.inf
        if dht.under_way:
            dht.under_way = dht.again = False
            state.do(StopDhtSearch())


def on_timer(state: TorrentState, now: float) -> None:
    """Search if it is time."""
    dht = state.dht
    if dht is None or state.timers.dht > now:
        return
    state.timers.dht = math.inf
    dht.under_way = True
    also = both_swarms.other(state)
    state.do(SearchDht(announces(state), announces(state) and state.complete, also))


def on_searched(state: TorrentState, event: DhtSearched, now: float) -> None:
    """A search is over: the next one comes soon if this one brought nothing."""
    dht = state.dht
    if dht is None or not dht.under_way:
        return
    dht.under_way = False
    dht.ended_at = now
    dht.asked, dht.answered, dht.peers = event.asked, event.answered, event.peers
    dht.silent = 0 if event.answered else dht.silent + 1
    state.publish(
        records.DhtEvent(
            info_hash=state.info_hash,
            asked=event.asked,
            answered=event.answered,
            stored=event.stored,
            peers=event.peers,
        )
    )
    if dht.again:
        dht.again = False
        state.timers.dht = now
        return
    unheard = not event.answered or (announces(state) and not event.stored)
    wait = state.config.dht.announce_interval_seconds
    if unheard or (is_wanting(state) and not state.peers and not state.dialling):
        wait = pause(state, dht)
        lengthen(state, dht)
    elif not is_wanting(state) or stats.is_moving(state, now):
        dht.pause = FIRST_PAUSE_SECONDS
    state.timers.dht = now + wait * state.rng.uniform(0.9, 1.1)


def hurry(state: TorrentState, now: float) -> None:
    """Nobody is left to dial: search again soon, unless content is coming."""
    dht = state.dht
    if dht is None or dht.under_way or state.timers.dht == math.inf:
        return
    if is_wanting(state) and not stats.is_moving(state, now):
        soon = max(dht.ended_at + pause(state, dht), now)
        if soon < state.timers.dht:
            state.timers.dht = soon
            lengthen(state, dht)


def pause(state: TorrentState, dht: DhtState) -> float:
    """Seconds until a search before its time: none has asked too often who got no answer."""
    limits = state.config.dht
    least = limits.min_announce_interval_seconds if dht.answered else 0.0
    return min(max(dht.pause, least), limits.announce_interval_seconds)


def lengthen(state: TorrentState, dht: DhtState) -> None:
    """Wait twice as long next time, but no longer than when nothing is wanted."""
    most = state.config.dht.announce_interval_seconds
    dht.pause = min(PAUSE_GROWTH * pause(state, dht), most)


def may_help(state: TorrentState) -> bool:
    """Whether peers may still be found: some node has answered, or may yet."""
    dht = state.dht
    if dht is None or privacy.is_private(state) or not dht.begun:
        return False
    return dht.under_way or not dht.is_dead


def greet(state: TorrentState, peer: PeerState) -> None:
    """Tell a peer that runs a node where ours is (BEP 5, "port")."""
    if peer.joined.dht and state.dht is not None and is_open(state):
        state.say(peer, m.Port(state.dht.port))


def on_port(state: TorrentState, peer: PeerState, message: m.Port) -> None:
    """A peer says where its node is: ours may want to know it."""
    if is_open(state) and message.port and not peer.node_port:
        peer.node_port = message.port
        state.do(AddDhtNode(Endpoint(peer.joined.endpoint.host, message.port)))


def announces(state: TorrentState) -> bool:
    """Whether others are to find us: not before we let them in."""
    return state.ready and state.port > 0


def is_wanting(state: TorrentState) -> bool:
    """Whether the torrent lacks something that peers could give."""
    return state.phase in (Phase.METADATA, Phase.DOWNLOADING)
