"""Route an event to its handler; return commands. The whole door to a torrent's logic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import (
    announcing,
    beginning,
    dht_searching,
    dialling,
    disk_trouble,
    downloading,
    exchanging,
    hash_serving,
    have_news,
    hearing,
    joining,
    leaf_proofs,
    lifecycle,
    lost_pieces,
    metadata,
    obstacles,
    piece_layers,
    readiness,
    requesting,
    selecting,
    sharing,
    streaming,
    superseeding,
    turning_over,
    uploading,
    webseeding,
    wishing,
)
from raincore.swarm.events import (
    Announced,
    AnnounceFailed,
    BlocksSent,
    ContentChecked,
    DhtSearched,
    DialFailed,
    Event,
    FilesProbed,
    Heard,
    LeavesRead,
    PeerJoined,
    PeerKey,
    PeerLeft,
    PeersFound,
    PieceBad,
    PieceLost,
    PieceStored,
    Scraped,
    Sealed,
    SourceFailed,
    SourceFetched,
    Started,
    StopRequested,
    StorageFailed,
)
from raincore.swarm.range_events import RangeArrived, RangeEnded
from raincore.swarm.state import Phase
from raincore.swarm.webseed_door import WebseedDoor
from raincore.swarm.wish_events import (
    AnnounceWanted,
    FilesChosen,
    SettingsChanged,
    StreamMoved,
    TrackersChanged,
    WishesChanged,
)

if TYPE_CHECKING:
    import random

    from raincore.base.config import Config
    from raincore.swarm.commands import Command
    from raincore.swarm.given import Given
    from raincore.swarm.state import TorrentState

__all__ = ["TorrentMachine"]


class TorrentMachine:
    """One torrent's decisions, without I/O, clock or dice of its own.

    Feed it events in the order in which they happened and execute what it returns, in
    order. `place` is the one exception to that: the hot path by which a link asks, for
    each arriving block, whether its bytes are wanted; for web seeds, `webseeds` is.

    Args:
        given: What is known of the torrent from the start.
        config: Limits.
        rng: Dice.
    """

    def __init__(self, given: Given, *, config: Config, rng: random.Random) -> None:
        self.state = beginning.begin(given, config, rng)
        self.webseeds = WebseedDoor(self.state)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event; return what to do about it, in order.

        Args:
            event: Something that has just happened.
            now: Monotonic seconds; never less than at the call before.
        """
        state = self.state
        if state.phase is not Phase.STOPPED:
            self._route(state, event, now)
            self._follow_up(now)
        sharing.count(state)
        return state.take_commands(now)

    def next_timer(self) -> float:
        """When `handle_timer` wants to be called; math.inf for never."""
        if self.state.phase is Phase.STOPPED:
            return math.inf
        return self.state.timers.earliest()

    def handle_timer(self, now: float) -> list[Command]:
        """Do whatever is due at `now`; harmless when nothing is."""
        state = self.state
        if state.phase is not Phase.STOPPED:
            lifecycle.on_timer(state, now)
            announcing.on_timer(state, now)
            dht_searching.on_timer(state, now)
            dialling.on_timer(state, now)
            exchanging.on_timer(state, now)
            metadata.on_timer(state, now)
            piece_layers.on_timer(state, now)
            leaf_proofs.on_timer(state, now)
            superseeding.on_timer(state, now)
            uploading.on_timer(state, now)
            turning_over.on_timer(state, now)
            requesting.on_timer(state, now)
            streaming.on_timer(state, now)
            have_news.on_timer(state, now)
            disk_trouble.on_timer(state, now)
            obstacles.on_timer(state, now)
            webseeding.on_timer(state, now)
            sharing.on_timer(state, now)
            self._follow_up(now)
        sharing.count(state)
        return state.take_commands(now)

    def place(self, peer: PeerKey, piece: int, begin: int, length: int) -> bool:
        """Say whether a block that is arriving should be copied into its piece's buffer.

        A True is a promise: the caller copies at once, and tells by `Heard` that it did.
        A block that was not asked for, was cancelled, or came a second time is counted
        as waste and refused, so a buffer being hashed is never written to.
        """
        state = self.state
        geometry = state.geometry
        sender = state.peers.get(peer)
        if geometry is None or sender is None:
            return False
        number = begin // BLOCK_LENGTH
        block = piece * geometry.blocks_per_piece + number
        if begin % BLOCK_LENGTH or sender.outstanding.get(block) != length:
            state.counters.wasted += length
            return False
        del sender.outstanding[block]
        downloading.accept_block(state, sender, piece, number)
        return True

    def place_run(self, peer: PeerKey, piece: int, begin: int, count: int) -> bool:
        """`place` for whole blocks that follow each other: all of them, or none was touched.

        None also where each has to be looked at by itself: where some were asked of two peers.
        """
        state = self.state
        geometry = state.geometry
        sender = state.peers.get(peer)
        if geometry is None or sender is None or begin % BLOCK_LENGTH:
            return False
        number = begin // BLOCK_LENGTH
        first = piece * geometry.blocks_per_piece + number
        outstanding = sender.outstanding
        run = range(first, first + count)
        for block in run:
            if outstanding.get(block) != BLOCK_LENGTH:
                return False
        if state.endgame and state.downloads[piece].is_shared:
            return False
        for block in run:
            del outstanding[block]
        downloading.accept_run(state, sender, piece, number, count)
        return True

    def may_send(self, peer: PeerKey, piece: int) -> bool:
        """Say whether a peer may have blocks of a piece that it asks for; once per run."""
        return uploading.may_send(self.state, peer, piece)

    def _route(self, state: TorrentState, event: Event, now: float) -> None:
        match event:
            case Heard():
                hearing.on_heard(state, event, now)
            case BlocksSent():
                uploading.on_blocks_sent(state, event, now)
            case PieceStored():
                downloading.on_piece_stored(state, event, now)
            case PieceBad():
                downloading.on_piece_bad(state, event, now)
            case LeavesRead():
                hash_serving.on_leaves_read(state, event)
            case RangeArrived() | RangeEnded():
                webseeding.on_news(state, event, now)
            case PeerJoined():
                joining.on_peer_joined(state, event, now)
            case PeerLeft():
                joining.on_peer_left(state, event, now)
            case PeersFound() | Announced() | AnnounceFailed() | DhtSearched() | DialFailed():
                self._looked(event, now)
            case SourceFetched():
                metadata.on_source_fetched(state, event, now)
            case SourceFailed():
                metadata.on_source_failed(state, event, now)
            case Scraped():
                announcing.on_scraped(state, event)
            case ContentChecked():
                self._checked(event, now)
            case WishesChanged() | StreamMoved() | FilesChosen():
                selecting.on_event(state, event, now)
            case Sealed():
                self._sealed(now)
            case StorageFailed() | FilesProbed() | PieceLost():
                self._disk_news(event, now)
            case StopRequested():
                lifecycle.finish(state, None)
            case AnnounceWanted() | TrackersChanged() | SettingsChanged():
                wishing.on_wish(state, event, now)
            case Started():
                metadata.on_started(state, now)

    def _looked(
        self,
        event: PeersFound | Announced | AnnounceFailed | DhtSearched | DialFailed,
        now: float,
    ) -> None:
        """Take what came of looking for peers."""
        match event:
            case PeersFound():
                dialling.on_peers_found(self.state, event, now)
            case Announced() | AnnounceFailed():
                wishing.on_answer(self.state, event, now)
            case DhtSearched():
                dialling.on_dht_searched(self.state, event, now)
            case DialFailed():
                dialling.on_dial_failed(self.state, event, now)

    def _disk_news(self, event: StorageFailed | FilesProbed | PieceLost, now: float) -> None:
        match event:
            case StorageFailed():
                disk_trouble.on_failed(self.state, event, now)
            case FilesProbed():
                obstacles.on_probed(self.state, event, now)
            case PieceLost():
                lost_pieces.on_piece_lost(self.state, event, now)

    def _checked(self, event: ContentChecked, now: float) -> None:
        state = self.state
        disk_trouble.on_worked(state, now)
        lifecycle.on_content_checked(state, event, now)
        readiness.on_ready(state, now)
        joining.on_ready(state)
        exchanging.on_ready(state, now)
        if event.obstacles:
            obstacles.on_probed(state, event, now)

    def _sealed(self, now: float) -> None:
        is_in_time = self.state.phase is Phase.SEALING  # nothing was lost, or wanted, since
        if is_in_time:
            disk_trouble.on_worked(self.state, now)
        lifecycle.on_sealed(self.state, now)
        if is_in_time:
            joining.on_sealed(self.state)

    def _follow_up(self, now: float) -> None:
        """Do once what several causes within one event may have called for."""
        state = self.state
        if state.phase is Phase.STOPPED:
            return
        if state.slots_changed:
            uploading.choose(state, now, new_round=False)
        if state.web.sources and (state.web.due or state.blocks_freed):
            webseeding.feed(state, now)
        if state.blocks_freed:
            requesting.feed_hungry(state, now)
