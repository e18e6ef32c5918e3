"""Which files have become complete."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from raincore.documents import events as records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.swarm.state import TorrentState

__all__ = ["begin", "on_piece_stored", "on_wanted"]


def begin(state: TorrentState) -> None:
    """Count what each file lacks, once the content has been checked."""
    geometry, have = state.geometry, state.have
    assert geometry is not None
    assert have is not None
    assert state.info is not None
    files = state.info.files
    state.file_numbers = list(accumulate((not file.is_padding for file in files), initial=0))
    state.file_pieces_missing = [
        sum(not have[piece] for piece in geometry.pieces_of_file(index))
        for index in range(len(geometry.file_lengths))
    ]


def on_piece_stored(state: TorrentState, piece: int) -> None:
    """Publish each wanted file whose last piece this was; padding is not spoken of."""
    assert state.geometry is not None
    assert state.info is not None
    missing = state.file_pieces_missing
    unwanted = state.wanted.unwanted if state.wanted is not None else ()
    if len(missing) == 1:  # the only file has a part in every piece
        touched = [0]
    else:
        touched = [span.file_index for span in state.geometry.file_spans(piece)]
    for index in touched:
        missing[index] -= 1
        if missing[index] == 0 and index not in unwanted and not state.info.files[index].is_padding:
            publish_file(state, index)


def on_wanted(state: TorrentState, indices: Iterable[int]) -> None:
    """Publish files that are wanted only now, of those that are there."""
    assert state.info is not None
    for index in sorted(indices):
        if not state.file_pieces_missing[index] and state.info.files[index].length:
            publish_file(state, index)


def publish_file(state: TorrentState, index: int) -> None:
    """Name a complete file as the document's `files` does, which leaves padding out."""
    assert state.info is not None
    file = state.info.files[index]
    state.publish(
        records.FileDone(
            info_hash=state.info_hash,
            index=state.file_numbers[index],
            path="/".join(file.path),
            length=file.length,
        )
    )
