"""The methods that rain does not have: lists by need, options, events, reasons, settings.

In the style of the others: names in CapitalCase, sizes in bytes, rates in bytes per second,
durations in seconds, times in RFC 3339.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from raincore.rpc import views, wishes
from raincore.rpc.api import Method
from raincore.rpc.methods import METHODS, on_torrent
from raincore.rpc.params import Kind
from raincore.rpc.querying import QUERY, query
from raincore.rpc.turns import Turn, gently
from raincore.wire import jsonrpc

if TYPE_CHECKING:
    from raincore.rpc.api import Api
    from raincore.session.managed_torrent import ManagedTorrent

__all__ = ["OWN_METHODS"]

ID = {"ID": Kind.TEXT}
LONGEST_POLL = 300
MOST_EVENTS = 10_000
TOGETHER_SECONDS = 0.02


async def get_many_stats(api: Api, p: dict[str, Any]) -> Any:
    """Several torrents in numbers, or all; ids that are gone are left out."""
    wanted = set(p["IDs"])
    every = api.session.torrents()
    torrents = [t for t in every if not wanted or t.id in wanted]
    api.numbers.weed(len(every))
    found = [jsonrpc.member(t.id, api.numbers.of(t.id, t.stats())) async for t in gently(torrents)]
    return jsonrpc.members({"Stats": jsonrpc.whole(found)})


async def get_options(api: Api, p: dict[str, Any]) -> Any:
    """What is wanted of a torrent."""
    return {"Options": wishes.shown(api.session.get(p["ID"]).options)}


async def set_options(api: Api, p: dict[str, Any]) -> Any:
    """Change what is wanted of a torrent; what is lacking stays as it is."""
    torrent = api.session.get(p["ID"])
    await torrent.set_options(wishes.changed(torrent.options, p))
    return {}


async def get_all_trackers(api: Api, p: dict[str, Any]) -> Any:
    """Every tracker of every tier."""
    found = api.session.get(p["ID"]).trackers()
    return {
        "Trackers": [
            {**views.tracker(view), "Tier": view.tier, "Current": view.current} for view in found
        ]
    }


async def get_events(api: Api, p: dict[str, Any]) -> Any:
    """What happened after a revision; waits up to `Timeout` seconds for the first.

    Without `Since`, or with -1, from now on. `Revision` is for the next question.
    """
    since = None if p["Since"] is None or p["Since"] < 0 else p["Since"]
    most = min(p["Limit"] or MOST_EVENTS, MOST_EVENTS)
    found, turn = [], Turn()
    revision = api.session.torrents_since(2**62).revision if since is None else since
    with trio.move_on_after(
        min(max(p["Timeout"] or 0, TOGETHER_SECONDS), LONGEST_POLL)
    ) as patience:
        async for event in api.session.events(since):
            found.append(jsonrpc.written(views.event(event)))
            revision = event.revision
            if len(found) >= most:
                break
            await turn.step()
            # What has happened beside it comes along.
            patience.deadline = trio.current_time() + TOGETHER_SECONDS
    return jsonrpc.members({"Events": jsonrpc.array(found), "Revision": revision})


async def explain(api: Api, p: dict[str, Any]) -> Any:
    """Why a torrent is not moving, or that it is; what matters most comes first."""
    return {"Causes": [views.cause(one) for one in api.session.get(p["ID"]).explain()]}


async def get_config(api: Api, p: dict[str, Any]) -> Any:
    """Every setting, secrets left out."""
    return {"Config": api.tuning.shown()}


async def set_config(api: Api, p: dict[str, Any]) -> Any:
    """Take over settings until the server ends; the file is not written."""
    changed, after_restart = await api.tuning.change(p["Config"])
    return {"Changed": changed, "AfterRestart": after_restart}


async def list_methods(api: Api, p: dict[str, Any]) -> Any:
    """Every method with what it takes."""
    every = {**METHODS, **OWN_METHODS}
    shown = {name: {f: k.value for f, k in method.shape.items()} for name, method in every.items()}
    return {"Methods": shown}


async def _remove_tracker(torrent: ManagedTorrent, p: dict[str, Any]) -> None:
    await torrent.remove_tracker(p["URL"])


OWN_METHODS: dict[str, Method] = {
    "Session.QueryTorrents": Method(QUERY, query),
    "Session.GetManyStats": Method({"IDs": Kind.TEXTS}, get_many_stats),
    "Session.GetTorrentOptions": Method(ID, get_options),
    "Session.SetTorrentOptions": Method({**ID, **wishes.WISHES}, set_options),
    "Session.GetAllTrackers": Method(ID, get_all_trackers),
    "Session.RemoveTracker": on_torrent(_remove_tracker, URL=Kind.TEXT),
    "Session.GetEvents": Method(
        {"Since": Kind.MAYBE_COUNT, "Timeout": Kind.MAYBE_NUMBER, "Limit": Kind.COUNT}, get_events
    ),
    "Session.ExplainTorrent": Method(ID, explain),
    "Session.GetConfig": Method({}, get_config),
    "Session.SetConfig": Method({"Config": Kind.OBJECT}, set_config),
    "Session.ListMethods": Method({}, list_methods),
}
