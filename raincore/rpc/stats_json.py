"""The numbers of a torrent as JSON, by one template: they are asked for of all torrents at once.

The same as writing `views.torrent_stats`, in a quarter of the time, and an eighth where nobody is there: there
are 45 of them, and nearly all are whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.documents.session_records import NO_ADDRESSES, NO_DOWNLOADS, NOBODY, TorrentStatus
from raincore.rpc.views import eta
from raincore.wire.jsonrpc import Written, written

if TYPE_CHECKING:
    from raincore.documents.session_records import TorrentStats

__all__ = ["of", "stand_still"]

HEAD = b"".join(
    (
        b'{"InfoHash":%b,"Port":%d,"Status":%b,"Error":%b,',
        b'"Pieces":{"Checked":%d,"Have":%d,"Missing":%d,"Available":%d,"Total":%d},',
        b'"Bytes":{"Total":%d,"Padding":%d,"Allocated":%d,"Completed":%d,"Incomplete":%d,',
        b'"Downloaded":%d,"Uploaded":%d,"Wasted":%d},',
    )
)
CROWD = b"".join(
    (
        b'"Peers":{"Total":%d,"Incoming":%d,"Outgoing":%d},',
        b'"Handshakes":{"Total":%d,"Incoming":%d,"Outgoing":%d},',
        b'"Addresses":{"Total":%d,"Tracker":%d,"DHT":%d,"PEX":%d},',
        b'"Downloads":{"Total":%d,"Running":%d,"Snubbed":%d,"Choked":%d},',
        b'"MetadataDownloads":{"Total":%d,"Running":%d,"Snubbed":%d},',
    )
)
TAIL = b"".join(
    (
        b'"Name":%b,"Private":%b,"FileCount":%d,"PieceLength":%d,"SeededFor":%d,',
        b'"Speed":{"Download":%d,"Upload":%d},"ETA":%d}',
    )
)
ALONE = CROWD % ((0,) * 17)
"""Of most torrents of a large session."""
STATUSES = {status: written(status.value) for status in TorrentStatus}
NO_TEXT = written("")
FLAGS = (b"false", b"true")
STANDING = (TorrentStatus.STOPPED, TorrentStatus.QUEUED)


def stand_still(stats: TorrentStats) -> bool:
    """Whether they are of a torrent that does not run, and stay the same for a while."""
    return stats.status in STANDING


def of(stats: TorrentStats) -> Written:
    """Write the numbers of a torrent."""
    pieces, sizes = stats.pieces, stats.bytes
    error = written(stats.error) if stats.error else NO_TEXT
    head = HEAD % (
        *(written(stats.info_hash), stats.port, STATUSES[stats.status], error),
        *(pieces.checked, pieces.have, pieces.missing, pieces.available, pieces.total),
        *(sizes.total, sizes.padding, sizes.allocated, sizes.completed, sizes.incomplete),
        *(sizes.downloaded, sizes.uploaded, sizes.wasted),
    )
    tail = TAIL % (
        *(written(stats.name), FLAGS[stats.private], stats.file_count, stats.piece_length),
        *(stats.seeded_seconds, stats.download_rate, stats.upload_rate, eta(stats.eta_seconds)),
    )
    return Written(head + crowd(stats) + tail)


def crowd(stats: TorrentStats) -> bytes:
    """The part that is about others."""
    peers, handshakes, addresses = stats.peers, stats.handshakes, stats.addresses
    downloads, metadata = stats.downloads, stats.metadata_downloads
    if (
        peers is handshakes is NOBODY
        and addresses is NO_ADDRESSES
        and downloads is metadata is NO_DOWNLOADS
    ):
        return ALONE
    return CROWD % (
        *(peers.total, peers.incoming, peers.outgoing),
        *(handshakes.total, handshakes.incoming, handshakes.outgoing),
        *(addresses.total, addresses.tracker, addresses.dht, addresses.pex),
        *(downloads.total, downloads.running, downloads.snubbed, downloads.choked),
        *(metadata.total, metadata.running, metadata.snubbed),
    )
