"""A stand-in for Go's rain server: as strict about requests, and with its replies.

State is a dict of torrents; nothing is transferred. `NewServer` knows besides what rain-serve
has beyond Go's 24 methods, as far as the tests of rain-ctl need it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from raincore.formats import magnet, metainfo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GoServer", "NewServer", "Refused", "running"]

NEVER = "0001-01-01T00:00:00Z"
LIMIT = 64 * 1024 * 1024


class Refused(Exception):
    """An error of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def stats_of(torrent: dict[str, Any]) -> dict[str, Any]:
    counts = {"Total": 0, "Incoming": 0, "Outgoing": 0}
    return {
        "InfoHash": torrent["InfoHash"],
        "Port": torrent["Port"],
        "Status": torrent["status"],
        "Error": torrent.get("error", ""),
        "Pieces": {"Checked": 0, "Have": 12, "Missing": 309, "Available": 321, "Total": 321},
        "Bytes": {
            "Total": 10506282,
            "Padding": 0,
            "Allocated": 10506282,
            "Completed": 393216,
            "Incomplete": 10113066,
            "Downloaded": 400000,
            "Uploaded": 100000,
            "Wasted": 0,
        },
        "Peers": {"Total": 3, "Incoming": 1, "Outgoing": 2},
        "Handshakes": counts,
        "Addresses": {"Total": 0, "Tracker": 0, "DHT": 0, "PEX": 0},
        "Downloads": {"Total": 1, "Running": 1, "Snubbed": 0, "Choked": 0},
        "MetadataDownloads": {"Total": 0, "Snubbed": 0, "Running": 0},
        "Name": torrent["Name"],
        "Private": False,
        "FileCount": 6,
        "PieceLength": 32768,
        "SeededFor": 0,
        "Speed": {"Download": 20480, "Upload": 1024},
        "ETA": 495 if torrent["status"] == "Downloading" else -1,
    }


SESSION_STATS = dict.fromkeys(
    [
        "Uptime",
        "Torrents",
        "Peers",
        "PortsAvailable",
        "BlockListRules",
        "BlockListRecency",
        "ReadCacheObjects",
        "ReadCacheSize",
        "ReadCacheUtilization",
        "ReadsPerSecond",
        "ReadsActive",
        "ReadsPending",
        "WriteCacheObjects",
        "WriteCacheSize",
        "WriteCachePendingKeys",
        "WritesPerSecond",
        "WritesActive",
        "WritesPending",
        "SpeedDownload",
        "SpeedUpload",
        "SpeedRead",
        "SpeedWrite",
        "BytesDownloaded",
        "BytesUploaded",
        "BytesRead",
        "BytesWritten",
    ],
    0,
)
PEER = {
    "ID": "2d524e322e332e302d0102030405060708090a0b",
    "Client": "Rain 2.3.0",
    "Addr": "127.0.0.1:20000",
    "Source": "TRACKER",
    "ConnectedAt": "2026-03-01T10:00:07Z",
    "Downloading": True,
    "ClientInterested": True,
    "ClientChoking": True,
    "PeerInterested": False,
    "PeerChoking": False,
    "OptimisticUnchoked": False,
    "Snubbed": False,
    "EncryptedHandshake": True,
    "EncryptedStream": True,
    "DownloadSpeed": 20480,
    "UploadSpeed": 0,
}
FILES = [{"Path": "sample_torrent/data/file1.bin", "Length": 10240}]


