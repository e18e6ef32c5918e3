"""Records of one torrent, read from its machine's state as it is now. Nothing here waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from raincore.documents.session_records import (
    NO_ADDRESSES,
    NO_DOWNLOADS,
    NOBODY,
    AddressCounts,
    ConnectionCounts,
    DownloadCounts,
    FileStatsView,
    FileView,
    PeerView,
    PieceCounts,
    TorrentStatus,
    WebseedView,
)
from raincore.formats import client_id

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from raincore.base.bitfield import Bitfield
    from raincore.formats.info import Info
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "around",
    "eta_seconds",
    "file_stats",
    "files",
    "idle_webseeds",
    "peers",
    "pieces",
    "rates",
    "webseeds",
]

ETA_STEPS = (
    (8 * 3600, 3600),
    (4 * 3600, 1800),
    (2 * 3600, 900),
    (3600, 300),
    (1800, 60),
    (900, 30),
    (300, 15),
    (60, 5),
)
"""Longer than so many seconds: said to the nearest so many, as rain does."""


def peers(state: TorrentState, now: float, today: float) -> list[PeerView]:
    """All connected peers, the oldest first.

    Args:
        now: The machine's time.
        today: The same moment in seconds since 1970.
    """
    sources = {endpoint: source for endpoint, source, _ in state.candidates.all()}
    count = state.geometry.piece_count if state.geometry is not None else 0
    return [
        peer_view(state, peer, now, today - now, sources.get(peer.joined.endpoint, ""), count)
        for peer in state.peers.values()
    ]


def peer_view(
    state: TorrentState, peer: PeerState, now: float, epoch: float, source: str, pieces: int
) -> PeerView:
    """One peer; `epoch` is when the machine's time was 0."""
    joined = peer.joined
    said = peer.extended.client if peer.extended is not None else None
    return PeerView(
        id=bytes(joined.peer_id),
        client=said or client_id.name(joined.peer_id) or "",
        address=str(joined.endpoint),
        source="incoming" if joined.incoming else source,
        connected_at=peer.joined_at + epoch,
        downloading=bool(peer.outstanding),
        we_interested=peer.we_interested,
        we_choke=peer.we_choke,
        they_interested=peer.they_interested,
        they_choke=peer.they_choke,
        optimistic=state.choker.is_optimistic(peer.key),
        snubbed=peer.snubbed,
        encrypted_handshake=joined.encryption is not None,
        encrypted_stream=joined.encryption == "rc4",
        download_rate=round(peer.download.per_second(now)),
        upload_rate=round(peer.upload.per_second(now)),
        downloaded=peer.downloaded,
        uploaded=peer.uploaded,
        progress=peer.has.count() / pieces if peer.has is not None and pieces else 0.0,
    )


def webseeds(state: TorrentState, now: float) -> list[WebseedView]:
    """All web seeds that are asked."""
    return [
        WebseedView(
            url=one.url,
            error=one.refused or (one.said if one.failures else ""),
            download_rate=round(one.download.per_second(now)),
            downloaded=one.download.total,
        )
        for one in state.web.sources.values()
    ]


def idle_webseeds(urls: Sequence[str]) -> list[WebseedView]:
    """Web seeds that nobody asks now."""
    return [WebseedView(url=url) for url in urls]


def rates(state: TorrentState, now: float) -> tuple[int, int]:
    """Bytes per second that come, web seeds included, and that go."""
    if not (state.peers or state.web.sources):
        return 0, 0
    down = sum(peer.download.per_second(now) for peer in state.peers.values())
    down += sum(one.download.per_second(now) for one in state.web.sources.values())
    return round(down), round(sum(peer.upload.per_second(now) for peer in state.peers.values()))


def pieces(
    info: Info | None, have: Bitfield | None, state: TorrentState | None, checked: int = 0
) -> PieceCounts:
    """How many pieces there are, here and around; `checked` is passed on."""
    total = info.geometry.piece_count if info is not None else 0
    count = have.count() if have is not None else 0
    around = [p.has for p in state.peers.values() if p.has is not None] if state else []
    available = 0
    if any(has.all() for has in around):
        available = total
    elif around:
        union = around[0].copy()
        for has in around[1:]:
            union = union | has
        available = union.count()
    return PieceCounts(
        checked=checked,
        have=count,
        missing=total - count,
        available=available,
        total=total,
    )


