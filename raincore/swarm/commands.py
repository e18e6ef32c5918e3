"""Everything a torrent can ask the shell to do: what comes out of the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.swarm.disk_commands import KeepBlocks, ProbeFiles, RestorePiece, RetryWrite
from raincore.swarm.file_commands import ChooseFiles
from raincore.swarm.leaf_events import ReadLeaves
from raincore.swarm.range_commands import FetchRange, ResumeFetch, StopFetch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.endpoint import Endpoint
    from raincore.base.errors import RainError
    from raincore.base.ids import InfoHash
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
    "ChooseFiles",
    "Command",
    "Dial",
    "DiscardPiece",
    "Drop",
    "DropSources",
    "FetchRange",
    "FetchSource",
    "Finish",
    "JoinSwarm",
    "KeepBlocks",
    "LookNearby",
    "ProbeFiles",
    "Publish",
    "ReadLeaves",
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
    """Connect and shake hands; answer with PeerJoined or DialFailed.

    Args:
        swarm: By which hash of a hybrid; None for the only one there is.
        plain: Without the offer to go on as v2.
    """

    endpoint: Endpoint
    swarm: InfoHash | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class JoinSwarm:
    """Let those in who know the torrent by this hash too; nothing answers (BEP 52)."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell a tracker where we stand; answer with Announced or AnnounceFailed.

    What is said to one tracker reaches it in order. After `stopped` there is no answer.

    Args:
        other: Whether it is about a hybrid's other swarm; in an order of its own.
    """

    url: str
    request: AnnounceRequest
    other: bool = False


@dataclass(frozen=True, slots=True)
class SearchDht:
    """Look for peers in the DHT; answer with PeersFound as they come, then DhtSearched.

    Args:
        announce: Whether others are to find us there.
        seed: Whether we have everything.
        also: The hash of a hybrid's other swarm, to be looked for in the same search.
    """

    announce: bool
    seed: bool
    also: InfoHash | None = None


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
    """Ask a tracker for its counts; answer with Scraped, or not at all.

    Args:
        user_agent: As in `AnnounceRequest`.
    """

    url: str
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class LookNearby:
    """Listen for peers in the local network: `PeersFound` as they come.

    Args:
        announce: Whether others are to hear of us.
        also: The hash of a hybrid's other swarm, to be looked for too.
    """

    announce: bool
    also: InfoHash | None = None


@dataclass(frozen=True, slots=True)
class StopLookingNearby:
    """End that; nothing answers."""

    also: InfoHash | None = None


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
        block_digests: Whether PieceStored should carry a digest of each block.
        keep: Whether a bad piece keeps its buffer, until it is filled again or discarded.
    """

    piece: int
    block_digests: bool
    keep: bool = False


@dataclass(frozen=True, slots=True)
class DiscardPiece:
    """Give back the buffer of a piece that will not be finished, or was refused."""

    piece: int


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
    | JoinSwarm
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
    | ChooseFiles
    | CheckAndWrite
    | RetryWrite
    | RestorePiece
    | KeepBlocks
    | ProbeFiles
    | DiscardPiece
    | ReadLeaves
    | FetchRange
    | ResumeFetch
    | StopFetch
    | SaveState
    | Seal
    | Publish
    | Finish
)