class GoServer(ThreadingHTTPServer):
    """Listens on a free port of loopback; `asked` holds what was asked: (method, params)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0, token: str = "") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.token = token
        self.asked: list[tuple[str, dict[str, Any] | None]] = []
        self.connections: list[Any] = []
        self.torrents: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def end(self) -> None:
        """Stop to listen, and hang up; harmless when repeated."""
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(2)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of the server."""

    def add(self, name: str, ident: str = "", status: str = "Downloading", **more: Any) -> dict:
        digest = hashlib.sha1(name.encode("utf-8", "surrogatepass")).hexdigest()
        number = len(self.torrents)
        torrent = {
            "ID": ident or f"TKLidEG8EeyVSPbFU{number:05}",
            "Name": name,
            "InfoHash": digest,
            "Port": 20000 + number % 10000,
            "AddedAt": f"2026-03-01T{10 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
            "status": status,
            "trackers": [],
            "peers": [PEER],
            **more,
        }
        self.torrents[torrent["ID"]] = torrent
        return torrent

    def answer(self, method: str, params: dict[str, Any]) -> Any:
        self.asked.append((method, params))
        service, dot, name = method.partition(".")
        if not dot:
            raise Refused(-32601, f"rpc: service/method request ill-formed: {method}")
        if service != "Session":
            raise Refused(-32601, f"rpc: can't find service {method}")
        do = getattr(self, f"do_{name}", None)
        if do is None:
            raise Refused(-32601, f"rpc: can't find method {method}")
        with self.lock:
            return do(params)

    def known(self, params: dict[str, Any]) -> dict[str, Any]:
        torrent = self.torrents.get(params.get("ID", ""))
        if torrent is None:
            raise Refused(1, "torrent not found")
        return torrent

    def do_Version(self, params: dict[str, Any]) -> Any:
        return "2.3.0"

    def do_ListTorrents(self, params: dict[str, Any]) -> Any:
        return {"Torrents": [public(torrent) for torrent in reversed(self.torrents.values())]}

    def do_AddTorrent(self, params: dict[str, Any]) -> Any:
        try:
            found = metainfo.parse(base64.b64decode(params["Torrent"], validate=True))
        except Exception as error:
            raise Refused(2, "input error: Invalid input") from error
        return self.added(str(found.info.name), found.info.info_hash.hex(), params)

    def do_AddURI(self, params: dict[str, Any]) -> Any:
        uri = params["URI"]
        if uri.startswith(("http://", "https://")):
            return self.added(uri, "ab" * 20, params)
        if not uri.startswith("magnet:"):
            raise Refused(-32000, f"unsupported uri scheme: {uri.partition(':')[0]}")
        try:
            link = magnet.parse(uri)
        except Exception as error:
            raise Refused(2, f"input error: {error}") from error
        return self.added(link.name or "", link.info_hash.hex(), params)

    def added(self, name: str, info_hash: str, params: dict[str, Any]) -> Any:
        if params["ID"] in self.torrents:
            raise Refused(-32000, "duplicate torrent id")
        status = "Stopped" if params["Stopped"] else "Downloading"
        torrent = self.add(name, params["ID"], status, InfoHash=info_hash)
        return {"Torrent": public(torrent)}

    def do_RemoveTorrent(self, params: dict[str, Any]) -> Any:
        self.torrents.pop(params["ID"], None)
        return {}

    def do_CleanDatabase(self, params: dict[str, Any]) -> Any:
        return {}

    def do_GetSessionStats(self, params: dict[str, Any]) -> Any:
        facts = {"Uptime": 3725, "Torrents": len(self.torrents), "BlockListRecency": -1}
        return {"Stats": {**SESSION_STATS, **facts, "SpeedDownload": 2048, "PortsAvailable": 9}}

    def do_GetTorrentStats(self, params: dict[str, Any]) -> Any:
        return {"Stats": stats_of(self.known(params))}

    def do_GetMagnet(self, params: dict[str, Any]) -> Any:
        torrent = self.known(params)
        return {"Magnet": f"magnet:?xt=urn:btih:{torrent['InfoHash']}&dn={torrent['Name']}"}

    def do_GetTorrent(self, params: dict[str, Any]) -> Any:
        self.known(params)
        return {"Torrent": base64.b64encode(b"d4:infod4:name1:xee").decode()}

    def do_GetTorrentTrackers(self, params: dict[str, Any]) -> Any:
        facts = {"Status": "Not working", "Leechers": 0, "Seeders": 0, "Warning": ""}
        failed = {"Error": "refused", "ErrorUnknown": True, "ErrorInternal": "*url.Error: Get"}
        times = {"LastAnnounce": "2026-03-01T10:00:06Z", "NextAnnounce": NEVER}
        urls = self.known(params)["trackers"]
        return {"Trackers": [{"URL": url, **facts, **failed, **times} for url in urls]}

    def do_GetTorrentPeers(self, params: dict[str, Any]) -> Any:
        return {"Peers": self.known(params)["peers"]}

    def do_GetTorrentWebseeds(self, params: dict[str, Any]) -> Any:
        self.known(params)
        facts = {"Error": "unexpected status code: 404", "DownloadSpeed": 0}
        return {"Webseeds": [{"URL": "http://host/", **facts}]}

    def do_GetTorrentFiles(self, params: dict[str, Any]) -> Any:
        self.known(params)
        return {"Files": FILES}

    def do_GetTorrentFileStats(self, params: dict[str, Any]) -> Any:
        if self.known(params)["status"] == "Stopped":
            raise Refused(-32000, "torrent not running so file stats unavailable")
        return {"FileStats": [{"File": file, "BytesCompleted": 5120} for file in FILES]}

    def do_StartTorrent(self, params: dict[str, Any]) -> Any:
        self.known(params)["status"] = "Downloading"
        return {}

    def do_StopTorrent(self, params: dict[str, Any]) -> Any:
        self.known(params)["status"] = "Stopped"
        return {}

    def do_AnnounceTorrent(self, params: dict[str, Any]) -> Any:
        self.known(params)
        return {}

    def do_VerifyTorrent(self, params: dict[str, Any]) -> Any:
        self.known(params)["status"] = "Verifying"
        return {}

    def do_MoveTorrent(self, params: dict[str, Any]) -> Any:
        self.known(params)
        if not params["Target"].startswith("http"):
            raise Refused(-32000, "http error: 500")
        del self.torrents[params["ID"]]
        return {}

    def do_StartAllTorrents(self, params: dict[str, Any]) -> Any:
        for torrent in self.torrents.values():
            torrent["status"] = "Downloading"
        return {}

    def do_StopAllTorrents(self, params: dict[str, Any]) -> Any:
        for torrent in self.torrents.values():
            torrent["status"] = "Stopped"
        return {}

    def do_AddPeer(self, params: dict[str, Any]) -> Any:
        host, _, port = params["Addr"].rpartition(":")
        if not host or not port.isdigit():
            raise Refused(-32000, f"address {params['Addr']}: missing port in address")
        self.known(params)["peers"].append({**PEER, "Addr": params["Addr"], "Source": "MANUAL"})
        return {}

    def do_AddTracker(self, params: dict[str, Any]) -> Any:
        if not re.match("(https?|udp)://", params["URL"]):
            scheme = params["URL"].partition(":")[0]
            raise Refused(-32000, f"unsupported tracker scheme: {scheme}")
        self.known(params)["trackers"].append(params["URL"])
        return {}


