"""The state of a torrent before anything has happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.info_hashes import InfoHashes
from raincore.policy.candidates import Candidates
from raincore.policy.choker import Choker
from raincore.policy.metadata_attempts import MetadataAttempts
from raincore.policy.own_addresses import OwnAddresses
from raincore.policy.source_queue import SourceQueue
from raincore.policy.suspects import Suspects
from raincore.policy.tiers import Tiers
from raincore.swarm import tracker_state
from raincore.swarm.dht_state import DhtState
from raincore.swarm.metadata_state import MetadataState
from raincore.swarm.nearby_state import NearbyState
from raincore.swarm.state import TorrentState
from raincore.swarm.webseed_state import Webseeds

if TYPE_CHECKING:
    import random

    from raincore.base.config import Config
    from raincore.swarm.given import Given

__all__ = ["begin"]


def begin(given: Given, config: Config, rng: random.Random) -> TorrentState:
    """Make the state from what is known of the torrent, the settings and the dice."""
    tiers = Tiers(given.trackers, rng)
    own = OwnAddresses(given.hosts, given.port)
    return TorrentState(
        info_hash=given.info_hash,
        reports_progress=given.reports_progress,
        hashes=given.search.hashes or InfoHashes(given.info_hash),
        own_id=given.own_id,
        config=config,
        goal=given.goal,
        limits=given.limits,
        rng=rng,
        candidates=Candidates(rng, config.peers.max_addresses, own, given.blocks),
        choker=Choker(config.uploads, rng),
        suspects=Suspects(),
        metadata=MetadataAttempts(config.peers.max_metadata_length),
        tiers=tiers,
        trackers=tracker_state.told_lately(given.announce_at, tiers.urls, config.trackers, rng),
        seed_turns=given.seed_turns,
        lookup=MetadataState(SourceQueue(given.search.sources)),
        own=own,
        port=given.port,
        tracker_key=rng.getrandbits(32) if tiers.urls else 0,
        info=given.info,
        layers=given.layers,
        select=given.select,
        sequential=given.sequential,
        super_seed=given.super_seed,
        edges_first=given.edges_first,
        priorities=dict(given.priorities),
        dht=None if given.dht_port is None else DhtState(given.dht_port),
        nearby=NearbyState() if given.looks_nearby else None,
        web=Webseeds(given.web, config.web.max_sources),
        held_back=given.held_back,
        unfinished_message=given.unfinished_message,
        lent=given.lent,
    )
