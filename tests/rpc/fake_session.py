"""A session for tests of the API: torrents that are records, and nothing that runs."""

from dataclasses import dataclass, field

import trio

from raincore.base.errors import FormatError
from raincore.base.ids import InfoHash
from raincore.base.session_errors import (
    DuplicateId,
    MetadataNotReady,
    NotRunning,
    SessionError,
    TorrentIsPrivate,
    TorrentNotFound,
)
from raincore.documents.events import Explanation
from raincore.documents.session_records import (
    ByteCounts,
    ConnectionCounts,
    FileStatsView,
    FileView,
    PeerView,
    PieceCounts,
    SessionEvent,
    SessionStats,
    TorrentStats,
    TorrentStatus,
    TorrentSummary,
    TrackerStatus,
    TrackerView,
    WebseedView,
)
from raincore.session.add_options import AddOptions
from raincore.session.changes import Changed
from raincore.storage.torrent_record import TorrentOptions

HASH = "4242e334070406956b87c25f7c36251d32743461"
ADDED = 1_772_359_200.0  # 2026-03-01T10:00:00Z
FILE = FileView(path="sample_torrent/data/file1.bin", length=10240)


@dataclass(eq=False)
class FakeTorrent:
    """What `ManagedTorrent` promises, without anything behind it."""

    session: "FakeSession"
    id: str
    name: str
    info_hash: str = HASH
    port: int = 23456
    added_at: float = ADDED
    revision: int = 0
    status: TorrentStatus = TorrentStatus.DOWNLOADING
    error: str = ""
    private: bool = False
    has_metadata: bool = True
    options: TorrentOptions = field(default_factory=TorrentOptions)
    done: list = field(default_factory=list)

    def summary(self):
        return TorrentSummary(
            id=self.id,
            name=self.name,
            info_hash=self.info_hash,
            port=self.port,
            added_at=self.added_at,
            status=self.status,
            error=self.error,
            labels=self.options.labels,
            revision=self.revision,
        )

    def touch(self, **changes):
        for name, value in changes.items():
            setattr(self, name, value)
        self.revision = self.session.happened(self.id, "changed")

    async def start(self):
        self.touch(status=TorrentStatus.DOWNLOADING)

    async def stop(self):
        self.touch(status=TorrentStatus.STOPPED)

    async def verify(self):
        if not self.has_metadata:
            raise MetadataNotReady
        self.done.append("verify")

    async def announce(self):
        self.done.append("announce")

    async def add_peer(self, address):
        if not address.rpartition(":")[2].isdecimal():
            raise FormatError(f"not an address: {address}")
        self.done.append(address)

    async def add_tracker(self, url):
        if not url.startswith(("http:", "https:", "udp:")):
            raise SessionError(f"unsupported tracker scheme: {url.partition(':')[0]}")
        self.done.append(url)

    async def remove_tracker(self, url):
        self.done.append(("removed", url))

    async def set_options(self, options):
        self.touch(options=options)

    def stats(self):
        return TorrentStats(
            info_hash=self.info_hash,
            port=self.port,
            name=self.name,
            file_count=6,
            piece_length=32768,
            status=self.status,
            error=self.error,
            pieces=PieceCounts(have=12, missing=309, available=321, total=321),
            bytes=ByteCounts(total=10506282, completed=393216, incomplete=10113066),
            peers=ConnectionCounts(total=1, outgoing=1),
            download_rate=20480,
            eta_seconds=494,
        )

    def trackers(self):
        url = "http://127.0.0.1:5000/announce"
        refused = "tracker refused the connection"
        return [
            TrackerView(
                url=url,
                tier=0,
                status=TrackerStatus.NOT_WORKING,
                error=refused,
                last_announce=ADDED,
            ),
            TrackerView(url="udp://second.example:1", tier=0, current=False),
        ]

    def peers(self):
        return [
            PeerView(
                id=b"-RN2.3.0-\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
                client="Rain 2.3.0",
                address="127.0.0.1:20000",
                source="tracker",
                connected_at=ADDED + 7,
                downloading=True,
            ),
            PeerView(id=bytes(20), client="", address="[::1]:1", source="lsd", connected_at=ADDED),
        ]

    def webseeds(self):
        return [WebseedView(url="http://host/", error="unexpected status code: 404")]

    def each_file(self):
        if not self.has_metadata:
            raise MetadataNotReady
        return iter([FILE])

    def each_file_stats(self):
        if self.status is TorrentStatus.STOPPED:
            raise NotRunning("torrent not running so file stats unavailable")
        return iter([FileStatsView(file=FILE, bytes_completed=10240)])

    def magnet(self):
        if self.private:
            raise TorrentIsPrivate
        return f"magnet:?xt=urn:btih:{self.info_hash}&dn={self.name}"

    def metainfo(self):
        if not self.has_metadata:
            raise MetadataNotReady
        return b"d4:infod4:name1:xee"

    def explain(self):
        known = InfoHash(bytes.fromhex(self.info_hash))
        return [Explanation(info_hash=known, cause="no_peers", evidence="nobody is there")]