class NewServer(GoServer):
    """Also knows the methods that only rain-serve has."""

    def __init__(self, port: int = 0, token: str = "") -> None:
        super().__init__(port, token)
        self.events: list[dict[str, Any]] = []
        self.removed: dict[str, int] = {}
        self.config: dict[str, Any] = {"rpc-port": 7246, "speed-limit-upload": 0}
        self.revision = 0

    def do_QueryTorrents(self, params: dict[str, Any]) -> Any:
        since = params.get("Since")
        is_delta = since is not None and 0 < since <= self.revision
        fields = params.get("Fields") or ["ID", "Name", "InfoHash", "Status", "Labels"]
        rows = []
        for torrent in self.torrents.values():
            if not is_delta or torrent["revision"] > since:
                row = {**public(torrent), "Labels": torrent.get("labels", [])} | stats_of(torrent)
                rows.append({key: row[key] for key in fields if key in row})
        gone = [ident for ident, at in self.removed.items() if is_delta and at > since]
        facts = {"Revision": self.revision, "Total": len(rows), "Complete": not is_delta}
        return {"Torrents": rows, "Removed": gone, **facts}

    def do_GetManyStats(self, params: dict[str, Any]) -> Any:
        wanted = params.get("IDs") or self.torrents
        return {"Stats": {i: stats_of(self.torrents[i]) for i in wanted if i in self.torrents}}

    def changed(self, torrent: dict[str, Any]) -> None:
        self.revision += 1
        torrent["revision"] = self.revision

    def add(self, name: str, ident: str = "", status: str = "Downloading", **more: Any) -> dict:
        torrent = super().add(name, ident, status, **more)
        self.changed(torrent)
        return torrent

    def answer(self, method: str, params: dict[str, Any]) -> Any:
        result = super().answer(method, params)
        torrent = self.torrents.get(params.get("ID", ""))
        if torrent is not None and "Get" not in method and "Explain" not in method:
            self.changed(torrent)
        return result

    def do_RemoveTorrent(self, params: dict[str, Any]) -> Any:
        self.revision += 1
        self.removed[params["ID"]] = self.revision
        return super().do_RemoveTorrent(params)

    def do_GetTorrentOptions(self, params: dict[str, Any]) -> Any:
        return {"Options": self.known(params).get("options", {"Sequential": False})}

    def do_SetTorrentOptions(self, params: dict[str, Any]) -> Any:
        torrent = self.known(params)
        changes = {key: value for key, value in params.items() if key != "ID"}
        torrent["options"] = {**torrent.get("options", {}), **changes}
        return {}

    def added(self, name: str, info_hash: str, params: dict[str, Any]) -> Any:
        reply = super().added(name, info_hash, params)
        taken = sorted(key for key in ("Labels", "Peers", "Select") if params.get(key))
        return {**reply, "Taken": taken} if taken else reply

    def do_RemoveTracker(self, params: dict[str, Any]) -> Any:
        self.known(params)["trackers"].remove(params["URL"])
        return {}

    def do_GetEvents(self, params: dict[str, Any]) -> Any:
        since = params.get("Since", 0)
        found = [event for event in self.events if event["Revision"] > since][: params["Limit"]]
        revision = found[-1]["Revision"] if found else since
        return {"Events": found, "Revision": revision}

    def do_ExplainTorrent(self, params: dict[str, Any]) -> Any:
        return {"Causes": self.known(params).get("causes", [])}

    def do_GetConfig(self, params: dict[str, Any]) -> Any:
        return {"Config": self.config}

    def do_SetConfig(self, params: dict[str, Any]) -> Any:
        self.config |= params["Config"]
        later = [key for key in params["Config"] if key.startswith("rpc-")]
        return {"Changed": [key for key in params["Config"] if key not in later]} | {
            "AfterRestart": later
        }


