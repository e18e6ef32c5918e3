"""The 24 methods of rain's API, one row each: what they take, and what they do.

Names, fields and errors are rain's. Reads answer from memory; a change has been made
durable by the session when its reply is sent.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, TypeVar

import raincore
from raincore.base.errors import FormatError, NetworkError
from raincore.policy import named_peers
from raincore.rpc import stats_json, views, wishes
from raincore.rpc.api import Method
from raincore.rpc.params import Kind
from raincore.rpc.turns import gently
from raincore.session.add_options import AddOptions
from raincore.storage.torrent_record import TorrentOptions
from raincore.wire import jsonrpc
from raincore.wire.jsonrpc import WRONG_INPUT, Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from raincore.rpc.api import Api
    from raincore.session.managed_torrent import ManagedTorrent

__all__ = ["METHODS"]

ID = {"ID": Kind.TEXT}
ADD = {
    **wishes.WISHES,
    **ID,
    "Stopped": Kind.FLAG,
    "StopAfterDownload": Kind.FLAG,
    "StopAfterMetadata": Kind.FLAG,
    "Sequential": Kind.FLAG,
    "Peers": Kind.TEXTS,
}
"""How a torrent begins: what rain takes, and all that could be said of it a moment later."""
OURS = (*wishes.WISHES.keys() - {"StopAfterDownload", "StopAfterMetadata", "Sequential"}, "Peers")
Item = TypeVar("Item")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


async def version(api: Api, p: dict[str, Any]) -> Any:
    """Who we are."""
    return raincore.__version__


async def list_torrents(api: Api, p: dict[str, Any]) -> Any:
    """All torrents."""
    torrents, rows = api.session.torrents(), api.listed
    rows.weed(len(torrents))
    found = [rows.of(t.id, t.summary()) async for t in gently(torrents)]
    return jsonrpc.members({"Torrents": jsonrpc.array(found)})


async def add_torrent(api: Api, p: dict[str, Any]) -> Any:
    """Add a .torrent file."""
    try:
        packed = p["Torrent"].translate({10: None, 13: None})
        metainfo = base64.b64decode(packed, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Fault(WRONG_INPUT, "input error: Torrent is no base64") from error
    return await _added(api.session.add_torrent(metainfo, _options(p)), p)


async def add_uri(api: Api, p: dict[str, Any]) -> Any:
    """Add a magnet link, or the .torrent file at a URL."""
    uri = CONTROL.sub("", p["URI"])
    return await _added(api.session.add_uri(uri, _options(p)), p)


async def _added(adding: Awaitable[ManagedTorrent], p: dict[str, Any]) -> Any:
    """The reply; `Taken` names what was given beyond rain's fields: rain would ignore it."""
    try:
        torrent = await adding
    except (FormatError, NetworkError) as error:
        raise Fault(WRONG_INPUT, f"input error: {error}") from error
    taken = sorted(name for name in OURS if p[name] not in (None, []))
    row = {"Torrent": views.torrent(torrent.summary())}
    return {**row, "Taken": taken} if taken else row


def _options(p: dict[str, Any]) -> AddOptions:
    try:
        peers = tuple(dict.fromkeys(map(named_peers.checked, p["Peers"])))
        if len(peers) > named_peers.MOST:
            raise FormatError(f"more than {named_peers.MOST} peers: {len(peers)}")
    except FormatError as error:
        raise Fault(WRONG_INPUT, f"input error: {error}") from error
    options = wishes.changed(TorrentOptions(), p)
    return AddOptions(id=p["ID"], stopped=p["Stopped"], peers=peers, options=options)


async def remove_torrent(api: Api, p: dict[str, Any]) -> Any:
    """Forget a torrent."""
    await api.session.remove(p["ID"], keep_data=p["KeepData"])
    return {}


async def clean_database(api: Api, p: dict[str, Any]) -> Any:
    """Drop records that could not be loaded."""
    await api.session.clean_database()
    return {}


async def get_session_stats(api: Api, p: dict[str, Any]) -> Any:
    """The session in numbers."""
    return {"Stats": views.session_stats(api.session.stats())}


async def get_torrent_stats(api: Api, p: dict[str, Any]) -> Any:
    """A torrent in numbers."""
    return jsonrpc.members({"Stats": stats_json.of(api.session.get(p["ID"]).stats())})


async def get_magnet(api: Api, p: dict[str, Any]) -> Any:
    """A magnet link."""
    return {"Magnet": api.session.get(p["ID"]).magnet()}


