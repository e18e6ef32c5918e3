"""One frozen record per event that a running torrent reports.

Every event carries `time`, seconds since 1970 as the caller's calendar says, and
`info_hash`, the 20 bytes that name the swarm. `codec.encode` turns one into a JSON value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.ids import InfoHash

__all__ = [
    "DhtEvent",
    "Event",
    "Explanation",
    "FileDone",
    "MetadataProgress",
    "PeerEvent",
    "PieceDone",
    "Progress",
    "Status",
    "TrackerEvent",
    "Warning",
    "WebseedEvent",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have in common.

    `time` is 0 until whoever writes the record down, and has a calendar, stamps it.
    """

    time: float = 0.0
    info_hash: InfoHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Event):
    """The torrent entered a state.

    `status` is one of "checking", "metadata", "downloading", "complete", "seeding",
    "stopped", "error"; `error` says why for the last.
    """

    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    """How far the work is, each second.

    Rates in bytes per second; `eta` in seconds, None when it cannot be told.
    """

    pieces_have: int
    pieces_total: int
    bytes_done: int
    bytes_total: int
    down_rate: int
    up_rate: int
    peers: int
    eta: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataProgress(Event):
    """How far the search for the info dictionary is, whenever that has changed.

    Peers are counted by the last thing that is known of them; the counts from
    `unreachable` to `bad` add up to `peers_tried`. `bytes_total` is None while no peer
    that has it is known.
    """

    peers_tried: int
    unreachable: int
    waiting: int
    no_metadata: int
    refused: int
    silent: int
    hung_up: int
    bad: int
    bytes_have: int
    bytes_total: int | None
    sources_tried: int
    sources_failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceDone(Event):
    """A piece was verified and stored."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone(Event):
    """All pieces of a file are stored; `index` and `path` as in the document's `files`."""

    index: int
    path: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerEvent(Event):
    """A peer came ("connected"), left ("disconnected") or was not reached ("failed"), and why."""

    address: str
    state: str
    reason: str | None = None
    client: str | None = None
    encryption: str | None = None  # "rc4" or "plaintext", after an encrypted handshake (MSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerEvent(Event):
    """A tracker answered, or `error` says why not."""

    url: str
    peers: int | None = None
    seeds: int | None = None
    leechers: int | None = None
    interval: int | None = None  # seconds
    downloads: int | None = None  # finished ones, as a scrape tells
    next_in: int | None = None  # seconds
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DhtEvent(Event):
    """A search in the DHT is over.

    `asked` and `answered` count nodes, `stored` those that will tell others of us, `peers`
    the addresses that were found.
    """

    asked: int
    answered: int
    stored: int
    peers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebseedEvent(Event):
    """A web seed's state has changed.

    `state` is one of "active" (it sends), "failed" (it is asked again later, or for other
    files), "refused" (it is not), "banned" (it sent bad data); `bytes` came from it so far.
    """

    url: str
    state: str
    reason: str | None = None
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning(Event):
    """Something needs attention but the work goes on; `code` is a stable slug."""

    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Event):
    """One reason why a torrent moves or does not; there may be several.

    `cause` is a stable slug (swarm.explain has them all), `evidence` what was seen, for
    people, `facts` the same for programs, `remedy` what to do about it, if anything.
    """

    cause: str
    evidence: str
    remedy: str | None = None
    facts: Mapping[str, int | float | str | list[int]] = field(default_factory=dict)
