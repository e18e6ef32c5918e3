"""Other wishes while the torrent runs: files come to be wanted, or are so no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.policy import file_selection
from raincore.swarm import (
    block_choice,
    disk_trouble,
    file_progress,
    interest,
    joining,
    lifecycle,
    requesting,
    streaming,
    webseed_fetches,
)
from raincore.swarm.commands import ChooseFiles
from raincore.swarm.state import Phase
from raincore.swarm.wish_events import FilesChosen, WishesChanged
from raincore.wire.messages import Cancel

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.swarm.wish_events import StreamMoved

__all__ = ["on_event"]


def on_event(
    state: TorrentState, event: WishesChanged | StreamMoved | FilesChosen, now: float
) -> None:
    """The user wants something else now, or needs something soon."""
    if isinstance(event, WishesChanged):
        on_wishes(state, event, now)
    elif isinstance(event, FilesChosen):
        disk_trouble.on_files_chosen(state, now)
    else:
        streaming.on_needs(state, event, now)


def on_wishes(state: TorrentState, event: WishesChanged, now: float) -> None:
    """Fetch what is wanted from now on; a wish that cannot be is a warning, and changes nothing."""
    select, priorities = state.select, state.priorities
    if event.select is not None:
        select, priorities = event.select, {}
    if event.priorities is not None:
        priorities = {**priorities, **event.priorities}
    before = state.wanted
    if before is not None:
        assert state.info is not None
        try:
            wanted = file_selection.choose(select, state.info, priorities)
        except ConfigError as error:
            state.warn("select", str(error))
            return
        state.wanted = wanted
        if wanted.unwanted != before.unwanted:
            state.do(ChooseFiles(wanted.unwanted))
    state.select, state.priorities = select, priorities
    if event.sequential is not None:
        state.sequential = event.sequential
    if event.edges_first is not None:
        state.edges_first = event.edges_first
    if state.picker is not None:
        assert before is not None
        assert state.wanted is not None
        lifecycle.apply_wishes(state)
        more = before.unwanted - state.wanted.unwanted
        file_progress.on_wanted(state, more)
        drop_unwanted(state)
        streaming.renew(state, now)
        go_on(state, now, seal=bool(more))


def drop_unwanted(state: TorrentState) -> None:
    """Give up pieces under way that nobody wants any more."""
    assert state.picker is not None
    for fetch in state.web.fetches.values():
        at = () if fetch.download is None else (fetch.download.piece,)
        if not all(state.picker.needs(piece) for piece in (*at, *range(fetch.begun, fetch.end))):
            webseed_fetches.stop(state, fetch)
    useless = {piece for piece in state.downloads if not state.picker.needs(piece)}
    for peer in state.peers.values() if useless else ():
        cancel(state, peer, useless)
    for piece in sorted(useless & state.downloads.keys()):
        block_choice.abandon(state, piece)


def cancel(state: TorrentState, peer: PeerState, pieces: set[int]) -> None:
    """Take back what a peer was asked for of some pieces."""
    assert state.geometry is not None
    per_piece = state.geometry.blocks_per_piece
    blocks = [block for block in peer.outstanding if block // per_piece in pieces]
    for block in blocks:
        del peer.outstanding[block]
    state.say(peer, *(Cancel(*state.geometry.request_of(block)) for block in blocks))
    if blocks and not peer.outstanding:
        peer.pipeline.idle()


def go_on(state: TorrentState, now: float, *, seal: bool) -> None:
    """Be in the phase that what is wanted now, and what is there, call for.

    Args:
        seal: Whether there may be more to create, of what is there.
    """
    was_fetching = state.phase is Phase.DOWNLOADING
    if state.finished and (was_fetching or seal):
        lifecycle.on_all_stored(state)
    elif not was_fetching and not state.finished:
        lifecycle.fetch_again(state, now)
        joining.on_sealed(state)  # it is not true any more that we ask for nothing
    for peer in state.peers.values():
        interest.weigh(state, peer)
        requesting.refill(state, peer, now)
    state.web.due = True
    lifecycle.note_unsaved(state, now)