def connections(state: TorrentState) -> ConnectionCounts:
    """Connected peers."""
    if not state.peers:
        return NOBODY
    incoming = sum(peer.joined.incoming for peer in state.peers.values())
    total = len(state.peers)
    return ConnectionCounts(total=total, incoming=incoming, outgoing=total - incoming)


def addresses(state: TorrentState) -> AddressCounts:
    """Addresses that are known and not in use."""
    if not len(state.candidates):
        return NO_ADDRESSES
    idle = state.candidates.idle()
    return AddressCounts(
        total=sum(idle.values()), tracker=idle["tracker"], dht=idle["dht"], pex=idle["pex"]
    )


def downloads(state: TorrentState) -> DownloadCounts:
    """Peers that owe us blocks."""
    owing = [peer for peer in state.peers.values() if peer.outstanding]
    if not owing:
        return NO_DOWNLOADS
    snubbed = sum(peer.snubbed for peer in owing)
    choked = sum(peer.they_choke and not peer.snubbed for peer in owing)
    total = len(owing)
    return DownloadCounts(
        total=total, running=total - snubbed - choked, snubbed=snubbed, choked=choked
    )


def metadata_downloads(state: TorrentState, now: float) -> DownloadCounts:
    """Peers that owe us metadata, or were silent for so long that others were asked."""
    if state.info is not None or not state.peers:
        return NO_DOWNLOADS
    running = snubbed = 0
    for peer in state.peers.values():
        attempt = state.metadata.known(peer.metadata_size)
        if attempt is not None and attempt.outstanding(peer.key):
            running += 1
        elif now < peer.metadata_rest_until:
            snubbed += 1
    return DownloadCounts(total=running + snubbed, running=running, snubbed=snubbed)


def around(
    state: TorrentState | None,
    status: TorrentStatus,
    missing: int,
    rate: int,
    *,
    now: float,
    strangers: int = 0,
) -> dict[str, Any]:
    """What of a torrent's numbers there is only while it runs, as fields of TorrentStats.

    Args:
        missing: Bytes that are to come, at `rate` bytes per second.
        now: The machine's time.
        strangers: Who has connected and not shaken hands yet.
    """
    if state is None:
        return {}
    downloading = status is TorrentStatus.DOWNLOADING
    dials = len(state.dialling)
    new = ConnectionCounts(total=dials + strangers, incoming=strangers, outgoing=dials)
    return {
        "peers": connections(state),
        "handshakes": new if dials or strangers else NOBODY,
        "addresses": addresses(state),
        "downloads": downloads(state),
        "metadata_downloads": metadata_downloads(state, now),
        "eta_seconds": eta_seconds(missing, rate) if downloading else None,
    }


def eta_seconds(missing: int, rate: int) -> int | None:
    """When so many bytes will be here, in round numbers; None if nothing comes.

    >>> eta_seconds(10_000, 100), eta_seconds(1_000_000, 100), eta_seconds(1, 0)
    (100, 9900, None)
    """
    if rate <= 0:
        return None
    seconds = math.ceil(missing / rate)
    step = next((step for above, step in ETA_STEPS if seconds > above), 1)
    return round(seconds / step) * step


def files(info: Info, unwanted: Container[int]) -> Iterator[FileView]:
    """All files but padding; `unwanted` are indices in content order."""
    for number, index in enumerate(info.display_indices()):
        yield FileView(
            path="/".join(info.files[index].path),
            length=info.files[index].length,
            index=number,
            wanted=index not in unwanted,
        )


def file_stats(info: Info, have: Bitfield, unwanted: Container[int]) -> Iterator[FileStatsView]:
    """How many bytes of each file are in verified pieces. O(files + pieces)."""
    geometry = info.geometry
    for view, index in zip(files(info, unwanted), info.display_indices(), strict=True):
        begin = geometry.file_offsets[index]
        end = begin + geometry.file_lengths[index]
        of_file = geometry.pieces_of_file(index)
        done = have.bits.count(1, of_file.start, of_file.stop) * geometry.piece_length
        if done:  # the first and the last piece may reach into other files
            if have[of_file.start]:
                done -= begin - of_file.start * geometry.piece_length
            if have[of_file.stop - 1]:
                done -= of_file.stop * geometry.piece_length - end
        yield FileStatsView(file=view, bytes_completed=done)