async def get_torrent(api: Api, p: dict[str, Any]) -> Any:
    """A .torrent file."""
    metainfo = api.session.get(p["ID"]).metainfo()
    return {"Torrent": base64.b64encode(metainfo).decode()}


async def get_trackers(api: Api, p: dict[str, Any]) -> Any:
    """The tracker of each tier that is asked next."""
    found = api.session.get(p["ID"]).trackers()
    return {"Trackers": [views.tracker(view) for view in found if view.current]}


async def get_peers(api: Api, p: dict[str, Any]) -> Any:
    """The connected peers."""
    return {"Peers": [views.peer(view) for view in api.session.get(p["ID"]).peers()]}


async def get_webseeds(api: Api, p: dict[str, Any]) -> Any:
    """The web seeds."""
    return {"Webseeds": [views.webseed(view) for view in api.session.get(p["ID"]).webseeds()]}


async def get_files(api: Api, p: dict[str, Any]) -> Any:
    """The files."""
    return await _listed("Files", api.session.get(p["ID"]).each_file(), views.file)


async def get_file_stats(api: Api, p: dict[str, Any]) -> Any:
    """How much of each file is there."""
    found = api.session.get(p["ID"]).each_file_stats()
    return await _listed("FileStats", found, views.file_stats)


async def _listed(name: str, items: Iterable[Item], view: Callable[[Item], Any]) -> Any:
    """A list that may be long."""
    found = [jsonrpc.written(view(item)) async for item in gently(items)]
    return jsonrpc.members({name: jsonrpc.array(found)})


async def start_all(api: Api, p: dict[str, Any]) -> Any:
    """Start everything."""
    await api.session.start_all()
    return {}


async def stop_all(api: Api, p: dict[str, Any]) -> Any:
    """Stop everything."""
    await api.session.stop_all()
    return {}


async def move(api: Api, p: dict[str, Any]) -> Any:
    """Hand a torrent to another server."""
    await api.session.move(p["ID"], p["Target"])
    return {}


def on_torrent(
    act: Callable[[ManagedTorrent, dict[str, Any]], Awaitable[None]], **more: Kind
) -> Method:
    """A method that does one thing to one torrent and has no result."""

    async def handle(api: Api, p: dict[str, Any]) -> Any:
        await act(api.session.get(p["ID"]), p)
        return {}

    return Method({**ID, **more}, handle)


METHODS: dict[str, Method] = {
    "Session.Version": Method({}, version),
    "Session.ListTorrents": Method({}, list_torrents),
    "Session.AddTorrent": Method({"Torrent": Kind.TEXT, **ADD}, add_torrent),
    "Session.AddURI": Method({"URI": Kind.TEXT, **ADD}, add_uri),
    "Session.RemoveTorrent": Method({**ID, "KeepData": Kind.FLAG}, remove_torrent),
    "Session.CleanDatabase": Method({}, clean_database),
    "Session.GetSessionStats": Method({}, get_session_stats),
    "Session.GetTorrentStats": Method(ID, get_torrent_stats),
    "Session.GetMagnet": Method(ID, get_magnet),
    "Session.GetTorrent": Method(ID, get_torrent),
    "Session.GetTorrentTrackers": Method(ID, get_trackers),
    "Session.GetTorrentPeers": Method(ID, get_peers),
    "Session.GetTorrentWebseeds": Method(ID, get_webseeds),
    "Session.GetTorrentFiles": Method(ID, get_files),
    "Session.GetTorrentFileStats": Method(ID, get_file_stats),
    "Session.StartTorrent": on_torrent(lambda torrent, p: torrent.start()),
    "Session.StopTorrent": on_torrent(lambda torrent, p: torrent.stop()),
    "Session.AnnounceTorrent": on_torrent(lambda torrent, p: torrent.announce()),
    "Session.VerifyTorrent": on_torrent(lambda torrent, p: torrent.verify()),
    "Session.MoveTorrent": Method({**ID, "Target": Kind.TEXT}, move),
    "Session.StartAllTorrents": Method({}, start_all),
    "Session.StopAllTorrents": Method({}, stop_all),
    "Session.AddPeer": on_torrent(lambda torrent, p: torrent.add_peer(p["Addr"]), Addr=Kind.TEXT),
    "Session.AddTracker": on_torrent(
        lambda torrent, p: torrent.add_tracker(p["URL"]), URL=Kind.TEXT
    ),
}
