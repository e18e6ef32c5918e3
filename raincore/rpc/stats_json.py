"""The numbers of a torrent as JSON, by one template: they are asked for of all torrents at once.

The same as writing `views.torrent_stats`, in a quarter of the time (9 against 37 µs): there
are 45 of them, and nearly all are whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.documents.session_records import TorrentStatus
from raincore.rpc.views import eta
from raincore.wire.jsonrpc import Written, written

if TYPE_CHECKING:
    from raincore.documents.session_records import TorrentStats

__all__ = ["of", "stand_still"]

TEMPLATE = b"".join(
    (
        b'{"InfoHash":%b,"Port":%d,"Status":%b,"Error":%b,',
        b'"Pieces":{"Checked":%d,"Have":%d,"Missing":%d,"Available":%d,"Total":%d},',
        b'"Bytes":{"Total":%d,"Padding":%d,"Allocated":%d,"Completed":%d,"Incomplete":%d,',
        b'"Downloaded":%d,"Uploaded":%d,"Wasted":%d},',
        b'"Peers":{"Total":%d,"Incoming":%d,"Outgoing":%d},',
        b'"Handshakes":{"Total":%d,"Incoming":%d,"Outgoing":%d},',
        b'"Addresses":{"Total":%d,"Tracker":%d,"DHT":%d,"PEX":%d},',
        b'"Downloads":{"Total":%d,"Running":%d,"Snubbed":%d,"Choked":%d},',
        b'"MetadataDownloads":{"Total":%d,"Running":%d,"Snubbed":%d},',
        b'"Name":%b,"Private":%b,"FileCount":%d,"PieceLength":%d,"SeededFor":%d,',
        b'"Speed":{"Download":%d,"Upload":%d},"ETA":%d}',
    )
)
STATUSES = {status: written(status.value) for status in TorrentStatus}
FLAGS = (b"false", b"true")
STANDING = (TorrentStatus.STOPPED, TorrentStatus.QUEUED)


def stand_still(stats: TorrentStats) -> bool:
    """Whether they are of a torrent that does not run, and stay the same for a while."""
    return stats.status in STANDING


def of(stats: TorrentStats) -> Written:
    """Write the numbers of a torrent."""
    pieces, sizes, peers, handshakes = stats.pieces, stats.bytes, stats.peers, stats.handshakes
    addresses, downloads, metadata = stats.addresses, stats.downloads, stats.metadata_downloads
    return Written(
        TEMPLATE
        % (
            *(written(stats.info_hash), stats.port, STATUSES[stats.status], written(stats.error)),
            *(pieces.checked, pieces.have, pieces.missing, pieces.available, pieces.total),
            *(sizes.total, sizes.padding, sizes.allocated, sizes.completed, sizes.incomplete),
            *(sizes.downloaded, sizes.uploaded, sizes.wasted),
            *(peers.total, peers.incoming, peers.outgoing),
            *(handshakes.total, handshakes.incoming, handshakes.outgoing),
            *(addresses.total, addresses.tracker, addresses.dht, addresses.pex),
            *(downloads.total, downloads.running, downloads.snubbed, downloads.choked),
            *(metadata.total, metadata.running, metadata.snubbed),
            *(written(stats.name), FLAGS[stats.private], stats.file_count, stats.piece_length),
            *(stats.seeded_seconds, stats.download_rate, stats.upload_rate),
            eta(stats.eta_seconds),
        )
    )
