"""Change a list around an info dictionary, item by item; what nobody meant stays as it is."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from raincore.formats.optional_keys import text, untext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from raincore.formats.bencoding import Value

__all__ = ["COLLECTIONS", "HTTP_SEEDS", "NODES", "SIMILAR", "WEBSEEDS", "Kind", "Remover", "edit"]


class Kind(NamedTuple):
    """How one kind of list is stored.

    Args:
        key: In the .torrent file.
        shown: An item to the text that people know it by; None for what is no such item.
        stored: The way back.
        plain: Whether a lone string counts as a list of one.
        alone: Whether a list of one is written as a lone string (BEP 19).
    """

    key: bytes
    shown: Callable[[Value], str | None]
    stored: Callable[[str], Value]
    plain: bool = False
    alone: bool = False


class Remover:
    """Says which items are to go, and remembers which patterns ever met one.

    Args:
        patterns: Whole items, or globs (`*`, `?`, `[…]`) for whole items; case matters.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = dict.fromkeys(patterns)
        self.met: set[str] = set()

    def takes(self, item: str) -> bool:
        """Whether an item is to go."""
        # The comparison is for "[", which in a URL is nearly always that of an address.
        found = [p for p in self._patterns if p == item or fnmatchcase(item, p)]
        self.met.update(found)
        return bool(found)


def edit(
    kind: Kind,
    value: Value | None,
    *,
    remover: Remover,
    add: Sequence[str] = (),
    clear: bool = False,
) -> Value | None:
    """Take items out of a list and put others at its end, unless they are there already.

    Items that make no sense stay where they are, unless the list is cleared.

    Args:
        kind: Which list.
        value: What is there; None if nothing is. Not changed.
        remover: What is to go.
        add: What is to come, as people write it.
        clear: Whether all that is there goes first.

    Returns:
        The new value; None if nothing is left. `value` itself if nothing was to be done.
    """
    items = items_of(kind, value)
    kept = [] if clear else [item for item in items if not _is_taken(kind, item, remover)]
    there = {kind.shown(item) for item in kept}
    for item in dict.fromkeys(add):
        if item not in there:
            kept.append(kind.stored(item))
    if kept == items and not clear:
        return value
    if kind.alone and len(kept) == 1 and isinstance(kept[0], bytes):
        return kept[0]
    return kept or None


def items_of(kind: Kind, value: Value | None) -> list[Value]:
    """The items of a list as it stands in the file; a new list."""
    if isinstance(value, bytes) and kind.plain:
        return [value] if value else []
    return list(value) if isinstance(value, list) else []


def _is_taken(kind: Kind, item: Value, remover: Remover) -> bool:
    shown = kind.shown(item)
    return shown is not None and remover.takes(shown)


def _text(item: Value) -> str | None:
    return text(item) if isinstance(item, bytes) else None


def _node(item: Value) -> str | None:
    match item:
        case [bytes(host), int(port)] if host:
            name = text(host).strip("[]")
            return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return None


def _pair(node: str) -> Value:
    host, _, port = node.rpartition(":")
    return [untext(host.strip("[]")), int(port)]


def _hash(item: Value) -> str | None:
    return item.hex() if isinstance(item, bytes) and len(item) in (20, 32) else None


WEBSEEDS = Kind(b"url-list", _text, untext, plain=True, alone=True)
HTTP_SEEDS = Kind(b"httpseeds", _text, untext, plain=True)
NODES = Kind(b"nodes", _node, _pair)
SIMILAR = Kind(b"similar", _hash, bytes.fromhex)
COLLECTIONS = Kind(b"collections", _text, untext, plain=True)
