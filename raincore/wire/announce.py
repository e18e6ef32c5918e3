"""What is told to a tracker and what it answers, whatever carries it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from raincore.base.config import Encryption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, PeerId

__all__ = [
    "MAX_PEERS",
    "AnnounceEvent",
    "AnnounceReply",
    "AnnounceRequest",
    "ScrapeCounts",
    "ScrapeReply",
    "bounded_seconds",
    "merged",
]

MAX_PEERS = 2000
"""Peers that one reply may bring; what follows is not looked at."""

MAX_SECONDS = 24 * 3600.0

Number = TypeVar("Number", int, float)


class AnnounceEvent(Enum):
    """Why we announce (BEP 3, "trackers"); the value is the number in UDP (BEP 15)."""

    NONE = 0
    """The interval has passed."""
    COMPLETED = 1
    """The last piece arrived; never sent when all was there from the start."""
    STARTED = 2
    """The first announce."""
    STOPPED = 3
    """The last announce."""
    PAUSED = 4
    """Not complete, and content with that (BEP 21); UDP has no number for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceRequest:
    """One announce.

    Args:
        info_hash: Of the swarm; for a v2 torrent the truncated hash (BEP 52).
        peer_id: Ours.
        port: Where we accept connections.
        uploaded: Bytes sent since `started`.
        downloaded: Bytes received since `started`.
        left: Bytes that are missing still.
        event: Why.
        num_want: How many peers we would like; 0 for none, None to leave it to the tracker.
        key: 32 bits that tell us apart when our address changes; the same for a torrent's
            whole life and for both address families (BEP 7).
        tracker_id: What the tracker told us to repeat.
        one_family: Announce over one address family, although the tracker may have both:
            one that keeps accounts would count us twice.
        encryption: What we think of MSE; HTTP trackers pass it on to peers, or choose
            peers by it.
        user_agent: Whom an HTTP tracker is to see; "" for our own name.
    """

    info_hash: InfoHash
    peer_id: PeerId
    port: int
    uploaded: int
    downloaded: int
    left: int
    event: AnnounceEvent = AnnounceEvent.NONE
    num_want: int | None = None
    key: int = 0
    tracker_id: bytes | None = None
    one_family: bool = False
    encryption: Encryption = Encryption.OFF
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceReply:
    """What a tracker answered; everything but the peers may be absent.

    Args:
        peers: Addresses, without repetitions; hostile like everything from outside.
        named_peers: Peers given by host name and port, as some trackers still do.
        interval: Seconds until the next regular announce.
        min_interval: Seconds that must pass before any other.
        seeds: Complete peers in the swarm.
        leechers: Incomplete ones.
        warning: For people, printable.
        tracker_id: To be repeated in the next announce.
        external_host: Our address as the tracker sees it (BEP 24).
    """

    peers: tuple[Endpoint, ...] = ()
    named_peers: tuple[tuple[str, int], ...] = ()
    interval: float | None = None
    min_interval: float | None = None
    seeds: int | None = None
    leechers: int | None = None
    warning: str | None = None
    tracker_id: bytes | None = None
    external_host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeCounts:
    """What a tracker knows of one swarm (BEP 48): seeds, leechers, finished downloads."""

    seeds: int
    leechers: int
    downloads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeReply:
    """What a tracker answered to a scrape.

    Args:
        counts: Those of the swarms that it knows.
        min_interval: Seconds until it may be scraped again; None if it did not say.
    """

    counts: dict[InfoHash, ScrapeCounts]
    min_interval: float | None = None


def bounded_seconds(value: object) -> float | None:
    """Make sense of an interval from a stranger: a positive number of seconds, a day at most."""
    if not isinstance(value, int) or value <= 0:
        return None
    return min(float(value), MAX_SECONDS)


def merged(replies: Sequence[AnnounceReply]) -> AnnounceReply:
    """Make one reply of those over IPv4 and over IPv6: all peers, the more careful times.

    Args:
        replies: At least one.
    """
    first, *rest = replies
    for other in rest:
        first = replace(
            first,
            peers=tuple(dict.fromkeys([*first.peers, *other.peers]))[:MAX_PEERS],
            named_peers=tuple(dict.fromkeys([*first.named_peers, *other.named_peers])),
            interval=_most(first.interval, other.interval),
            min_interval=_most(first.min_interval, other.min_interval),
            seeds=_most(first.seeds, other.seeds),
            leechers=_most(first.leechers, other.leechers),
            warning=first.warning or other.warning,
            tracker_id=first.tracker_id or other.tracker_id,
            external_host=first.external_host or other.external_host,
        )
    return first


def _most(one: Number | None, other: Number | None) -> Number | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)
