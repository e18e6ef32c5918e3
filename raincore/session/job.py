"""What a session is to do with one torrent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.nothing import empty
from raincore.formats.webseed_url import NO_WEB, WebUrls
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from raincore.base.ids import InfoHash
    from raincore.formats.info import Info
    from raincore.policy.priorities import Priority

__all__ = ["Job"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One torrent to fetch or to seed.

    Args:
        info_hash: What peers call it.
        info: The info dictionary; None to get it from peers.
        layers: Its piece layers, by pieces root (BEP 52), as far as they are known.
        directory: The directory that holds the content (the parent of its name).
        goal: When it is done.
        reports_progress: Tell each second how far it is.
        select: Which files are wanted; all if none is selected.
        sequential: Fetch pieces in their order.
        edges_first: Fetch the beginning and end of each file first.
        priorities: How much files are wanted, by number as documents count.
        limits: When to give up, or to stop seeding.
        peers: "host:port" of peers to begin with; hosts may be names.
        nodes: "host:port" of DHT nodes to begin with.
        trackers: URLs of trackers to announce to, in tiers; none to stay unknown to them.
        announce_at: Before when trackers are not to be asked, by URL, in monotonic seconds.
        seed_turns: Says the same of a torrent that has turned out to be complete.
        search: How the info dictionary is looked for, if that is None; sources are URLs.
        web: Web servers that have the content; the settings may forbid to ask them.
        aside: Where what is fetched goes, if another process writes to `directory`: what is
            there is only read, and nothing is remembered.
        fixed: Only serve what is there: the content must be complete, and is not written.
        partial: If `fixed`, serve what is good of content that is not complete.
        recheck: Hash everything, whatever is remembered.
        quick: Believe what has the right size; each piece is hashed before it is sent.
        super_seed: Show peers a piece at a time of what is there (BEP 16).
    """

    info_hash: InfoHash
    info: Info | None
    directory: Path
    goal: Goal
    reports_progress: bool = True
    select: Selection = EVERYTHING
    sequential: bool = False
    edges_first: bool = False
    priorities: Mapping[int, Priority] = field(default_factory=empty)
    limits: Limits = field(default_factory=Limits)
    layers: Mapping[bytes, bytes] = field(default_factory=empty)
    peers: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    trackers: Sequence[Sequence[str]] = ()
    announce_at: Mapping[str, float] = field(default_factory=empty)
    seed_turns: Callable[[], Mapping[str, float]] = dict
    search: MetadataSearch = field(default_factory=MetadataSearch)
    web: WebUrls = NO_WEB
    aside: Path | None = None
    fixed: bool = False
    partial: bool = False
    recheck: bool = False
    quick: bool = False
    super_seed: bool = False
