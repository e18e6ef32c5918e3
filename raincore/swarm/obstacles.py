"""Files that cannot be written as things stand: a directory, a longer file, somebody else's.

What is in the way is left alone, whatever it is. The pieces that reach into such a file are
not fetched, everything else is. A torrent that somebody waits for then ends and says why;
any other looks now and again whether the way is free.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.swarm import block_choice, interest, lifecycle, requesting
from raincore.swarm.commands import DiscardPiece, ProbeFiles
from raincore.swarm.state import Phase

if TYPE_CHECKING:
    from raincore.base.errors import StorageError
    from raincore.swarm.events import ContentChecked, FilesProbed, StorageFailed
    from raincore.swarm.state import TorrentState

__all__ = ["blocking", "on_probed", "on_stored", "on_timer", "on_unwritable", "probe"]

AGAIN_SECONDS = 30.0
"""How often a torrent that has time looks whether the way is free."""

TOLD_MAX = 5
"""So many files are named; of more, only how many."""


def probe(state: TorrentState) -> None:
    """Look at the files that lack something."""
    assert state.wanted is not None
    missing, unwanted = state.file_pieces_missing, state.wanted.unwanted
    files = [i for i, count in enumerate(missing) if count and i not in unwanted]
    state.do(ProbeFiles(tuple(files)))


def on_probed(state: TorrentState, event: FilesProbed | ContentChecked, now: float) -> None:
    """Fetch what can be written, and only that."""
    if state.phase is not Phase.DOWNLOADING:
        return
    fresh = [error for i, error in event.obstacles.items() if i not in state.obstacles]
    state.obstacles = dict(event.obstacles)
    want(state, now)
    if not ends(state) or len({str(error) for error in fresh}) > 1:
        tell(state, fresh)  # else the end says it
    go_on(state, now)


def on_unwritable(state: TorrentState, event: StorageFailed, now: float) -> bool:
    """Give up a piece because of one of its files; False if that is not why it was refused."""
    error, piece = event.error, event.piece
    index = getattr(error, "file", None)
    if piece is None or index is None or state.picker is None:
        return False
    del state.checking[piece]
    block_choice.close_books(state, piece)
    state.picker.release(piece)
    state.do(DiscardPiece(piece))
    if index not in state.obstacles:
        state.obstacles[index] = error  # type: ignore[assignment]  # only these have a file
        tell(state, [state.obstacles[index]])
    want(state, now)
    go_on(state, now)
    return True


def tell(state: TorrentState, errors: list[StorageError]) -> None:
    """Name what is in the way, once if it is the same for many files."""
    texts = list(dict.fromkeys(map(str, errors)))
    for text in texts[:TOLD_MAX]:
        state.warn("obstacle", f"{text}; it is left alone, and the file is not fetched")
    if len(texts) > TOLD_MAX:
        state.warn("obstacle", f"{len(texts) - TOLD_MAX} more files cannot be written")


def want(state: TorrentState, now: float) -> None:
    """Want all pieces but those of blocked files."""
    assert state.geometry is not None
    assert state.picker is not None
    assert state.wanted is not None
    pieces = state.wanted.pieces.copy()
    for index in state.obstacles:
        of_file = state.geometry.pieces_of_file(index)
        pieces.bits[of_file.start : of_file.stop] = 0
    state.picker.set_wanted(pieces)
    state.timers.obstacles = now + AGAIN_SECONDS if state.obstacles else math.inf


def go_on(state: TorrentState, now: float) -> None:
    """Ask for what is wanted now, or end."""
    state.web.due = True
    for peer in list(state.peers.values()):
        interest.weigh(state, peer)
        requesting.refill(state, peer, now)
    on_stored(state)


def on_stored(state: TorrentState) -> None:
    """End when nothing is left but what cannot be written, if somebody waits for that."""
    if ends(state):
        lifecycle.finish(state, next(iter(state.obstacles.values())))


def ends(state: TorrentState) -> bool:
    """Whether all is done that can be, and somebody waits for the end."""
    assert state.picker is not None
    is_done = state.obstacles and state.picker.finished and not state.checking
    return bool(is_done) and state.limits.disk_seconds < math.inf


def blocking(state: TorrentState) -> StorageError | None:
    """What is in the way, if all that could be fetched besides is there."""
    if not state.obstacles or state.picker is None or not state.picker.finished:
        return None
    return next(iter(state.obstacles.values()))


def on_timer(state: TorrentState, now: float) -> None:
    """Look again."""
    if state.timers.obstacles <= now:
        state.timers.obstacles = now + AGAIN_SECONDS
        probe(state)
