"""All facts about one running torrent, by which every handler decides."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.base.nothing import empty
from raincore.policy.deadlines import Deadlines
from raincore.policy.dial_pace import DialPace
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.leaf_allowance import TORRENT_BYTES, TORRENT_RATE, LeafAllowance
from raincore.policy.own_addresses import OwnAddresses
from raincore.policy.setbacks import Setbacks
from raincore.policy.suggestions import Suggestions
from raincore.policy.swarm_choice import SwarmChoice
from raincore.swarm.counters import Counters
from raincore.swarm.disk_state import DiskState
from raincore.swarm.events import PeerKey
from raincore.swarm.exchange_state import ExchangeState
from raincore.swarm.have_news import HaveNews
from raincore.swarm.horizon import Horizon
from raincore.swarm.metadata_state import MetadataState
from raincore.swarm.outbox import Outbox
from raincore.swarm.timers import Timers
from raincore.swarm.webseed_state import Webseeds

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from raincore.base.bitfield import Bitfield
    from raincore.base.config import Config
    from raincore.base.endpoint import Endpoint
    from raincore.base.errors import RainError, StorageError
    from raincore.base.geometry import Geometry
    from raincore.base.ids import PeerId
    from raincore.base.info_hashes import InfoHashes
    from raincore.formats.info import Info
    from raincore.policy.budget import Lent
    from raincore.policy.candidates import Candidates
    from raincore.policy.choker import Choker
    from raincore.policy.file_selection import Wanted
    from raincore.policy.layer_download import LayerDownload
    from raincore.policy.metadata_attempts import MetadataAttempts
    from raincore.policy.piece_download import PieceDownload
    from raincore.policy.piece_picker import PiecePicker
    from raincore.policy.piece_tree import FileTree
    from raincore.policy.priorities import Priority
    from raincore.policy.superseed import SuperSeed
    from raincore.policy.suspects import Suspects
    from raincore.policy.tiers import Tiers
    from raincore.swarm.dht_state import DhtState
    from raincore.swarm.dispute import Dispute
    from raincore.swarm.events import PeerJoined
    from raincore.swarm.nearby_state import NearbyState
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.tracker_state import TrackerState
    from raincore.swarm.webseed_state import WebseedState

__all__ = ["Goal", "Limits", "Phase", "TorrentState"]


class Goal(enum.Enum):
    """When the torrent has done what it is for."""

    METADATA = "metadata"
    """The info dictionary is known."""
    COMPLETE = "complete"
    """All wanted pieces are stored."""
    SEED = "seed"
    """Never by itself: serve until stopped or until a limit."""


class Phase(enum.Enum):
    """Where in its life the torrent is; the values are those of the status event."""

    STARTING = "starting"
    """Created, nothing asked for yet."""
    METADATA = "metadata"
    """Looking for the info dictionary."""
    CHECKING = "checking"
    """The shell compares what is on disk with the hashes."""
    DOWNLOADING = "downloading"
    """Some wanted piece is missing."""
    SEALING = "complete"
    """Everything is stored; the shell syncs it."""
    SEEDING = "seeding"
    """Everything is there and served."""
    STOPPED = "stopped"
    """Finish was issued; no event changes anything any more."""

    __hash__ = object.__hash__  # of one that is only itself; Enum's own is slow, for its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to give up or to stop; times in seconds, math.inf for never."""

    stall_seconds: float = math.inf
    disk_seconds: float = math.inf
    """How long a disk that refuses is waited for, and whether for lasting trouble at all."""
    metadata_seconds: float = math.inf
    """How long getting the info dictionary may take in all."""
    waits_for_peers: bool = False
    """Go on with nobody to dial: others know where we listen."""
    seed_seconds: float = math.inf
    seed_ratio: float = math.inf


