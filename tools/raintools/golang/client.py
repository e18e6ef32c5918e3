"""The command line "rain client": one request each, with the output of rain's own."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from raincore.base.errors import FormatError, NetworkError, RemoteProtocolError
from raincore.base.rpc_errors import AccessRefused, RpcRefused
from raincore.rpc.address import DEFAULT_URL
from raintools._kit.torrent_bytes import read_torrent
from raintools.ctl import fields, text_forms
from raintools.ctl.server import Server, of_options
from raintools.golang import stdout
from raintools.golang.flags import Flag
from raintools.golang.verbs import Level, Refused, Verb

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LEVEL"]

NO_LIMIT = 10.0**9
"""Seconds; what rain's client does with a --timeout of 0, as Go's HTTP client has it."""
LOCAL = -32603
"""The code under which rain's client speaks of what did not reach the server."""
URIS = ("magnet:", "http://", "https://")
ID = Flag("id", help="id of the torrent", required=True)
ACTIONS, GETTERS = "Actions", "Getters"


@contextmanager
def _server(given: dict[str, Any]) -> Iterator[Server]:
    """The server, whose refusals become the error objects that rain's client prints."""
    chosen = {name: given.get(name) for name in ("url", "timeout", "token", "token_file")}
    chosen["timeout"] = chosen["timeout"] or NO_LIMIT
    try:
        with of_options({**chosen, "cacert": None, "no_verify_tls": False}) as server:
            yield server
    except AccessRefused:
        raise
    except RpcRefused as error:
        raise Refused(_object(error.rpc_code or LOCAL, str(error))) from error
    except (NetworkError, RemoteProtocolError) as error:
        raise Refused(_object(LOCAL, str(error))) from error


def _object(code: int, message: str) -> str:
    return json.dumps({"code": code, "message": message}, separators=(",", ":"), ensure_ascii=False)


def _version(given: dict[str, Any]) -> None:
    with _server(given) as server:
        stdout.text(fields.text({"Version": server.call("Session.Version")}, "Version"))


def _list(given: dict[str, Any]) -> None:
    with _server(given) as server:
        stdout.value(fields.rows(server.call("Session.ListTorrents"), "Torrents"))


def _rows(method: str, key: str, given: dict[str, Any]) -> None:
    with _server(given) as server:
        stdout.value(fields.rows(server.call(f"Session.{method}", {"ID": given["id"]}), key))


def _act(method: str, given: dict[str, Any]) -> None:
    with _server(given) as server:
        server.call(f"Session.{method}", {"ID": given["id"]} if "id" in given else {})


def _with(method: str, name: str, key: str, given: dict[str, Any]) -> None:
    with _server(given) as server:
        server.call(f"Session.{method}", {"ID": given["id"], key: given[name]})


def _stats(given: dict[str, Any]) -> None:
    with _server(given) as server:
        found = server.object("Session.GetTorrentStats", {"ID": given["id"]}, "Stats")
    stdout.value(found) if given["json"] else stdout.text(text_forms.torrent_stats(found))


def _session_stats(given: dict[str, Any]) -> None:
    with _server(given) as server:
        found = server.object("Session.GetSessionStats", {}, "Stats")
    stdout.value(found) if given["json"] else stdout.text(text_forms.session_stats(found))


def _add(given: dict[str, Any]) -> None:
    named = given["torrent"]
    how = {
        "ID": given["id"] or "",
        "Stopped": given["stopped"],
        "StopAfterDownload": given["stop-after-download"],
        "StopAfterMetadata": given["stop-after-metadata"],
        "Sequential": given["sequential"],
    }
    if named.startswith(URIS):
        method, what = "Session.AddURI", {"URI": named}
    else:
        coded = base64.b64encode(_read(named)).decode()
        method, what = "Session.AddTorrent", {"Torrent": coded}
    with _server(given) as server:
        stdout.value(server.object(method, {**what, **how}, "Torrent"))


def _read(path: str) -> bytes:
    try:
        return read_torrent(path)
    except FormatError as error:
        raise Refused(f"open {path}: {error}") from error


def _remove(given: dict[str, Any]) -> None:
    with _server(given) as server:
        keep = {"KeepData": given["keep-data"]}
        server.call("Session.RemoveTorrent", {"ID": given["id"], **keep})


def _torrent(given: dict[str, Any]) -> None:
    from raincore.storage import atomic_file

    with _server(given) as server:
        found = fields.text(server.call("Session.GetTorrent", {"ID": given["id"]}), "Torrent")
    try:
        raw = base64.b64decode(found, validate=True)
    except ValueError as error:
        raise Refused("there is no .torrent file in the server's reply") from error
    atomic_file.write(given["out"], raw, overwrite=True)


