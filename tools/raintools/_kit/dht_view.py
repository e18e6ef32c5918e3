"""What rain-dht shows to people: a line or two for each thing that it finds."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from raincore.base.printable import displayed, printable
from raincore.documents import items
from raincore.documents.items import ItemDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from raincore.dht.item import Item
    from raincore.documents.documents import TorrentDocument
    from raincore.session.dht_queries import Heard
    from raintools._kit.output import Writer

__all__ = [
    "event",
    "item",
    "node",
    "peers",
    "sample",
    "scrape",
    "show",
    "show_item",
    "stored_nowhere",
]


def show(out: Writer, value: dict[str, Any], human: Callable[[], str]) -> None:
    """Write a document as a line of JSON, or for people what `human` returns."""
    if out.human:
        out.text(human())
    else:
        out.value(value)


def show_item(
    out: Writer,
    found: Item,
    document: Mapping[str, Any] | None = None,
    heard: Heard | None = None,
) -> None:
    """Write an item that was found, or with `heard` one that was stored.

    Args:
        document: What came in; its other keys are kept.
    """
    record = ItemDocument(
        target=found.target,
        value=found.value,
        key=found.key,
        seq=found.seq,
        signature=found.signature,
        salt=found.salt,
        stored=None if heard is None else heard.stored,
        refusals=() if heard is None else heard.refusals,
    )
    value = {**(document or {}), **items.encode(record)}
    show(out, value, partial(item, value))


def peers(
    document: TorrentDocument, shown: Sequence[str], count: int, heard: Heard, port: int | None
) -> str:
    """Peers, one a line, and a line that sums up."""
    known = document.info_hash or document.info_hash_v2
    name = displayed(document.name) if document.name else known.hex() if known else ""
    told = f"port {port} announced at {_count(heard.stored, 'node')}, " if port is not None else ""
    return "\n".join([*shown, f"{name}: {told}{_count(count, 'peer')} found; {heard}"])


def scrape(value: Mapping[str, Any]) -> str:
    """About how many."""
    name = printable(value.get("name") or value["info_hash"])
    return (
        f"{name}: about {_count(value['seeds'], 'seed')} and {_count(value['peers'], 'other peer')}; "
        f"{_count(value['answered'], 'node')} answered"
    )


def node(value: Mapping[str, Any]) -> str:
    """An id, how long the node takes to answer, and where it is."""
    rtt = f"{value['rtt_ms']:8.1f} ms" if "rtt_ms" in value else " " * 11
    return f"{value['id']}  {rtt}  {value['address']}"


def sample(value: Mapping[str, Any]) -> str:
    """Info-hashes, one a line."""
    return "\n".join(value["info_hashes"])


def item(value: Mapping[str, Any]) -> str:
    """The value; for one that was stored, where that is, and how often it is there now."""
    if "stored" not in value:
        found = value["value"]
        return _text(found) if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    seq = f", sequence number {value['seq']}" if "k" in value else ""
    key = f"key {value['k']}\n" if "k" in value else ""
    return f"{key}target {value['target']}\nstored at {_count(value['stored'], 'node')}{seq}"


def event(value: Mapping[str, Any]) -> str:
    """What happened to our node."""
    facts = " ".join(
        f"{key}={found}"
        for key, found in value.items()
        if key not in ("type", "v", "time", "event")
    )
    return f"{value['time']} {value['event']} {facts}".rstrip()


def stored_nowhere(what: str, heard: Heard) -> str:
    """Why nothing was stored, in one line."""
    reasons = "; ".join(
        f"{refusal.reason}{f' ({refusal.code})' if refusal.code is not None else ''}, "
        f"said by {_count(refusal.nodes, 'node')}"
        if refusal.code is not None
        else f"{refusal.reason} from {_count(refusal.nodes, 'node')}"
        for refusal in heard.refusals
    )
    return f"{what} nowhere: {reasons or 'no node gives leave to store'}; {heard}"


def _text(text: str) -> str:
    return "\n".join(displayed(line.expandtabs()) for line in text.splitlines())


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
