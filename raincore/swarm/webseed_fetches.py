"""The books of fetches: what a web seed brings, block by block, and what becomes of the rest.

A piece from a web seed is a started piece like any other: its bytes are paid from the one
budget, its blocks have a sender, and idle peers may be asked for them too. Payload is not
here: the shell puts it where `room` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.piece_download import PieceDownload
from raincore.swarm import block_choice, webseed_reserve
from raincore.swarm.commands import FetchRange, ResumeFetch, StopFetch
from raincore.swarm.webseed_state import Fetch, Room

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import WebseedState

__all__ = ["accept", "end_of", "release", "resume", "room", "share", "start", "stop"]


# --- beginning -----------------------------------------------------------------------------


def start(state: TorrentState, source: WebseedState, run: range) -> None:
    """Have a source fetch a run of open pieces; the budget covers the first of them."""
    fetch = made(state, source, run)
    webseed_reserve.reserve(state, fetch)
    begin_piece(state, fetch)
    state.do(FetchRange(fetch.key, source.url, source.by_piece, run.start, run.stop))


def share(state: TorrentState, source: WebseedState, piece: int) -> None:
    """Have a source fetch a piece that others are at work on, or have left undone."""
    fetch = made(state, source, range(piece, piece + 1))
    fetch.is_shared = True
    fetch.begun = piece + 1
    fetch.download = download = state.downloads[piece]
    if not source.by_piece:  # what broke off goes on where it was
        fetch.position += download.first_missing * BLOCK_LENGTH
    if not download.requested_count and download.exclusive is not None:
        download.exclusive = source.key
    download.take(source.key, download.free_count)
    for number in list(download.busy_blocks_for(source.key)):
        download.duplicate(source.key, number)
        state.endgame = True
    if not download.free_count:
        state.open_downloads.pop(piece, None)
    state.do(FetchRange(fetch.key, source.url, source.by_piece, piece, piece + 1))


def made(state: TorrentState, source: WebseedState, run: range) -> Fetch:
    """Enter a new fetch into the books."""
    assert state.geometry is not None
    web = state.web
    position = state.geometry.offset_of(run.start)
    fetch = Fetch(web.next_key, source, position, run.start, run.stop)
    web.next_key += 1
    web.fetches[fetch.key] = fetch
    source.active += 1
    return fetch


def begin_piece(state: TorrentState, fetch: Fetch) -> bool:
    """Pay for the next piece of a fetch and open its books, if the budget allows."""
    assert state.geometry is not None
    piece, key = fetch.begun, fetch.source.key
    if not block_choice.budget_allows_piece(state, urgent=piece in state.deadlines.pieces):
        return False
    fetch.begun += 1
    fetch.download = download = PieceDownload(piece, state.geometry.block_count(piece))
    if state.suspects.parole(piece):
        download.exclusive = key
    download.take(key, download.block_count)
    state.downloads[piece] = download
    state.lent_bytes += state.geometry.length_of(piece)
    return True


# --- bytes ---------------------------------------------------------------------------------


def end_of(state: TorrentState, key: int) -> int:
    """Content offset at which a fetch ends as things stand; 0 if it is over."""
    assert state.geometry is not None
    fetch = state.web.fetches.get(key)
    if fetch is None or fetch.is_stopped:
        return 0
    return min(fetch.end * state.geometry.piece_length, state.geometry.total_length)


def room(state: TorrentState, key: int) -> Room | None:
    """Where the next bytes go; None if it must wait for memory, or is over (`end_of`)."""
    assert state.geometry is not None
    fetch = state.web.fetches.get(key)
    if fetch is None or fetch.is_stopped:
        return None
    piece, begin = divmod(fetch.position, state.geometry.piece_length)
    if piece >= fetch.end:
        return None
    if piece == fetch.begun and not begin_piece(state, fetch):
        fetch.waits = True
        return None
    download = fetch.download
    is_direct = (
        download is not None
        and state.downloads.get(piece) is download
        and download.received_count == begin // BLOCK_LENGTH
        and not fetch.is_shared
    )
    return Room(piece, begin, state.geometry.length_of(piece) - begin, is_direct)


def accept(state: TorrentState, key: int, length: int) -> list[tuple[int, int]]:
    """Take note of bytes that have come to the latest `room`.

    Returns:
        (begin, length) of what is to be copied, at once, if the room was not direct: all
        but blocks that others have sent meanwhile.
    """
    assert state.geometry is not None
    fetch = state.web.fetches[key]
    piece, begin = divmod(fetch.position, state.geometry.piece_length)
    end = begin + length
    whole = end == state.geometry.length_of(piece)
    fetch.position = state.geometry.offset_of(piece + 1) if whole else fetch.position + length
    download = fetch.download
    if download is None or state.downloads.get(piece) is not download:
        state.counters.wasted += length  # others have completed it
        return []
    first, stop = begin // BLOCK_LENGTH, download.block_count if whole else end // BLOCK_LENGTH
    spans = [(begin, length)]
    had = download.received_count
    if download.received_count == first and not fetch.is_shared:
        download.receive_run(fetch.source.key, first, stop)
    else:
        spans = missing_spans(download, begin, end)
        state.counters.wasted += length - sum(span for _, span in spans)
        for number in range(first, stop):
            download.receive(fetch.source.key, number)
    fetch.fresh += download.received_count - had
    if state.endgame:
        note_superfluous(state, fetch, piece, range(first, stop))
    if download.is_complete:
        del state.downloads[piece]
        state.open_downloads.pop(piece, None)
        state.checking[piece] = download.senders
        state.filled.append(piece)
    return spans


def missing_spans(download: PieceDownload, begin: int, end: int) -> list[tuple[int, int]]:
    """Cut a run of a piece at blocks and leave out those that have arrived."""
    spans = []
    for number in range(begin // BLOCK_LENGTH, -(-end // BLOCK_LENGTH)):
        if not download.has(number):
            start = max(begin, number * BLOCK_LENGTH)
            spans.append((start, min(end, (number + 1) * BLOCK_LENGTH) - start))
    return spans


def note_superfluous(state: TorrentState, fetch: Fetch, piece: int, numbers: range) -> None:
    """Have requests called off whose answer a web seed has just brought."""
    assert state.geometry is not None
    assert fetch.download is not None
    first = state.geometry.first_block(piece)
    for number in numbers:
        for other in fetch.download.other_requesters(number, fetch.source.key):
            peer = state.peers.get(other)  # type: ignore[call-overload]
            if peer is not None and first + number in peer.outstanding:
                state.superfluous.append((other, first + number))


# --- ending --------------------------------------------------------------------------------


def resume(state: TorrentState) -> None:
    """Let fetches go on that waited for memory, as far as there is some."""
    for fetch in state.web.fetches.values():
        if fetch.waits and (fetch.begun >= fetch.end or begin_piece(state, fetch)):
            fetch.waits = False
            state.do(ResumeFetch(fetch.key))


def stop(state: TorrentState, fetch: Fetch) -> None:
    """End a fetch early; what it has brought is kept."""
    if not fetch.is_stopped:
        release(state, fetch)
        fetch.is_stopped = True
        state.do(StopFetch(fetch.key))


def release(state: TorrentState, fetch: Fetch) -> None:
    """Let others fetch what this one will not bring."""
    webseed_reserve.give_up(state, fetch, fetch.begun)
    download, fetch.download = fetch.download, None
    if download is not None and state.downloads.get(download.piece) is download:
        block_choice.give_back_all(state, fetch.source.key, download)
