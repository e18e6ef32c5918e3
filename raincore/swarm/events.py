"""Everything that can happen to a torrent: what goes into the machine.

An event is a fact that has already happened, told once, in order. Payload bytes are never
in one: a link puts blocks straight into piece buffers, and the machine hears that they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NewType

from raincore.swarm.disk_events import FilesProbed, PieceLost, StorageFailed
from raincore.swarm.leaf_events import LeavesRead
from raincore.swarm.range_events import RangeArrived, RangeEnded, RangeEvent
from raincore.swarm.wish_events import WishEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.bitfield import Bitfield
    from raincore.base.endpoint import Endpoint
    from raincore.base.errors import StorageError
    from raincore.base.ids import InfoHash, PeerId
    from raincore.wire.announce import AnnounceReply, ScrapeCounts
    from raincore.wire.peer_protocol import Incoming

__all__ = [
    "AnnounceFailed",
    "Announced",
    "BlocksSent",
    "ContentChecked",
    "DhtSearched",
    "DialFailed",
    "Event",
    "FilesProbed",
    "Heard",
    "LeavesRead",
    "PeerJoined",
    "PeerKey",
    "PeerLeft",
    "PeersFound",
    "PieceBad",
    "PieceLost",
    "PieceStored",
    "RangeArrived",
    "RangeEnded",
    "Scraped",
    "Sealed",
    "SourceFailed",
    "SourceFetched",
    "Started",
    "StopRequested",
    "StorageFailed",
]

PeerKey = NewType("PeerKey", int)
"""Names one connection for as long as it lasts; never used again."""


@dataclass(frozen=True, slots=True)
class Started:
    """The shell is ready to execute commands. Only PeersFound may come before it."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The user wants the torrent to end, cleanly and soon."""


@dataclass(frozen=True, slots=True)
class PeersFound:
    """Addresses of peers became known.

    Args:
        source: "manual" for peers that the user or the document named; else "tracker",
            "lsd", "dht" or "pex".
        endpoints: May repeat what is known and may be hostile.
        seeds: Those of them that are said to ask for nothing.
        swarm: In which swarm of a hybrid they are; None for the torrent's own.
    """

    source: str
    endpoints: tuple[Endpoint, ...]
    seeds: frozenset[Endpoint] = frozenset()
    swarm: InfoHash | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """A tracker answered an `Announce`, other than the last; `other` is that one's."""

    url: str
    reply: AnnounceReply
    other: bool = False


@dataclass(frozen=True, slots=True)
class AnnounceFailed:
    """An `Announce` came to nothing.

    Args:
        text: Why, for people.
        retry_seconds: How long the tracker wants us to stay away; infinite for ever, None
            if it did not say.
        refused: Whether it said no, or nonsense, rather than nothing.
        other: That of the `Announce`.
    """

    url: str
    text: str
    retry_seconds: float | None
    refused: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class Scraped:
    """A tracker answered a `Scrape`."""

    url: str
    counts: ScrapeCounts


@dataclass(frozen=True, slots=True)
class DhtSearched:
    """A `SearchDht` is over; `PeersFound` came before, as they were found.

    Args:
        asked: Nodes that were asked.
        answered: Nodes that answered.
        stored: Nodes that will tell others of us.
        peers: Different addresses that were found.
        seen_as: Our addresses, as many nodes agree that they see them.
    """

    asked: int
    answered: int
    stored: int
    peers: int
    seen_as: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFetched:
    """A `FetchSource` gave a torrent; whether it is the right one is not checked yet.

    Args:
        raw_info: The bytes of its info dictionary.
        layers: Its piece layers, by pieces root, each checked against that (BEP 52).
    """

    source: str
    raw_info: bytes
    layers: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """A `FetchSource` came to nothing; `text` says why, for people."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class DialFailed:
    """A `Dial` came to nothing; `reason` is an error's code, `text` its message."""

    endpoint: Endpoint
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """Both handshakes are done and the info-hash agrees.

    Args:
        dht: Whether they run a node.
        v2: Whether both agreed on the v2 hash, so that they know the messages of BEP 52.
        encryption: "rc4" or "plaintext" if the handshake was encrypted (MSE).
    """

    peer: PeerKey
    endpoint: Endpoint
    peer_id: PeerId
    fast: bool
    extended: bool
    incoming: bool
    dht: bool = False
    v2: bool = False
    encryption: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One read from one peer: everything legal that arrived in it.

    Args:
        messages: All but blocks, requests and cancels, which the link handles itself.
        blocks: How many blocks were placed by `TorrentMachine.place`.
        length: Bytes in those blocks.
    """

    peer: PeerKey
    messages: tuple[Incoming, ...]
    blocks: int
    length: int


@dataclass(frozen=True, slots=True)
class BlocksSent:
    """The link handed this many blocks, of `length` bytes in all, to the system."""

    peer: PeerKey
    blocks: int
    length: int


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """A connection ended, by whomever; `reason` is a slug."""

    peer: PeerKey
    reason: str


@dataclass(frozen=True, slots=True)
class ContentChecked:
    """What was on disk has been compared with the hashes.

    Args:
        obstacles: Why files that lack something could not be written, as FilesProbed.
        kept: Blocks of other pieces that an earlier run has kept; never all of one.
        may_fetch: Whether what is missing may be fetched; else it stays so.
    """

    have: Bitfield
    kept: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    obstacles: Mapping[int, StorageError] = field(default_factory=dict)
    may_fetch: bool = True


@dataclass(frozen=True, slots=True)
class PieceStored:
    """A piece passed its hash and is in its file; digests only if they were asked for."""

    piece: int
    block_digests: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class PieceBad:
    """A piece failed its hash.

    Args:
        block_digests: Of each block as it came; the leaves of the piece's tree if it has one.
        contradicted: Whether its tree says that it is good (BEP 52, "upgrade path").
    """

    piece: int
    block_digests: tuple[bytes, ...]
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """All content is stored, synced, and its empty files and links exist."""


Event = (
    Started
    | StopRequested
    | PeersFound
    | Announced
    | AnnounceFailed
    | DhtSearched
    | SourceFetched
    | SourceFailed
    | Scraped
    | DialFailed
    | PeerJoined
    | Heard
    | BlocksSent
    | PeerLeft
    | ContentChecked
    | PieceStored
    | PieceBad
    | PieceLost
    | LeavesRead
    | FilesProbed
    | RangeEvent
    | StorageFailed
    | WishEvent
    | Sealed
)
