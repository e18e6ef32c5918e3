"""Everything a torrent can ask the shell to do: what comes out of the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.endpoint import Endpoint
    from raincore.base.errors import RainError
    from raincore.documents import events as records
    from raincore.formats.info import Info
    from raincore.swarm.events import PeerKey
    from raincore.wire.announce import AnnounceRequest
    from raincore.wire.peer_protocol import Outgoing

__all__ = [
    "AddDhtNode",
    "Announce",
    "CheckAndWrite",
    "CheckContent",
    "Command",
    "Dial",
    "DiscardPiece",
    "Drop",
    "DropSources",
    "FetchRange",
    "FetchSource",
    "Finish",
    "KeepBlocks",
    "LookNearby",
    "Publish",
    "RestorePiece",
    "ResumeFetch",
    "RetryWrite",
    "SaveState",
    "Say",
    "Scrape",
    "Seal",
    "SearchDht",
    "StopDhtSearch",
    "StopFetch",
    "StopLookingNearby",
]


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect and shake hands; answer with PeerJoined or DialFailed."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell a tracker where we stand; answer with Announced or AnnounceFailed.

    What is said to one tracker reaches it in order. After `stopped` there is no answer.
    """

    url: str
    request: AnnounceRequest


@dataclass(frozen=True, slots=True)
class SearchDht:
    """Look for peers in the DHT; answer with PeersFound as they come, then DhtSearched.

    Args:
        announce: Whether others are to find us there.
        seed: Whether we have everything.
    """

    announce: bool
    seed: bool


@dataclass(frozen=True, slots=True)
class StopDhtSearch:
    """End the search under way, if there is one; nothing answers."""


@dataclass(frozen=True, slots=True)
class AddDhtNode:
    """A peer says that a node of the DHT is here; nothing answers."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class FetchSource:
    """Get the torrent from elsewhere than peers; answer with SourceFetched or SourceFailed.

    Args:
        source: Its name, as the torrent was given it: a URL, or another swarm.
    """

    source: str


@dataclass(frozen=True, slots=True)
class DropSources:
    """Forget every FetchSource that has not answered; none of them answers any more."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """Ask a tracker for its counts; answer with Scraped, or not at all."""

    url: str


@dataclass(frozen=True, slots=True)
class LookNearby:
    """Listen for peers in the local network: `PeersFound` as they come.

    Args:
        announce: Whether others are to hear of us.
    """

    announce: bool


@dataclass(frozen=True, slots=True)
class StopLookingNearby:
    """End that; nothing answers."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send messages to a peer, in order, in as few packets as possible."""

    peer: PeerKey
    messages: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Close a connection; PeerLeft(peer, reason) follows."""

    peer: PeerKey
    reason: str


@dataclass(frozen=True, slots=True)
class CheckContent:
    """Open storage for `info` and say what is there already: ContentChecked.

    Args:
        info: What the content is.
        layers: Its piece layers, by pieces root (BEP 52); empty for v1.
    """

    info: Info
    layers: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CheckAndWrite:
    """Hash a piece whose blocks are all placed, then write it: PieceStored or PieceBad.

    Args:
        block_digests: Whether PieceStored should carry each block's SHA-1.
    """

    piece: int
    block_digests: bool


@dataclass(frozen=True, slots=True)
class RestorePiece:
    """Put the blocks that an earlier run has kept into the buffer of a piece.

    If that fails, the piece fails its hash, as if they had been bad.
    """

    piece: int


@dataclass(frozen=True, slots=True)
class KeepBlocks:
    """Keep blocks of unfinished pieces across a restart, and those of no others.

    Args:
        pieces: The blocks that are in its buffer, by piece; None: as it was kept before.
    """

    pieces: Mapping[int, tuple[int, ...] | None]


@dataclass(frozen=True, slots=True)
class RetryWrite:
    """Do again the CheckAndWrite of a piece that the disk refused."""

    piece: int


@dataclass(frozen=True, slots=True)
class DiscardPiece:
    """Give back the buffer of a piece that will not be finished, or was refused."""

    piece: int


@dataclass(frozen=True, slots=True)
class FetchRange:
    """Fetch pieces from a web seed: RangeArrived as they come, RangeEnded at the end.

    The shell asks `TorrentMachine.room` where bytes go, and `TorrentMachine.end_of` how
    far it is to go, since others may take over what has not been begun.

    Args:
        fetch: Names it.
        url: The web seed, as the torrent has it.
        by_piece: Whether it serves pieces (BEP 17) rather than files (BEP 19).
        first: Piece index.
        stop: The piece behind the last.
    """

    fetch: int
    url: str
    by_piece: bool
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class ResumeFetch:
    """A fetch that `room` told to wait can go on."""

    fetch: int


@dataclass(frozen=True, slots=True)
class StopFetch:
    """End a fetch at once; RangeEnded follows."""

    fetch: int


@dataclass(frozen=True, slots=True)
class SaveState:
    """Make what is stored survive a restart; nothing answers."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Sync the content and create what no write creates: Sealed."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell the outside, as a record of documents.events."""

    record: records.Event


@dataclass(frozen=True, slots=True)
class Finish:
    """The torrent is over; `error` is None when it reached its goal. The last command."""

    error: RainError | None


Command = (
    Dial
    | Announce
    | SearchDht
    | StopDhtSearch
    | AddDhtNode
    | LookNearby
    | StopLookingNearby
    | FetchSource
    | DropSources
    | Scrape
    | Say
    | Drop
    | CheckContent
    | CheckAndWrite
    | RetryWrite
    | RestorePiece
    | KeepBlocks
    | DiscardPiece
    | FetchRange
    | ResumeFetch
    | StopFetch
    | SaveState
    | Seal
    | Publish
    | Finish
)
