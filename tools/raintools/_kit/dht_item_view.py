"""An item of the DHT as rain-dht writes it, for programs and for people."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from raincore.base.printable import displayed
from raincore.documents import items
from raincore.documents.items import ItemDocument
from raintools._kit.dht_view import counted, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.dht.item import Item
    from raincore.session.dht_queries import Heard
    from raintools._kit.output import Writer

__all__ = ["show_item"]


def show_item(
    out: Writer,
    found: Item,
    document: Mapping[str, Any] | None = None,
    heard: Heard | None = None,
) -> None:
    """Write an item that was found, or with `heard` one that was stored.

    Args:
        document: The item that came in; keys that we do not know are kept.
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
    kept = {key: one for key, one in (document or {}).items() if key not in items.KEYS}
    value = {**items.encode(record), **kept}
    show(out, value, partial(_view, value))


def _view(value: Mapping[str, Any]) -> str:
    """The value; for one that was stored, where that is, and how often it is there now."""
    if "stored" not in value:
        found = value["value"]
        return _text(found) if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    seq = f", sequence number {value['seq']}" if "k" in value else ""
    key = f"key {value['k']}\n" if "k" in value else ""
    return f"{key}target {value['target']}\nstored at {counted(value['stored'], 'node')}{seq}"


def _text(text: str) -> str:
    return "\n".join(displayed(line.expandtabs()) for line in text.splitlines())
