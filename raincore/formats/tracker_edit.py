"""Change the trackers of a .torrent file: its keys `announce` and `announce-list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.formats.optional_keys import text, untext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.formats.bencoding import Value
    from raincore.formats.list_edit import Remover

__all__ = ["Announce", "edit"]


class Announce(NamedTuple):
    """What the two keys hold; None for a key that is not there."""

    single: Value | None
    tiers: Value | None


def edit(
    given: Announce,
    *,
    remover: Remover,
    replace: Sequence[tuple[str, str]] = (),
    add: Sequence[Sequence[str]] = (),
    clear: bool = False,
) -> tuple[Announce, set[str]]:
    """Take URLs out, change others, and add tiers at the end (BEP 12).

    `announce` stays what it is while its URL is not taken out, even if the tiers do not
    list it; then it gets the first URL of the tiers. `announce-list` is written when there
    is more to say than `announce` does. Nothing but a URL that was meant, or a tier that
    has none left, goes; what is no URL stays.

    Args:
        given: What is there.
        remover: Which URLs are to go, before anything else happens.
        replace: Texts within URLs and what takes their place, one after the other. A URL
            that becomes another one, or empty, is no longer listed.
        add: Tiers; URLs that are there already are left out of them.
        clear: Whether all that is there goes first.

    Returns:
        What the keys hold then, and the first members of `replace` that were found.
        `given` itself if nothing was to be done.
    """
    single, tiers = _read(given)
    before = single, tiers
    change = _Change(remover, replace)
    if clear:
        single, tiers = None, []
    if single is not None:
        single = change.of(single)
    tiers = _without_repeats([[(item, change.of(item)) for item in tier] for tier in tiers])
    there = {_url(item) for tier in tiers for item in tier}
    for tier in add:
        fresh = [url for url in dict.fromkeys(tier) if url not in there]
        there.update(fresh)
        tiers += [[untext(url) for url in fresh]] if fresh else []
    unchanged = (single, tiers) == before and not clear
    return given if unchanged else _written(single, tiers), change.found


class _Change:
    """What becomes of a URL; `found` collects the texts that were replaced."""

    def __init__(self, remover: Remover, replace: Sequence[tuple[str, str]]) -> None:
        self.remover = remover
        self.replace = replace
        self.found: set[str] = set()

    def of(self, item: Value) -> Value | None:
        """The item as it is to be; None if it is to go."""
        url = _url(item)
        if url is None:
            return item
        if self.remover.takes(url):
            return None
        changed = url
        for old, new in self.replace:
            if old in changed:
                self.found.add(old)
                changed = changed.replace(old, new).strip()
        return item if changed == url else untext(changed) or None


def _read(given: Announce) -> tuple[Value | None, list[list[Value]]]:
    """`announce` and the tiers; without usable tiers, `announce` is the one (BEP 12)."""
    single = None if given.single is None or _url(given.single) is None else given.single
    # Some creators write a plain list of URLs: each is a tier of its own.
    listed = given.tiers if isinstance(given.tiers, list) else []
    tiers: list[list[Value]] = [tier if isinstance(tier, list) else [tier] for tier in listed]
    if single is not None and not any(_url(item) for tier in tiers for item in tier):
        tiers = [[single]]
    return single, tiers


def _without_repeats(tiers: list[list[tuple[Value, Value | None]]]) -> list[list[Value]]:
    """The tiers after a change, but for URLs that have become others of the list."""
    there = {_url(old) for tier in tiers for old, new in tier if new is old}
    kept: list[list[Value]] = []
    for tier in tiers:
        items: list[Value] = []
        for old, new in tier:
            if new is old or (new is not None and _url(new) not in there):
                items.append(new)
                there.add(_url(new))
        if items or not tier:
            kept.append(items)
    return kept


def _written(single: Value | None, tiers: list[list[Value]]) -> Announce:
    if single is None:
        urls = (item for tier in tiers for item in tier if _url(item))
        single = next(urls, None)
    if tiers in ([], [[single]]):
        return Announce(single, None)
    written: Value = list(tiers)
    return Announce(single, written)


def _url(item: Value) -> str | None:
    """An item as a URL; None if it is none."""
    return text(item).strip() or None if isinstance(item, bytes) else None