@dataclass(slots=True, eq=False)
class TorrentState(Outbox):
    """Everything the machine knows. Changed only by the handlers of this folder."""

    hashes: InfoHashes
    own_id: PeerId
    config: Config
    goal: Goal
    limits: Limits
    rng: random.Random
    candidates: Candidates
    choker: Choker
    suspects: Suspects
    metadata: MetadataAttempts
    tiers: Tiers
    lent: Lent
    """Its shares of what all torrents of the process have."""
    held_back: Callable[[int], bool]
    """Whose messages our own limits keep us from reading, by peer key."""
    unfinished_message: Callable[[int], int | None]
    """How many bytes have come from a peer that is in the middle of a message."""
    seed_turns: Callable[[], Mapping[str, float]] = dict
    """Before when trackers are not to be asked by a seed that none of them knows."""
    lookup: MetadataState = field(default_factory=MetadataState)
    own: OwnAddresses = field(default_factory=OwnAddresses)
    pace: DialPace = field(default_factory=DialPace)
    swarm_choice: SwarmChoice = field(default_factory=SwarmChoice)
    exchange: ExchangeState = field(default_factory=ExchangeState)
    port: int = 0
    """Where we accept connections, as trackers are told."""
    tracker_key: int = 0
    """Tells us apart from others when our address changes (BEP 7)."""

    phase: Phase = Phase.STARTING
    ended_in: Phase | None = None
    """The phase in which it was stopped."""
    failure: RainError | None = None
    """Why it was."""
    info: Info | None = None
    layers: Mapping[bytes, bytes] = field(default_factory=empty)
    """Piece layers by pieces root, as far as they are known (BEP 52)."""
    layer_download: LayerDownload | None = None
    """While piece layers are asked of peers."""
    file_trees: dict[bytes, FileTree] | None = None
    """Where the files of a v2 torrent are, by pieces root; made when somebody asks."""
    leaf_reads: int = 0
    """Requests for leaf hashes that wait for the disk."""
    leaf_allowance: LeafAllowance = field(
        default_factory=lambda: LeafAllowance(TORRENT_BYTES, TORRENT_RATE)
    )
    layers_over: float = math.inf
    """When a hybrid goes on without them."""
    geometry: Geometry | None = None
    have: Bitfield | None = None
    select: Selection = EVERYTHING
    sequential: bool = False
    """Whether pieces are fetched in their order."""
    super_seed: bool = False
    """Whether, being a seed, we are to show as little as possible (BEP 16)."""
    showing: SuperSeed | None = None
    """What peers were shown, while they are not shown all."""
    suggestions: Suggestions = field(default_factory=Suggestions)
    """Which pieces are left to whom, by a seed of what nobody else has."""
    edges_first: bool = False
    """Whether the beginning and end of each file come first."""
    priorities: dict[int, Priority] = field(default_factory=dict)
    """Of files, by number as documents count; whoever has one is wanted or not by that."""
    wanted: Wanted | None = None
    """What `select` means; known with the info dictionary."""
    picker: PiecePicker | None = None

    streams: dict[int, range] = field(default_factory=dict)
    """Who reads content in order: from where, and up to where is fetched ahead."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    """What they need, in the order in which it is due."""
    downloads: dict[int, PieceDownload] = field(default_factory=dict)
    """Pieces of which some block is requested or received, and some is missing."""
    open_downloads: dict[int, PieceDownload] = field(default_factory=dict)
    """Those of `downloads` that still have a block nobody was asked for."""
    checking: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Pieces being hashed and written, with the sender of each block."""
    disputes: dict[int, Dispute] = field(default_factory=dict)
    """Pieces that failed, of which peers are asked which blocks are bad."""
    lent_bytes: int = 0
    """Bytes of all pieces in `downloads`, `checking` and `disputes`, bounded by the budget."""
    left_over: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Blocks of pieces that an earlier run has begun and this one has not gone on with."""
    kept_blocks: dict[int, int] = field(default_factory=dict)
    """How many blocks of which unfinished pieces a restart would find."""
    obstacles: dict[int, StorageError] = field(default_factory=dict)
    """Wanted files that cannot be written as things stand, and why; they are not fetched."""
    losses_told: dict[str, None] = field(default_factory=dict)
    """Why pieces were lost, as far as people know."""
    filled: list[int] = field(default_factory=list)
    """Pieces whose last block came in the read being processed."""
    superfluous: list[tuple[int, int]] = field(default_factory=list)
    """(peer, block) of requests that another peer has just answered; to be cancelled."""
    endgame: bool = False
    """Whether any block may be asked of two peers at once; guards `superfluous`."""
    blocks_freed: bool = False
    """Blocks or budget came free in this event: feed the hungry when it is dealt with."""
    slots_changed: bool = False
    """Somebody wants a slot or freed one in this event: choose when it is dealt with."""

    suspected: dict[PeerKey, PeerJoined] = field(default_factory=dict)
    banned: dict[tuple[str, PeerId], None] = field(default_factory=dict)
    dialling: dict[Endpoint, None] = field(default_factory=dict)
    turned_away: bool = False
    """Somebody dialled us and found no place, since peers were last changed."""
    refused: dict[PeerKey, PeerJoined] = field(default_factory=dict)
    """Peers told to go before they became peers; their PeerLeft is still to come."""
    trackers: dict[str, TrackerState] = field(default_factory=dict)
    """Those that were asked, by URL."""
    silent_trackers: dict[str, None] = field(default_factory=dict)
    """Those that have failed since any has answered."""
    answering_tracker: str | None = None
    """The one whose answer ended the latest round of announces."""
    asked_in_round: dict[str, None] = field(default_factory=dict)
    """Trackers that were asked in this round; they wait for the next."""
    setbacks: Setbacks = field(default_factory=Setbacks)
    """What went wrong with addresses that we dialled."""
    exhausted_told: bool = False
    """Whether people know that the system could open nothing more."""
    outage_told: bool = False
    """Whether people know that no tracker answers."""
    announces: bool = False
    """Whether it is time to tell trackers: what we have is known, or that we know nothing."""
    dht: DhtState | None = None
    """None where no DHT runs."""
    nearby: NearbyState | None = None
    """None where nobody is looked for in the local network."""
    web: Webseeds = field(default_factory=Webseeds)
    disk: DiskState = field(default_factory=DiskState)
    hungry: dict[PeerKey, None] = field(default_factory=dict)
    """Peers that could be asked for more as soon as something can be asked for."""
    have_news: HaveNews = field(default_factory=HaveNews)
    horizon: Horizon = field(default_factory=Horizon)
    unsaved: bool = False
    file_pieces_missing: list[int] = field(default_factory=list)
    """Per file of the geometry, how many of its pieces are not stored."""
    file_numbers: list[int] = field(default_factory=list)
    """Per file of the geometry, its index among those that are not padding."""
    timers: Timers = field(default_factory=Timers)
    counters: Counters = field(default_factory=Counters)
    last_failure: str = ""
    reached_goal: bool = False
    was_finished: bool = False
    """Whether there was a moment at which nothing was wanted any more."""
    seals: int = 0
    """Times that the shell was asked to sync the content, and has not answered."""
    seeding_since: float = math.inf

    @property
    def on_demand(self) -> bool:
        """Whether nothing is fetched but what somebody waits for."""
        return self.select.excerpt is not None

    @property
    def ready(self) -> bool:
        """Whether pieces may be exchanged: content checked, not stopped."""
        return self.phase in (Phase.DOWNLOADING, Phase.SEALING, Phase.SEEDING)

    @property
    def shared_metadata(self) -> bytes:
        """The info dictionary as peers may have it; empty while unknown, and if private.

        Who may have a private torrent is for its tracker to say (BEP 27).
        """
        return self.info.raw if self.info is not None and not self.info.private else b""

    @property
    def complete(self) -> bool:
        """Whether all content is stored."""
        return self.have is not None and self.have.all()

    @property
    def finished(self) -> bool:
        """Whether all wanted content is stored; if not all is wanted, we are a partial seed."""
        return self.picker is not None and self.picker.finished and not self.obstacles

    def peer(self, key: int) -> PeerState:
        """A connected peer by the name that the policies use."""
        return self.peers[PeerKey(key)]

    def sender(self, key: int) -> PeerState | WebseedState:
        """Whoever sends blocks, by the name that the policies use."""
        return self.web.sources.get(key) or self.peers[PeerKey(key)]
