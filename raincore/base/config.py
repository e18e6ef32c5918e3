"""The frozen settings object, its defaults, units in the names.

Made of small groups; a function takes its group, so its signature says what it
depends on. Where rain's default and ours differ, the comment says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

from raincore.base.server_config import BlocklistRules, RpcRules

__all__ = [
    "BOOTSTRAP",
    "Config",
    "DhtLimits",
    "DiskLimits",
    "Encryption",
    "Identity",
    "PeerLimits",
    "ProcessLimits",
    "RateLimits",
    "SessionRules",
    "SocketRules",
    "Sources",
    "TrackerLimits",
    "UploadLimits",
    "WebPatience",
    "WebseedLimits",
]

KIB = 1024
MIB = 1024 * KIB

BOOTSTRAP = (
    "router.bittorrent.com:6881",
    "router.utorrent.com:6881",
    "dht.transmissionbt.com:6881",
    "dht.libtorrent.org:25401",
)
"""Where a DHT node that knows nobody asks first (BEP 5); run by different people."""


class Encryption(Enum):
    """What we think of message stream encryption (MSE)."""

    PREFER = "prefer"
    """Hide the handshake from onlookers, but take any peer, and rather plain content."""
    REQUIRE = "require"
    """All that is said to a peer is encrypted, or it is no peer of ours."""
    OFF = "off"
    """Everything in the clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLimits:
    """How many peers, how fast, how patient. Times in seconds."""

    max_dialled: int = 80
    max_accepted: int = 200  # rain: 20, which starves a one-torrent seeder
    max_peers: int | None = None  # of both kinds; a fifth of them is kept for who dials us
    max_half_open: int = 20
    connect_timeout_seconds: float = 5.0
    handshake_timeout_seconds: float = 10.0
    encryption: Encryption = Encryption.PREFER
    incoming_encryption: Encryption | None = None  # None: as `encryption`
    request_timeout_seconds: float = 20.0  # then the peer is snubbed
    idle_timeout_seconds: float = 180.0  # silence; peers send keep-alives each 120 (BEP 3)
    keep_alive_seconds: float = 100.0
    max_message_length: int = 2 * MIB  # a bitfield of 16 Mi pieces; blocks are far smaller
    max_request_length: int = 128 * KIB  # what libtorrent and rain accept
    max_metadata_length: int = 30 * MIB
    requests_in_max: int = 2000  # advertised as reqq (BEP 10)
    requests_out_max: int | None = None  # if the peer says reqq; None: as the next
    requests_out_start: int = 4  # before it is known how fast a peer is
    requests_out_default: int = 500  # until the peer says reqq; rain: 50 starves fast links
    request_queue_seconds: float = 3.0  # depth of the pipeline in time (libtorrent)
    piece_timeout_seconds: float = 180.0  # without a byte in a message; rain: 30
    endgame_max: int = 20  # peers that may be expected to send one block at the end
    metadata_downloads: int | None = None  # peers asked at once; None: all; rain: 2
    max_addresses: int = 3000  # that are remembered; rain: 2000

    @property
    def places(self) -> int:
        """How many peers there may be in all."""
        both = self.max_dialled + self.max_accepted
        return both if self.max_peers is None else min(self.max_peers, both)

    @property
    def places_to_dial(self) -> int:
        """How many of them may be peers that we have dialled."""
        if self.max_peers is None:
            return self.max_dialled
        return min(self.max_dialled, max(1, self.max_peers * 4 // 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """Whom to serve and how much at once."""

    slots: int | None = None  # peers served at once; None: as many as the line carries
    slots_min: int = 8
    slots_max: int = 100
    allowed_fast: int = 5  # pieces that newcomers get without a slot (BEP 6)
    choke_interval_seconds: float = 10.0
    optimistic_interval_seconds: float = 30.0
    optimistic_slots: int | None = None  # of `slots`; None: a fifth
    batch_blocks: int = 64  # requests answered by one send


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Bytes per second, 0 for unlimited.

    What counts is all that passes between us and peers, messages as well as content, once
    handshakes are done, and the content that web seeds send. Headers of packets and of HTTP
    do not count, nor do trackers and the DHT.
    """

    download_bytes_per_second: int = 0  # of all torrents together
    upload_bytes_per_second: int = 0
    torrent_download_bytes_per_second: int = 0  # of each torrent, until told otherwise
    torrent_upload_bytes_per_second: int = 0
    limit_local: bool = True  # whether peers and web seeds of the local network count, too


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """What all torrents of a process share equally."""

    open_files: int = 10240  # descriptors to ask the system for; rain fails without them
    max_connections: int = 4000  # to peers; fewer if there are not enough descriptors
    max_half_open: int = 100  # of them, those that are being dialled


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskLimits:
    """Memory between network and disk, for all torrents together; when state is saved."""

    write_budget_bytes: int = 40 * MIB  # pieces being downloaded, hashed and written
    read_cache_bytes: int = 16 * MIB
    save_interval_seconds: float = 5.0
    read_cache_seconds: float = math.inf  # how long what nobody asks for is kept; rain: 60
    read_run_length: int = MIB  # what is read ahead; rain: 128 KiB
    parallel_reads: int = 1
    parallel_writes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DhtLimits:
    """How much a DHT node remembers and says."""

    read_only: bool = False  # ask only (BEP 43): for tools that run for seconds
    honest_ids_only: bool = False  # enforce BEP 42; a third of all nodes have other ids
    bucket_sizes: tuple[int, ...] = (32, 16, 8)  # the first buckets are larger, as in libtorrent
    lookups_at_once: int = 32  # others wait
    reply_bytes_per_second: float = 100 * KIB  # to all others together
    max_torrents: int = 2000  # that others announce to us
    max_peers_per_torrent: int = 500
    max_items: int = 700
    host: str = ""  # one address; empty: every one, IPv4 and IPv6
    announce_interval_seconds: float = 900.0  # nodes keep it for half an hour; rain: 1800
    min_announce_interval_seconds: float = 10.0  # while nobody is known; rain: 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where else than at trackers peers and content may be looked for."""

    dht: bool = True
    pex: bool = True
    lsd: bool = True
    webseeds: bool = True
    bootstrap: tuple[str, ...] = BOOTSTRAP  # "host:port"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketRules:
    """What holds for every socket of the process, whatever it is for."""

    bind: tuple[str, ...] = ()  # addresses, one per family, or one device; empty: any
    proxy: str = ""  # URL of what everything goes through; empty: nothing
    blocklists: tuple[str, ...] = ()  # files that name addresses to stay away from
    verify_tls: bool = True  # https servers must prove who they are
    lookup_timeout_seconds: float = 10.0  # of a name; rain: 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """What holds for a session of many torrents; 0 is "no limit" for counts."""

    database: str = ""  # a directory; empty: "session.db" beside the data directory
    data_dir_includes_torrent_id: bool = True  # so that equal names do not meet
    listen_host: str = ""  # one address; empty: every one, IPv4 and IPv6
    port_begin: int = 20000  # each torrent has a port of its own in [begin, end) …
    port_end: int = 30000
    shared_port: int = 0  # … unless all of them have this one
    dht_port: int = 7246
    resume_on_startup: bool = True  # start what was started when the session ended
    on_complete_command: tuple[str, ...] = ()
    max_torrent_length: int = 10 * MIB  # of a .torrent file
    max_pieces: int = 65536
    max_active_downloads: int = 0
    max_active_seeds: int = 0
    max_active_checks: int = 0
    seed_ratio: float = math.inf  # a torrent stops when it has given so much; its own wins
    seed_seconds: float = math.inf
    seed_idle_seconds: float = math.inf  # without giving anything
    announces_per_second: float = 20.0  # to one tracker host, by all torrents together
    health_check_interval_seconds: float = 10.0
    health_check_timeout_seconds: float = 60.0
    file_mode: int = 0o777  # of directories, less the umask; files: without x; rain: 0750
    fetch_timeout_seconds: float = 30.0  # of a .torrent file from the web
    snapshot_interval_seconds: float = 3600.0  # between copies of the database
    labels: tuple[str, ...] = ()  # of what is added without


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerLimits:
    """What trackers are asked, how often, and how long we wait."""

    num_want: int = 200
    stop_timeout_seconds: float = 3.5  # a user waits for 4 s after a signal; rain: 5
    min_interval_seconds: float = 60.0  # while more peers are wanted
    http_timeout_seconds: float = 20.0  # rain: 10
    http_max_length: int = 2 * MIB
    verify_tls: bool = True  # and so say the rules of all sockets


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPatience:
    """How long each step of a request to a web seed may take; rain: 10 s each."""

    connect_seconds: float = 30.0
    tls_seconds: float = 30.0
    header_seconds: float = 30.0
    read_seconds: float = 30.0  # between two reads of the body
    head_seconds: float = 30.0  # all up to the head of the answer, redirects included


@dataclass(frozen=True, slots=True, kw_only=True)
class WebseedLimits:
    """How many web seeds are asked, and how patiently."""

    max_sources: int = 100  # of a torrent; rain: 10
    max_downloads: int = 4  # at once, of a torrent
    patience: WebPatience = WebPatience()
    verify_tls: bool = True  # and so say the rules of all sockets
    retry_seconds: float | None = None  # None: a second, then twice as long each time; rain: 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How we introduce ourselves in private torrents; "" is what all others hear."""

    peer_id_prefix: str = ""
    client: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one process.

    `data_dir` is where a session keeps content; empty for "$HOME/rain/data".
    """

    data_dir: str = ""
    session: SessionRules = field(default_factory=SessionRules)
    peers: PeerLimits = field(default_factory=PeerLimits)
    uploads: UploadLimits = field(default_factory=UploadLimits)
    rates: RateLimits = field(default_factory=RateLimits)
    disk: DiskLimits = field(default_factory=DiskLimits)
    process: ProcessLimits = field(default_factory=ProcessLimits)
    dht: DhtLimits = field(default_factory=DhtLimits)
    sources: Sources = field(default_factory=Sources)
    sockets: SocketRules = field(default_factory=SocketRules)
    trackers: TrackerLimits = field(default_factory=TrackerLimits)
    web: WebseedLimits = field(default_factory=WebseedLimits)
    private: Identity = field(default_factory=Identity)
    blocklist: BlocklistRules = field(default_factory=BlocklistRules)
    rpc: RpcRules = field(default_factory=RpcRules)
