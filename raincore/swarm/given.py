"""What one torrent is told when it begins; everything else it finds out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.nothing import empty
from raincore.formats.webseed_url import NO_WEB, WebUrls
from raincore.policy.budget import Lent, Resources
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.refusals import nothing
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, PeerId
    from raincore.formats.info import Info
    from raincore.policy.priorities import Priority

__all__ = ["Given"]


def nobody(key: int) -> bool:
    """Nobody is held back."""
    return False


def nothing_unfinished(key: int) -> None:
    """Nobody is in the middle of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The torrent as its user and its session know it.

    Args:
        info_hash: What peers call it.
        own_id: Our peer id, also to notice that we dialled ourselves.
        info: The info dictionary, or None to get it from the swarm.
        layers: Its piece layers, by pieces root (BEP 52), as far as they are known.
        goal: When it has done what it is for.
        reports_progress: Whether it tells each second how far it is, for those who do not ask.
        select: Which files are wanted.
        sequential: Whether pieces are fetched in their order.
        super_seed: Whether peers are shown a piece at a time of what we have (BEP 16).
        edges_first: Whether the beginning and end of each file come first.
        priorities: How much files are wanted, by number as documents count.
        limits: When to give up, or to stop.
        trackers: URLs in tiers, most preferred first (BEP 12).
        announce_at: Before when trackers are not to be asked, by URL, on the machine's clock.
        seed_turns: Says the same of a torrent that has turned out to be complete.
        search: How the info dictionary is looked for.
        port: Where the session accepts peers, as trackers and the DHT are told.
        hosts: Addresses of this machine, never to be dialled at that port.
        blocks: Says which addresses the network refuses to talk to.
        dht_port: Of our DHT nodes; None where no DHT runs.
        looks_nearby: Whether peers are looked for in the local network.
        web: Web servers that have the content.
        lent: Its shares of what all torrents of the process have.
        held_back: Says whose messages our own limits keep us from reading.
        unfinished_message: Says how many bytes have come from a peer that is in the middle of
            a message; None if it is not.
    """

    info_hash: InfoHash
    own_id: PeerId
    info: Info | None
    layers: Mapping[bytes, bytes] = field(default_factory=empty)
    goal: Goal = Goal.COMPLETE
    reports_progress: bool = True
    select: Selection = EVERYTHING
    sequential: bool = False
    super_seed: bool = False
    edges_first: bool = False
    priorities: Mapping[int, Priority] = field(default_factory=empty)
    limits: Limits = field(default_factory=Limits)
    trackers: Sequence[Sequence[str]] = ()
    announce_at: Mapping[str, float] = field(default_factory=empty)
    seed_turns: Callable[[], Mapping[str, float]] = dict
    search: MetadataSearch = field(default_factory=MetadataSearch)
    port: int = 0
    hosts: Sequence[str] = ()
    blocks: Callable[[Endpoint], bool] = nothing
    dht_port: int | None = None
    looks_nearby: bool = False
    web: WebUrls = NO_WEB
    lent: Lent = field(default_factory=lambda: Resources().lend())
    held_back: Callable[[int], bool] = nobody
    unfinished_message: Callable[[int], int | None] = nothing_unfinished