def _magnet(given: dict[str, Any]) -> None:
    with _server(given) as server:
        stdout.text(fields.text(server.call("Session.GetMagnet", {"ID": given["id"]}), "Magnet"))


def _console(given: dict[str, Any]) -> None:
    from raintools.console import starting

    with _server(given) as server:
        starting.start(server, given["columns"])


def _flag(name: str, help: str = "") -> Flag:
    return Flag(name, help=help, kind="flag", default=False)


def _getter(name: str, help: str, method: str, key: str) -> Verb:
    return Verb(name, help, partial(_rows, method, key), (ID,), ("id",), GETTERS)


def _action(name: str, help: str, method: str) -> Verb:
    return Verb(name, help, partial(_act, method), (ID,), ("id",), ACTIONS)


def _for_all(name: str, help: str, method: str) -> Verb:
    return Verb(name, help, partial(_act, method), group=ACTIONS)


def _telling(name: str, help: str, method: str, flag: Flag, key: str) -> Verb:
    do = partial(_with, method, flag.name, key)
    return Verb(name, help, do, (ID, flag), ("id", flag.name), ACTIONS)


JSON = _flag("json", "print JSON")
ADDING = (
    Flag("torrent", "t", "file or URI", required=True),
    _flag("stopped", "do not start it"),
    _flag("stop-after-download", "stop when everything is there"),
    _flag("stop-after-metadata", "stop when the metadata is there"),
    _flag("sequential", "fetch pieces in order"),
    Flag("id", help="what to call it; made up if not given"),
)
OUT = Flag("out", "o", "file to write", required=True)
REMOVING = (ID, _flag("keep-data", "leave the files on disk"))
TRACKER = Flag("tracker", "t", "URL of the tracker", required=True)
PEER = Flag("addr", help="host:port of the peer", required=True)
TARGET = Flag("target", help="URL of the other server, http://host:port", required=True)
COLUMNS = Flag("columns", help="columns to show", default="# ID Name")
LEVEL = Level(
    "rain client",
    "send a request to a running server",
    (
        Verb("version", "version of the server", _version, group=GETTERS),
        Verb("list", "list torrents", _list, group=GETTERS),
        Verb("add", "add a torrent or magnet link", _add, ADDING, ("torrent",), ACTIONS),
        Verb("remove", "remove a torrent", _remove, REMOVING, ("id",), ACTIONS),
        _for_all("clean-database", "forget what could not be loaded", "CleanDatabase"),
        Verb("stats", "a torrent in numbers", _stats, (ID, JSON), ("id",), GETTERS),
        Verb("session-stats", "the session in numbers", _session_stats, (JSON,), (), GETTERS),
        _getter("trackers", "trackers of a torrent", "GetTorrentTrackers", "Trackers"),
        _getter("webseeds", "web seeds of a torrent", "GetTorrentWebseeds", "Webseeds"),
        _getter("files", "files of a torrent", "GetTorrentFiles", "Files"),
        _getter("file-stats", "progress of files", "GetTorrentFileStats", "FileStats"),
        _getter("peers", "connected peers of a torrent", "GetTorrentPeers", "Peers"),
        _telling("add-peer", "tell a torrent of a peer", "AddPeer", PEER, "Addr"),
        _telling("add-tracker", "add a tracker to a torrent", "AddTracker", TRACKER, "URL"),
        _action("announce", "announce to trackers", "AnnounceTorrent"),
        _action("verify", "hash all files", "VerifyTorrent"),
        _action("start", "start a torrent", "StartTorrent"),
        _action("stop", "stop a torrent", "StopTorrent"),
        _for_all("start-all", "start all torrents", "StartAllTorrents"),
        _for_all("stop-all", "stop all torrents", "StopAllTorrents"),
        _telling("move", "move a torrent to another server", "MoveTorrent", TARGET, "Target"),
        Verb("torrent", "save a .torrent file", _torrent, (ID, OUT), ("id", "out"), GETTERS),
        Verb("magnet", "magnet link of a torrent", _magnet, (ID,), ("id",), GETTERS),
        Verb("console", "watch and control in the terminal", _console, (COLUMNS,), (), "Other"),
    ),
    (
        Flag("url", help="where the server is", default=DEFAULT_URL),
        Flag("timeout", help="for one request", kind="duration", default=10.0),
        Flag("token", help="the server's rpc-token"),
        Flag("token-file", help="a file that holds it"),
    ),
)
