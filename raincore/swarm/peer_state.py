"""All facts about one connected peer, as the torrent sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.policy import leaf_allowance
from raincore.policy.leaf_allowance import LeafAllowance
from raincore.policy.rates import Rate
from raincore.swarm.exchange_state import PeerExchange

if TYPE_CHECKING:
    from raincore.base.bitfield import Bitfield
    from raincore.base.endpoint import Endpoint
    from raincore.policy.request_pipeline import RequestPipeline
    from raincore.swarm.events import PeerJoined, PeerKey
    from raincore.wire.extension import ExtendedHandshake
    from raincore.wire.lt_donthave import DontHave
    from raincore.wire.messages import Message

__all__ = ["PeerState"]


@dataclass(slots=True, eq=False)
class PeerState:
    """Mutable; owned and changed by the machine only.

    The four flags are what we decided and heard; `wire.peer_protocol` keeps its own to
    judge legality on the wire.
    """

    joined: PeerJoined
    pipeline: RequestPipeline
    joined_at: float
    last_heard: float
    last_said: float

    has: Bitfield | None = None
    """Their pieces; None until the info dictionary is known."""
    early: list[Message | DontHave] = field(default_factory=list)
    """What they said about pieces before we knew how many there are."""

    we_choke: bool = True
    we_interested: bool = False
    they_choke: bool = True
    choked_since: float = -math.inf
    """When they last began to, if they ever let us ask."""
    they_interested: bool = False
    allowed_fast: set[int] = field(default_factory=set)
    granted: tuple[int, ...] = ()
    """Pieces that they may ask for while we choke them."""
    suggested: Bitfield | None = None
    """Pieces that they would have us ask for; None if they never did."""
    finishing: set[int] = field(default_factory=set)
    """Pieces that they may finish, having lost the slot in the middle."""
    finishing_bytes: int = 0
    """What they may have got without a slot when they are done with those."""
    sent_choked: int = 0
    """Bytes that they got so."""
    snubbed: bool = False
    trust: int = 0
    """Earned by good pieces, lost by bad ones (`trusting`)."""

    outstanding: dict[int, int] = field(default_factory=dict)
    """Requests in flight: content-wide block index to length, oldest first."""

    rest_until: float = -math.inf
    """Ask for nothing before this moment: they have just rejected a request."""
    refusals: int = 0
    """How often they made us rest since their last block."""
    node_port: int = 0
    """Where they said that their DHT node is; 0 if they did not."""
    leaving: bool = False
    """Told to go: nothing is said to them and nothing they say counts any more."""
    aliases: list[Endpoint] = field(default_factory=list)
    """Other addresses that turned out to be this peer; not dialled while it is here."""

    extended: ExtendedHandshake | None = None
    exchange: PeerExchange = field(default_factory=PeerExchange)
    metadata_size: int = 0
    """What they first claimed; 0 if they have no metadata to give (BEP 9)."""
    metadata_asked: float = math.inf
    """When they were last asked for metadata or gave some, while they owe us any."""
    metadata_rest_until: float = -math.inf
    """Ask for no metadata before this moment: they kept silent."""
    metadata_requests_served: int = 0
    hashes_served: int = 0
    """Of piece layers, that were given to them (BEP 52)."""
    leaf_reads: int = 0
    """Their requests for leaf hashes that wait for the disk."""
    leaf_allowance: LeafAllowance = field(
        default_factory=lambda: LeafAllowance(leaf_allowance.PEER_BYTES, leaf_allowance.PEER_RATE)
    )
    was_offered_metadata: bool = False
    """They know that we have it."""

    unfinished: int | None = None
    """Bytes that had come when it was last seen in the middle of a message; None if never."""
    unfinished_since: float = math.inf
    """Since when that is so."""

    download: Rate = field(default_factory=Rate)
    upload: Rate = field(default_factory=Rate)
    downloaded: int = 0
    uploaded: int = 0
    downloaded_before: int = 0
    """What `downloaded` was when the present choke round began; `uploaded_before` alike."""
    uploaded_before: int = 0
    gave_rate: float = 0.0
    """Bytes per second that they sent us in the last rounds, each half as much as the next."""
    took_rate: float = 0.0
    """Bytes per second that they got from us in the last round."""
    unchoked_at: float = 0.0
    uploaded_since_unchoke: int = 0
    waiting_since: float = 0.0

    @property
    def key(self) -> PeerKey:
        """The connection's name."""
        return self.joined.peer

    @property
    def is_seed(self) -> bool:
        """Whether they have everything."""
        return self.has is not None and self.has.all()

    @property
    def asks_nothing(self) -> bool:
        """Whether they want nothing of us, whatever we have (BEP 21)."""
        return self.is_seed or bool(self.extended and self.extended.upload_only)