class FakeSession:
    """What `Session` promises."""

    def __init__(self):
        self.found = {}
        self.revision = 0
        self.log = []
        self.news = trio.Event()
        self.cleaned = 0

    def put(self, id, name="sample_torrent", **facts):
        torrent = self.found[id] = FakeTorrent(self, id, name, **facts)
        torrent.revision = self.happened(id, "added")
        return torrent

    def happened(self, id, kind):
        self.revision += 1
        self.log.append(SessionEvent(revision=self.revision, time=ADDED, id=id, kind=kind))
        self.news.set()
        self.news = trio.Event()
        return self.revision

    async def add_torrent(self, metainfo, options=AddOptions()):
        if not metainfo.startswith(b"d"):
            raise FormatError("is no bencode")
        return self._add(options, "sample_torrent")

    async def add_uri(self, uri, options=AddOptions()):
        scheme = uri.partition(":")[0]
        if scheme not in ("magnet", "http", "https"):
            raise SessionError(f"unsupported uri scheme: {scheme}")
        if "bad" in uri:
            raise FormatError("magnet link: no hash")
        return self._add(options, uri.partition("dn=")[2])

    def _add(self, options, name):
        id = options.id or f"id{len(self.found)}"
        if id in self.found:
            raise DuplicateId(id)
        torrent = self.put(id, name, options=options.options)
        torrent.done += options.peers
        if options.stopped:
            torrent.status = TorrentStatus.STOPPED
        return torrent

    def get(self, id):
        if id not in self.found:
            raise TorrentNotFound(id)
        return self.found[id]

    def torrents(self):
        return list(self.found.values())

    async def remove(self, id, *, keep_data):
        if self.found.pop(id, None) is not None:
            self.happened(id, "removed")

    async def move(self, id, target):
        """For tests that move nothing."""
        raise SessionError(f"http error: 500 {target}")

    async def start_all(self):
        for torrent in self.torrents():
            await torrent.start()

    async def stop_all(self):
        for torrent in self.torrents():
            await torrent.stop()

    async def clean_database(self):
        self.cleaned += 1
        return 0

    def stats(self):
        return SessionStats(uptime_seconds=61, torrents=len(self.found), ports_available=9999)

    def torrents_since(self, revision=0):
        complete = not 0 < revision <= self.revision
        found = [t for t in self.torrents() if complete or t.revision > revision]
        gone = {
            event.id: 0
            for event in self.log
            if event.kind == "removed" and event.revision > revision and event.id not in self.found
        }
        return Changed(
            revision=self.revision,
            torrents=sorted(found, key=lambda torrent: torrent.revision),
            removed=() if complete else tuple(gone),
            complete=complete,
        )

    def events(self, since=None):
        return Following(self, self.revision if since is None else since)


class Following:
    """Events one after another, for as long as somebody asks."""

    def __init__(self, session, at):
        self.session = session
        self.at = at

    def __aiter__(self):
        return self

    async def __anext__(self):
        await trio.lowlevel.checkpoint()
        while not (found := [e for e in self.session.log if e.revision > self.at]):
            await self.session.news.wait()
        self.at = found[0].revision
        return found[0]


class FakeTuning:
    """What `rpc.api.Tuning` promises."""

    def __init__(self):
        self.values = {"rpc-port": 7246, "speed-limit-download": 0}

    def shown(self):
        return self.values

    async def change(self, changes):
        self.values = {**self.values, **changes}
        return sorted(changes), []
