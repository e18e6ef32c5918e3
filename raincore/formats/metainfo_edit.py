"""Change a .torrent file and leave alone, byte for byte, what is not meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from raincore.formats import bencoding, info_edit, lenient_bencode, list_edit, tracker_edit
from raincore.formats.bencoding import Raw
from raincore.formats.info_edit import Inside
from raincore.formats.list_edit import Kind, Remover
from raincore.formats.optional_keys import untext
from raincore.formats.tracker_edit import Announce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.bencoding import Encodable, Value
    from raincore.formats.metainfo import Metainfo

__all__ = ["LISTS", "TRACKERS", "Edit", "Edited", "ListChange", "cautions", "edit"]

TRACKERS = "trackers"
LISTS: dict[str, Kind] = {
    "webseeds": list_edit.WEBSEEDS,
    "http_seeds": list_edit.HTTP_SEEDS,
    "nodes": list_edit.NODES,
    "similar": list_edit.SIMILAR,
    "collections": list_edit.COLLECTIONS,
}
"""The lists but the trackers, by the names of `Metainfo`'s fields."""

KEYS = {"comment": b"comment", "created_by": b"created by", "creation_date": b"creation date"}
COMMENT_UTF8 = b"comment.utf-8"
USABLE: dict[bytes, type | tuple[type, ...]] = {
    b"announce": bytes,
    b"announce-list": list,
    **{kind.key: (bytes, list) if kind.plain else list for kind in LISTS.values()},
    b"comment": bytes,
    COMMENT_UTF8: bytes,
    b"created by": bytes,
    b"creation date": int,
}


class ListChange(NamedTuple):
    """What is to become of a list: all goes, some goes, some comes; in this order.

    `remove` holds whole items and globs, `add` items as people write them.
    """

    clear: bool = False
    remove: tuple[str, ...] = ()
    add: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to change.

    Args:
        lists: By the keys of `LISTS`.
        trackers: As for the lists, but for `add`.
        tiers: Tiers to add to the trackers.
        replace: Texts within trackers, and what takes their place.
        facts: New values of `comment`, `created_by` (str) and `creation_date` (seconds
            since 1970) by these names; None takes away what is there.
        inside: What changes the info-hash.
    """

    lists: Mapping[str, ListChange] = field(default_factory=dict)
    trackers: ListChange = field(default_factory=ListChange)
    tiers: tuple[tuple[str, ...], ...] = ()
    replace: tuple[tuple[str, str], ...] = ()
    facts: Mapping[str, str | int | None] = field(default_factory=dict)
    inside: Inside = field(default_factory=Inside)


class Edited(NamedTuple):
    """A .torrent file that was changed.

    Args:
        raw: Its bytes; those of the file before if nothing changed.
        inside: Fields of `Inside` that changed the info-hash.
        met: (list, pattern) for each pattern, and text to replace, that was found.
        notes: What the owner should know, one sentence each.
    """

    raw: bytes
    inside: tuple[str, ...]
    met: frozenset[tuple[str, str]]
    notes: tuple[str, ...]


def edit(torrent: Metainfo, wanted: Edit) -> Edited:
    """Change a .torrent file.

    The raw info dictionary, unknown keys and everything else that is not meant keep
    their bytes, junk included. If anything changes, the keys around the info dictionary
    are sorted.

    Raises:
        ConfigError: The new name is none.
    """
    values, raws = _outside(torrent)
    changed: dict[bytes, Value | None] = {}
    met = set(_trackers(values, wanted, changed))
    for name, change in wanted.lists.items():
        kind, remover = LISTS[name], Remover(change.remove)
        old = values.get(kind.key)
        changed[kind.key] = list_edit.edit(
            kind, old, remover=remover, add=change.add, clear=change.clear
        )
        met.update((name, pattern) for pattern in remover.met)
    for name, fact in wanted.facts.items():
        new = untext(fact) if isinstance(fact, str) else fact
        changed[KEYS[name]] = new
        if name == "comment" and COMMENT_UTF8 in values:
            changed[COMMENT_UTF8] = new  # which readers prefer
    changed = {key: new for key, new in changed.items() if new != values.get(key)}
    info, inside = info_edit.edit(torrent.info, wanted.inside)
    if not changed and not inside:
        return Edited(torrent.raw, (), frozenset(met), ())
    outcome: dict[bytes, Encodable] = {key: Raw(raw) for key, raw in raws.items()}
    for key, value in changed.items():
        outcome.pop(key, None)
        outcome.update({} if value is None else {key: value})
    outcome[b"info"] = Raw(info)
    notes = tuple(
        f"{key.decode()} held nothing usable, and that is not kept"
        for key in changed
        if key in values and not isinstance(values[key], USABLE[key])
    )
    return Edited(bencoding.encode(outcome), inside, frozenset(met), notes)


def cautions(before: Metainfo, after: Metainfo, wanted: Edit) -> tuple[str, ...]:
    """Say what is odd about a torrent since it was changed, one sentence each."""
    found = []
    if after.info.private and not set(after.nodes) <= set(before.nodes):
        found.append("DHT nodes in a private torrent: no client may use them (BEP 27)")
    if after.info.private and not after.trackers and (before.trackers or not before.info.private):
        found.append("a private torrent without a tracker finds no peers")
    for name, inside in (("similar", after.info.similar), ("collections", after.info.collections)):
        change = wanted.lists.get(name, ListChange())
        remover = Remover(change.remove)
        shown = [item.hex() if isinstance(item, bytes) else item for item in inside]
        if any(change.clear or remover.takes(item) for item in shown):
            found.append(f"{name} inside the info dictionary stay, with the info-hash")
    return tuple(found)


def _outside(torrent: Metainfo) -> tuple[dict[bytes, Value], dict[bytes, bytes]]:
    """The keys of a .torrent file, decoded and as they stand, but for what is in `info`."""
    data, info = torrent.raw, b"4:info" + torrent.info.raw
    at = data.find(info)
    if data.find(info, at + 1) < 0:
        # So it can only be there, and need not be decoded again, which takes the longest.
        data = b"".join((data[:at], b"4:infode", data[at + len(info) :]))
    values, read = lenient_bencode.decode_dictionary(data)
    return values, {key: data[start:end] for key, (start, end) in read.spans.items()}


def _trackers(
    values: Mapping[bytes, Value], wanted: Edit, changed: dict[bytes, Value | None]
) -> list[tuple[str, str]]:
    change, remover = wanted.trackers, Remover(wanted.trackers.remove)
    before = Announce(values.get(b"announce"), values.get(b"announce-list"))
    after, found = tracker_edit.edit(
        before, remover=remover, replace=wanted.replace, add=wanted.tiers, clear=change.clear
    )
    changed[b"announce"], changed[b"announce-list"] = after
    return [(TRACKERS, pattern) for pattern in remover.met | found]
