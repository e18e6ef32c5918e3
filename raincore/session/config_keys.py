"""The keys of the configuration file: names, types, defaults and meanings.

One table, from which the reader, the JSON Schema, `--print-config` and the man page come.
The first part is rain's, name for name and default for default; the second is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import raincore

__all__ = ["Key", "keys"]

RAIN = """
database | path | $HOME/rain/session.db | session.database | Where torrents are remembered: a directory.
data-dir | path | $HOME/rain/data | data_dir | Where content is put.
data-dir-includes-torrent-id | bool | true | session.data_dir_includes_torrent_id | Whether content lies in a directory named after the torrent's id.
host | str | 0.0.0.0 | session.listen_host | The address where peers are let in; 0.0.0.0 is every one, of IPv6 too.
port-begin | u16 | 20000 | session.port_begin | The first port that is lent to torrents.
port-end | u16 | 30000 | session.port_end | The port behind the last that is lent to torrents.
max-open-files | u64 | 10240 | process.open_files | Descriptors that are asked of the system; 0 leaves it alone. Fewer are no reason not to start.
pex-enabled | bool | true | sources.pex | Whether peers are asked for further peers.
resume-write-interval | duration | 30s | disk.save_interval_seconds | How often counters and verified pieces are saved; each 5s at least.
private-peer-id-prefix | str | -RN{version}- | private.peer_id_prefix | What our peer id begins with in private torrents, 16 bytes at most; empty for the same as in others.
private-extension-handshake-client-version | str | Rain {version} | private.client | What private torrents' peers hear that we are; empty for the same as others.
blocklist-url | str | | blocklist.url | Where the list of addresses to stay away from is fetched; empty for none.
blocklist-update-interval | duration | 24h | blocklist.update_interval_seconds | How old the list becomes before it is fetched again.
blocklist-update-timeout | duration | 10m | blocklist.update_timeout_seconds | How long fetching it may take.
blocklist-enabled-for-trackers | bool | true | blocklist.for_trackers | Whether it holds for trackers.
blocklist-enabled-for-outgoing-connections | bool | true | blocklist.for_outgoing | Whether it holds for peers that we dial.
blocklist-enabled-for-incoming-connections | bool | true | blocklist.for_incoming | Whether it holds for peers that dial us.
blocklist-max-response-size | i64 | 104857600 | blocklist.max_length | Bytes that the list may have.
torrent-add-http-timeout | duration | 30s | session.fetch_timeout_seconds | How long fetching a .torrent file may take.
max-metadata-size | u64 | 31457280 | peers.max_metadata_length | Bytes of an info dictionary from peers.
max-torrent-size | u64 | 10485760 | session.max_torrent_length | Bytes of a .torrent file.
max-pieces | u32 | 65536 | session.max_pieces | Pieces that a torrent may have.
dns-resolve-timeout | duration | 5s | sockets.lookup_timeout_seconds | How long looking up a name may take, of a tracker, web seed, peer or node.
speed-limit-download | kib | 0 | rates.download_bytes_per_second | KiB per second of all torrents together; 0 for no limit.
speed-limit-upload | kib | 0 | rates.upload_bytes_per_second | KiB per second of all torrents together; 0 for no limit.
resume-on-startup | bool | true | session.resume_on_startup | Whether what was started runs again after a restart.
health-check-interval | duration | 10s | session.health_check_interval_seconds | How often it is looked whether a torrent still reacts.
health-check-timeout | duration | 60s | session.health_check_timeout_seconds | When a torrent that does not react is started anew.
file-permissions | mode | 0750 | session.file_mode | Mode of directories of content, less the umask; files have it without the x bits. The database is for its owner alone.
rpc-enabled | bool | true | rpc.enabled | Whether the server can be controlled.
rpc-host | str | 127.0.0.1 | rpc.host | The address where it is controlled; on any but loopback rpc-token is needed.
rpc-port | u16 | 7246 | rpc.port | The TCP port of that; 0 for any that is free.
rpc-shutdown-timeout | duration | 5s | rpc.shutdown_timeout_seconds | How long requests may still take when the server ends.
dht-enabled | bool | true | sources.dht | Whether peers are looked for in the DHT.
dht-host | str | 0.0.0.0 | dht.host | The address of the DHT node; 0.0.0.0 is every one, of IPv6 too.
dht-port | u16 | 7246 | session.dht_port | The UDP port of the DHT node.
dht-announce-interval | duration | 30m | dht.announce_interval_seconds | How often a torrent is announced in the DHT, and peers are looked for there.
dht-min-announce-interval | duration | 1m | dht.min_announce_interval_seconds | How soon that is repeated while no peer is known; each time twice as late.
dht-bootstrap-nodes | strings | router.bittorrent.com:6881, dht.transmissionbt.com:6881, router.utorrent.com:6881, dht.libtorrent.org:25401, dht.aelitis.com:6881 | sources.bootstrap | Nodes that are asked first by who knows no other.
tracker-num-want | int | 200 | trackers.num_want | Peers that a tracker is asked for.
tracker-stop-timeout | duration | 5s | trackers.stop_timeout_seconds | How long trackers are waited for when a torrent stops; 3s at most when the server ends.
tracker-min-announce-interval | duration | 1m | trackers.min_interval_seconds | Time at least between two announces to a tracker, whatever it allows.
tracker-http-timeout | duration | 10s | trackers.http_timeout_seconds | How long an HTTP tracker may take.
tracker-http-private-user-agent | str | Rain/{version} | private.user_agent | Whom trackers of private torrents see; empty for the same as others.
tracker-http-max-response-size | u64 | 2097152 | trackers.http_max_length | Bytes of an HTTP tracker's answer.
tracker-http-verify-tls | bool | true | trackers.verify_tls | Whether https trackers must prove who they are.
unchoked-peers | int | 3 | uploads.slots | Peers of a torrent that are served at once.
optimistic-unchoked-peers | int | 1 | uploads.optimistic_slots | Further ones that take turns, whatever they give.
max-requests-in | int | 250 | peers.requests_in_max | Requests that a peer may have waiting.
max-requests-out | int | 250 | peers.requests_out_max | Requests that we may have waiting at a peer.
default-requests-out | int | 50 | peers.requests_out_default | The same while the peer does not say how many it takes.
request-timeout | duration | 20s | peers.request_timeout_seconds | When a peer that sends nothing is passed over.
endgame-max-duplicate-downloads | int | 20 | peers.endgame_max | Peers that are asked for the same block at the end, snubbed ones not counted; more than two only if some are slow.
max-peer-dial | int | 80 | peers.max_dialled | Peers of a torrent that we have dialled.
max-peer-accept | int | 20 | peers.max_accepted | Peers of a torrent that have dialled us.
parallel-metadata-downloads | int | 2 | peers.metadata_downloads | Peers that are asked for the metadata at once; who takes 2s for a part is not counted.
peer-connect-timeout | duration | 5s | peers.connect_timeout_seconds | How long connecting may take.
peer-handshake-timeout | duration | 10s | peers.handshake_timeout_seconds | How long a handshake may take.
piece-read-timeout | duration | 30s | peers.piece_timeout_seconds | How long a peer may pause within a message; looked at each 10s.
max-peer-addresses | int | 2000 | peers.max_addresses | Addresses that a torrent remembers.
allowed-fast-set | int | 10 | uploads.allowed_fast | Pieces that a new peer may have while it is choked, a twentieth of all at most; 0 for none.
read-cache-block-size | i64 | 131072 | disk.read_run_length | Bytes that are read at once for peers, 16384 at least; 1048576 takes a third less work.
read-cache-size | i64 | 268435456 | disk.read_cache_bytes | Bytes of content that is kept for peers.
read-cache-ttl | duration | 1m | disk.read_cache_seconds | How long it is kept when nobody asks for it.
parallel-reads | int | 1 | disk.parallel_reads | Threads that read for peers.
parallel-writes | int | 1 | disk.parallel_writes | Threads that write pieces; each torrent keeps to one.
write-cache-size | i64 | 1073741824 | disk.write_budget_bytes | Bytes of pieces that are being downloaded.
disable-outgoing-encryption | bool | false | - | Dial peers in the clear.
force-outgoing-encryption | bool | false | - | Dial peers encrypted or not at all.
force-incoming-encryption | bool | false | - | Let no peer in that does not encrypt.
webseed-dial-timeout | duration | 10s | web.patience.connect_seconds | How long connecting to a web seed may take, its name looked up.
webseed-tls-handshake-timeout | duration | 10s | web.patience.tls_seconds | How long a web seed may take to agree on TLS.
webseed-response-header-timeout | duration | 10s | web.patience.header_seconds | How long a web seed may take to answer.
webseed-response-body-read-timeout | duration | 10s | web.patience.read_seconds | How long a web seed may pause.
webseed-retry-interval | duration | 1m | web.retry_seconds | When a web seed that failed is asked again, unless it says when.
webseed-verify-tls | bool | true | web.verify_tls | Whether https web seeds must prove who they are.
webseed-max-sources | int | 10 | web.max_sources | Web seeds of a torrent that are used.
webseed-max-downloads | int | 4 | web.max_downloads | Of those, at once.
on-complete-cmd | command | | session.on_complete_command | What is run when a torrent is complete: a program and its arguments.
debug | bool | false | - | Log everything.
"""

OURS = """
shared-port | u16 | 0 | session.shared_port | One port for all torrents; 0: each has one of its own.
bind | strings | | sockets.bind | Addresses, one of a family, or one device: whatever is sent leaves from there.
proxy | str | | sockets.proxy | The URL of a SOCKS5 or HTTP proxy by which everything goes.
lsd-enabled | bool | true | sources.lsd | Whether peers are looked for in the local network.
webseeds-enabled | bool | true | sources.webseeds | Whether web seeds are used.
blocklist-file | path | | blocklist.file | A file of addresses to stay away from; read again on SIGHUP.
rpc-token | str | | rpc.token | A secret that every request must carry, as "Authorization: Bearer ...".
rpc-allow-unauthenticated | bool | false | rpc.allow_unauthenticated | Whether the server may be controlled from elsewhere without one.
rpc-unix-socket | path | | rpc.unix_socket | A socket in the file system, instead of rpc-host and rpc-port.
rpc-tls-cert | path | | rpc.tls_cert | Its certificate chain (PEM); makes it https.
rpc-tls-key | path | | rpc.tls_key | The private key of that.
rpc-allowed-hosts | strings | | rpc.allowed_hosts | Names by which the server may be called, beside addresses and localhost.
rpc-allowed-origins | strings | | rpc.allowed_origins | Web pages that may use it, such as https://panel.example.
rpc-max-request-size | i64 | 33554432 | rpc.max_request_length | Bytes of a request.
rpc-max-connections | int | 100 | rpc.max_connections | Connections at once.
max-active-downloads | int | 0 | session.max_active_downloads | Torrents that download at once, others wait; 0 for no limit.
max-active-seeds | int | 0 | session.max_active_seeds | The same for seeds.
max-active-checks | int | 2 | session.max_active_checks | The same for those that are being verified.
seed-ratio-limit | ratio | 0 | session.seed_ratio | A torrent stops when it has given this much for each byte of its content; 0 for never.
seed-time-limit | limit | 0s | session.seed_seconds | A torrent stops after seeding for so long; 0 for never.
seed-idle-limit | limit | 0s | session.seed_idle_seconds | A torrent stops when nobody took anything for so long; 0 for never.
torrent-speed-limit-download | kib | 0 | rates.torrent_download_bytes_per_second | KiB per second of a torrent without a limit of its own; 0 for no limit.
torrent-speed-limit-upload | kib | 0 | rates.torrent_upload_bytes_per_second | KiB per second of a torrent without a limit of its own; 0 for no limit.
max-peers | int | 4000 | process.max_connections | Peers of all torrents together; fewer where there are not descriptors enough.
max-half-open | int | 100 | process.max_half_open | Connections that are being dialled, of all torrents together.
tracker-host-announce-rate | float | 20 | session.announces_per_second | Announces per second to one tracker, of all torrents together; after a pause as many at once as in twenty seconds.
database-snapshot-interval | duration | 1h | session.snapshot_interval_seconds | How often the database is copied, for the case that it is damaged; 0 for never.
labels | strings | | session.labels | Labels of torrents that are added without any.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Args:
        name: As it is in the file.
        kind: What it takes, see `config_values`.
        default: As it would stand in the file.
        target: The field of `base.config.Config` that it sets; "" if several keys make one.
        meaning: A sentence.
        is_rain: Whether rain has it as well.
    """

    name: str
    kind: str
    default: str
    target: str
    meaning: str
    is_rain: bool

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "RAIN_" + self.name.upper().replace("-", "_")


@cache
def keys() -> dict[str, Key]:
    """Every key by its name, rain's first."""
    found = {}
    for text, is_rain in ((RAIN, True), (OURS, False)):
        for line in text.strip().splitlines():
            name, kind, default, target, meaning = (part.strip() for part in line.split("|"))
            default = default.replace("{version}", raincore.__version__)
            target = "" if target == "-" else target
            found[name] = Key(name, kind, default, target, meaning, is_rain)
    return found
