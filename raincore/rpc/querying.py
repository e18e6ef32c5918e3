"""The list of torrents by need: filtered, sorted, in pages, some fields, or what has changed.

`Since` turns it into a delta: rows that have changed after that revision, and the ids that
are gone. So a list of ten thousand is followed at the cost of what happens in it.
"""

from __future__ import annotations

from contextlib import suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import trio

from raincore.base.session_errors import TorrentNotFound
from raincore.documents.session_records import TorrentStatus
from raincore.rpc import views
from raincore.rpc.params import Kind
from raincore.rpc.turns import Turn, gently
from raincore.wire import jsonrpc
from raincore.wire.jsonrpc import BAD_PARAMS, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.session_records import TorrentSummary
    from raincore.rpc.api import Api
    from raincore.session.managed_torrent import ManagedTorrent
    from raincore.wire.jsonrpc import Written

__all__ = ["QUERY", "query"]

QUERY = {
    "IDs": Kind.TEXTS,
    "Status": Kind.TEXTS,
    "Labels": Kind.TEXTS,
    "Name": Kind.TEXT,
    "InfoHash": Kind.TEXT,
    "WithError": Kind.FLAG,
    "Fields": Kind.TEXTS,
    "Sort": Kind.TEXT,
    "Descending": Kind.FLAG,
    "Offset": Kind.COUNT,
    "Limit": Kind.COUNT,
    "Since": Kind.MAYBE_COUNT,
}
"""All that is given must hold; of a list of texts, one of them must."""

ROW_FIELDS = frozenset(
    ("ID", "Name", "InfoHash", "Port", "AddedAt", "InfoHashV2", "Status", "Error", "Labels")
) | {"CompletedAt", "Revision"}
STATS_FIELDS = frozenset(
    ("Pieces", "Bytes", "Peers", "Handshakes", "Addresses", "Downloads", "MetadataDownloads")
) | {"Private", "FileCount", "PieceLength", "SeededFor", "Speed", "ETA"}
AT_ONCE = 200
"""Torrents whose status is looked at before others may have their turn: 0.2 ms."""
ORDERS: dict[str, Callable[[TorrentSummary], Any]] = {
    "": attrgetter("added_at", "id"),
    "ID": attrgetter("id"),
    "Name": lambda row: row.name.casefold(),
    "Status": lambda row: row.status.value,
    "AddedAt": attrgetter("added_at"),
    "CompletedAt": lambda row: row.completed_at or 0,
    "Revision": attrgetter("revision"),
}


async def query(api: Api, p: dict[str, Any]) -> Any:
    """Answer a question for torrents.

    `Total` counts what fits before it is cut into pages. `Complete` says that a delta is
    none: the revision is too old, so the whole list is there and nothing else exists. A
    row that no longer fits the filter of a delta is told by its id in `Removed`.
    """
    names = _fields(p["Fields"])
    order = ORDERS.get(p["Sort"])
    if order is None:
        raise Fault(BAD_PARAMS, f"Sort must be one of {', '.join(filter(None, ORDERS))}")
    if p["Offset"] < 0 or p["Limit"] < 0:
        raise Fault(BAD_PARAMS, "Offset and Limit must not be negative")
    changes = api.session.torrents_since(max(p["Since"] or 0, 0))
    fits, is_delta = _filter(p), p["Since"] is not None and not changes.complete
    torrents = changes.torrents
    if p["Status"] and not is_delta:
        torrents = await _of_status(torrents, _statuses(p["Status"]))
    rows: list[TorrentSummary] = []
    others: list[str] = []
    async for torrent in gently(torrents):
        row = torrent.summary()
        if fits(row):
            rows.append(row)
        else:
            others.append(row.id)
    if p["Sort"] or not is_delta:  # a delta is in the order of its changes
        rows.sort(key=order, reverse=p["Descending"])
        await trio.lowlevel.checkpoint()
    if not is_delta:
        api.shown.weed(len(changes.torrents))
    end = p["Offset"] + p["Limit"] if p["Limit"] else None
    shown = [_row(api, row, names) async for row in gently(rows[p["Offset"] : end])]
    return jsonrpc.members(
        {
            "Torrents": jsonrpc.array(shown),
            "Removed": [*changes.removed, *(others if is_delta else ())],
            "Revision": changes.revision,
            "Total": len(rows),
            "Complete": not is_delta,
        }
    )


def _fields(names: list[str]) -> list[str]:
    proper = {name.lower(): name for name in ROW_FIELDS | STATS_FIELDS}
    unknown = [name for name in names if name.lower() not in proper]
    if unknown:
        raise Fault(BAD_PARAMS, f"Fields: there is no {unknown[0]!r}")
    return [proper[name.lower()] for name in names]


def _statuses(names: list[str]) -> tuple[TorrentStatus, ...]:
    """Those of these names in any case; all of them if there are no names."""
    proper = {one.value.casefold(): one for one in TorrentStatus}
    unknown = [name for name in names if name.casefold() not in proper]
    if unknown:
        raise Fault(BAD_PARAMS, f"Status: there is no {unknown[0]!r}")
    return tuple(proper[name.casefold()] for name in names) or tuple(TorrentStatus)


async def _of_status(
    torrents: list[ManagedTorrent], statuses: tuple[TorrentStatus, ...]
) -> list[ManagedTorrent]:
    """Those that do one of these things: to see that takes a fifth of what a row does."""
    found: list[ManagedTorrent] = []
    turn = Turn()
    for begin in range(0, len(torrents), AT_ONCE):
        portion = torrents[begin : begin + AT_ONCE]
        found += [torrent for torrent in portion if torrent.status in statuses]
        await turn.step()
    return found


def _filter(p: dict[str, Any]) -> Callable[[TorrentSummary], bool]:
    ids, labels = set(p["IDs"]), set(p["Labels"])
    statuses = _statuses(p["Status"])
    name, info_hash = p["Name"].casefold(), p["InfoHash"].lower()

    def fits(row: TorrentSummary) -> bool:
        return (
            (not ids or row.id in ids)
            and row.status in statuses
            and (not labels or not labels.isdisjoint(row.labels))
            and (not name or name in row.name.casefold())
            and (not info_hash or info_hash in (row.info_hash, row.info_hash_v2))
            and (not p["WithError"] or bool(row.error))
        )

    return fits


def _row(api: Api, row: TorrentSummary, names: list[str]) -> Written:
    if not names:
        return api.shown.of(row.id, row)
    shown = views.summary(row)
    if not STATS_FIELDS.isdisjoint(names):
        with suppress(TorrentNotFound):  # it may have gone a moment ago
            stats = views.torrent_stats(api.session.get(row.id).stats())
            shown |= {name: stats[name] for name in STATS_FIELDS}
    chosen = {name: shown[name] for name in names if name in shown}
    return jsonrpc.written({"ID": row.id, **chosen})
