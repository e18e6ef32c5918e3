"""What one server tells another of a torrent that it hands over: rain's JSON, and our addition.

`Metainfo`, the whole .torrent file, and `Options`, all that is wanted of it, are ours; rain
knows only the info dictionary and four flags. What the
other side claims to have of the content is not believed but checked.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from raincore.base.errors import FormatError
from raincore.base.ids import InfoHash
from raincore.formats import magnet as magnets
from raincore.formats import metainfo as metainfos
from raincore.formats.magnet import Magnet
from raincore.policy import named_peers
from raincore.session import torrent_documents
from raincore.session.add_options import Before
from raincore.storage import torrent_record
from raincore.storage.torrent_record import Counts, TorrentOptions

if TYPE_CHECKING:
    from raincore.documents.session_records import TorrentStats
    from raincore.session.managed_torrent import ManagedTorrent

__all__ = ["MoveRecord", "decode", "encode"]

VERSION = 3
MAX_TEXTS = 10_000
MOST = 2**63
LATEST = 2.0**40
"""No calendar has a later second; it is in the year 36812."""


@dataclass(frozen=True, slots=True)
class MoveRecord:
    """What has been read of it.

    Args:
        metainfo: A .torrent file; b"" if its metadata is not known yet.
        magnet: A link to it, then.
        name: What it is called.
        started: Whether it ran.
        options: What was wanted of it.
        peers: "host:port" that were named.
        before: What it had done there.
        is_whole: Whether the other side says that it has everything.
    """

    metainfo: bytes
    magnet: str
    name: str
    started: bool
    options: TorrentOptions = field(default_factory=TorrentOptions)
    peers: tuple[str, ...] = ()
    before: Before = field(default_factory=Before)
    is_whole: bool = False


def encode(
    torrent: ManagedTorrent, stats: TorrentStats, metainfo: bytes, *, started: bool
) -> bytes:
    """Describe a torrent, for rain as well.

    Args:
        metainfo: Its .torrent file; b"" if its metadata is not known.
        started: Whether it ran before it was stopped to be moved.
    """
    tiers: dict[int, list[str]] = {}
    for view in torrent.trackers():
        tiers.setdefault(view.tier, []).append(view.url)
    record, pieces = torrent.life.record, stats.pieces
    options = record.options
    whole = bool(pieces.total) and pieces.have == pieces.total
    value = {
        "Port": stats.port,
        "Name": torrent.name,
        "Trackers": list(tiers.values()),
        "URLList": [view.url for view in torrent.webseeds()],
        "FixedPeers": [*record.peers, *record.added_peers][: named_peers.MOST],
        "AddedAt": datetime.fromtimestamp(int(torrent.added_at), UTC).isoformat(),
        "BytesDownloaded": stats.bytes.downloaded,
        "BytesUploaded": stats.bytes.uploaded,
        "BytesWasted": stats.bytes.wasted,
        "Started": started,
        "StopAfterDownload": options.stop_after_download,
        "StopAfterMetadata": options.stop_after_metadata,
        "CompleteCmdRun": record.hook_ran,
        "Sequential": options.sequential,
        "Version": VERSION,
        "InfoHash": _base64(bytes.fromhex(torrent.info_hash)),
        "Info": _base64(metainfos.parse(metainfo).info.raw) if metainfo else "",
        "Bitfield": _base64(_full(pieces.total)) if whole else "",
        "SeededFor": stats.seeded_seconds * 10**9,
        "Metainfo": _base64(metainfo),
        "Options": torrent_record.encode_options(options),
    }
    return json.dumps(value).encode()


def decode(data: bytes) -> MoveRecord:
    """Read a description, believing nothing.

    Raises:
        FormatError: It is none, or of no torrent.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError("metadata is no JSON") from error
    if not isinstance(value, dict):
        raise FormatError("metadata is no JSON object")
    given = _Given(value)
    trackers = given.tiers("Trackers")
    metainfo, info = given.data("Metainfo"), given.data("Info")
    if not metainfo and info:
        metainfo = metainfos.encode(info, trackers=trackers, webseeds=given.texts("URLList"))
    name = given.text("Name")
    magnet = ""
    if metainfo:
        total = metainfos.parse(metainfo).info.geometry.piece_count
        is_whole = given.data("Bitfield") == _full(total)
    else:
        hash_ = InfoHash(given.data("InfoHash"))
        magnet = magnets.encode(Magnet(info_hash=hash_, name=name or None, trackers=trackers))
        is_whole = False
    return MoveRecord(
        metainfo,
        magnet,
        name,
        started=given.flag("Started"),
        options=_options(given),
        peers=tuple(filter(named_peers.is_name, given.texts("FixedPeers")))[: named_peers.MOST],
        before=_before(given),
        is_whole=is_whole,
    )


def _options(given: _Given) -> TorrentOptions:
    """All that was wanted, as ours tells it; of rain's flags what there is of them."""
    wishes = given.value.get("Options")
    if wishes is not None:
        options = torrent_record.parse_options(wishes)
        torrent_documents.check_options(options, None)
        return options
    return TorrentOptions(
        stop_after_download=given.flag("StopAfterDownload"),
        stop_after_metadata=given.flag("StopAfterMetadata"),
        sequential=given.flag("Sequential"),
    )


def _before(given: _Given) -> Before:
    counts = Counts(
        downloaded=given.count("BytesDownloaded"),
        uploaded=given.count("BytesUploaded"),
        wasted=given.count("BytesWasted"),
        seeded_seconds=given.count("SeededFor") / 1e9,
    )
    return Before(given.moment("AddedAt"), counts, given.flag("CompleteCmdRun"))


class _Given:
    """The members of a JSON object, each of the kind that it must have."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    def text(self, name: str) -> str:
        found = self.value.get(name) or ""
        if not isinstance(found, str):
            raise FormatError(f"metadata: {name} is no text")
        return found

    def flag(self, name: str) -> bool:
        return self.value.get(name) is True

    def count(self, name: str) -> int:
        """A number that cannot be believed to be one; 0 where it is not."""
        found = self.value.get(name)
        return found if type(found) is int and 0 <= found < MOST else 0

    def moment(self, name: str) -> float:
        """Seconds since 1970; 0 if it is no time of RFC 3339 between then and now-ish."""
        try:
            found = datetime.fromisoformat(self.text(name)).timestamp()
        except (ValueError, OverflowError):
            return 0.0
        return found if 0 < found < LATEST else 0.0

    def data(self, name: str) -> bytes:
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (ValueError, binascii.Error) as error:
            raise FormatError(f"metadata: {name} is no base64") from error

    def texts(self, name: str) -> tuple[str, ...]:
        return _texts(self.value.get(name) or [], name)

    def tiers(self, name: str) -> tuple[tuple[str, ...], ...]:
        found = self.value.get(name) or []
        if not isinstance(found, list) or len(found) > MAX_TEXTS:
            raise FormatError(f"metadata: {name} is no list of lists")
        return tuple(_texts(tier, name) for tier in found)


def _texts(found: Any, name: str) -> tuple[str, ...]:
    is_list = isinstance(found, list) and len(found) <= MAX_TEXTS
    if not is_list or not all(isinstance(item, str) for item in found):
        raise FormatError(f"metadata: {name} is no list of texts")
    return tuple(found)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _full(pieces: int) -> bytes:
    """A bit for each piece, the most significant first (BEP 3, "peer messages")."""
    count, rest = divmod(pieces, 8)
    return b"\xff" * count + (bytes([0xFF00 >> rest & 0xFF]) if rest else b"")
