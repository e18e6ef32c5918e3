"""Pieces that were not whole when the last run ended, and those that this one would lose.

Their blocks are not verified, and who sent them is not known after a restart: they count as
sent by nobody, so that nobody is blamed for them. A piece that has such blocks and fails its
hash is fetched again without them.

With each save, and at the end, the blocks of pieces under way are kept, unless they are so
few that fetching them again takes no longer than the saves themselves are apart: a fast
download keeps none, and writes nothing twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.piece_download import UNKNOWN_SENDER, PieceDownload
from raincore.swarm import block_choice
from raincore.swarm.commands import KeepBlocks, RestorePiece

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.swarm.state import TorrentState

__all__ = ["begin", "keep", "keep_if_worth_it", "reopen"]

WORTH_SECONDS = 2.0
"""What can be fetched in less time is not worth keeping."""


def begin(state: TorrentState, kept: Mapping[int, tuple[int, ...]]) -> None:
    """Know what an earlier run has left of pieces that are still wanted."""
    assert state.picker is not None
    state.left_over = {piece: kept[piece] for piece in kept if state.picker.needs(piece)}
    state.kept_blocks = {piece: len(numbers) for piece, numbers in kept.items()}


def reopen(state: TorrentState) -> None:
    """Go on with pieces of an earlier run, as many as memory allows; somebody is to be asked.

    Not before that, so that a torrent which finds nobody holds no memory for them.
    """
    assert state.geometry is not None
    assert state.picker is not None
    while state.left_over and block_choice.budget_allows_piece(state):
        piece = next(iter(state.left_over))
        numbers = state.left_over.pop(piece)
        if not state.picker.open_pieces[piece]:
            continue  # a web seed has it in its run, or it is not wanted any more
        download = PieceDownload(piece, state.geometry.block_count(piece))
        for number in numbers:
            download.receive(UNKNOWN_SENDER, number)
        state.picker.start(piece)
        state.downloads[piece] = state.open_downloads[piece] = download
        state.lent_bytes += state.geometry.length_of(piece)
        state.do(RestorePiece(piece))


def keep_if_worth_it(state: TorrentState, now: float) -> None:
    """Have blocks of unfinished pieces kept, if what a restart would cost is worth it."""
    counts, before = received(state), state.kept_blocks
    fresh = sum(count - before.get(piece, 0) for piece, count in counts.items())
    rate = sum(peer.download.per_second(now) for peer in state.peers.values())
    rate += sum(source.download.per_second(now) for source in state.web.sources.values())
    if fresh * BLOCK_LENGTH > rate * WORTH_SECONDS or not before.keys() <= counts.keys():
        keep(state)


def keep(state: TorrentState) -> None:
    """Have all that there is of unfinished pieces kept across a restart, and nothing else."""
    counts = received(state)
    if counts == state.kept_blocks:
        return
    state.kept_blocks = counts
    state.do(
        KeepBlocks(
            {
                piece: state.downloads[piece].received if piece in state.downloads else None
                for piece in counts
            }
        )
    )


def received(state: TorrentState) -> dict[int, int]:
    """How many blocks there are, by piece, of those that are not whole."""
    counts = {
        piece: download.received_count
        for piece, download in state.downloads.items()
        if download.received_count
    }
    return counts | {piece: len(numbers) for piece, numbers in state.left_over.items()}