def public(torrent: dict[str, Any]) -> dict[str, Any]:
    return {key: torrent[key] for key in ("ID", "Name", "InfoHash", "Port", "AddedAt")}


def escaped(text: str) -> str:
    """As Go's encoder leaves strings for HTML."""
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


class Handler(BaseHTTPRequestHandler):
    """HTTP as the Go server speaks it."""

    protocol_version = "HTTP/1.1"
    server: GoServer

    def log_message(self, *args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.reply(405, b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, LIMIT))
        kind = (self.headers.get("Content-Type") or "").partition(";")[0].strip()
        if self.server.token and (
            self.headers.get("Authorization") != f"Bearer {self.server.token}"
        ):
            return self.reply(401, b"a token is needed")
        if kind != "application/json" or self.headers.get("Accept") != "application/json":
            return self.reply(415, b"")
        try:
            asked = json.loads(body)
        except ValueError:
            error = {"code": -32700, "message": "parse error"}
            return self.value({"jsonrpc": "2.0", "id": None, "error": error})
        if isinstance(asked, list):
            return self.value([self.one(item) for item in asked])
        return self.value(self.one(asked))

    def one(self, asked: Any) -> dict[str, Any]:
        try:
            if not isinstance(asked, dict) or asked.keys() - {"jsonrpc", "method", "params", "id"}:
                raise Refused(-32600, "invalid request")
            if asked.get("jsonrpc") != "2.0" or type(asked.get("method")) is not str:
                raise Refused(-32600, "invalid request")
            params = asked.get("params", {})
            if not isinstance(params, dict):
                raise Refused(-32602, "json: cannot unmarshal array into Go value")
            result = self.server.answer(asked["method"], params)
        except Refused as error:
            refusal = {"code": error.code, "message": str(error)}
            return {"jsonrpc": "2.0", "id": asked.get("id"), "error": refusal}
        return {"jsonrpc": "2.0", "id": asked.get("id"), "result": result}

    def value(self, value: Any) -> None:
        text = json.dumps(value, separators=(",", ":"))
        self.reply(200, escaped(text).encode() + b"\n")

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def running(port: int = 0, token: str = "", kind: type[GoServer] = GoServer) -> Iterator[Any]:
    """A server in a thread, until the block ends; its connections end with it."""
    server = kind(port, token)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join()
