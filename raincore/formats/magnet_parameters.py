"""The parameters of a magnet link: their names, numbers and spelling.

Names may have a number behind them ("tr.1"), and "amp;" before them if the link was copied out
of HTML. What nobody here understands goes out again as it came in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from raincore.formats.optional_keys import text, untext

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Parameter", "numbered", "parse", "quoted", "tiers", "unknown", "unquoted"]

NAMED = re.compile(r"([a-z]+(?:\.pe)?)(?:\.([0-9]{1,9}))?", re.IGNORECASE)
KNOWN = frozenset({"as", "dn", "so", "tr", "ws", "x.pe", "xl", "xs", "xt"})
OF_HTML = re.compile("(?:amp;)+")
# All that RFC 3986 lets stand in a query, but for the apostrophe: a link is to be safe inside
# shell quotes. "%" as well, so that what was encoded stays as it was.
STAYS = "%!$()*+,;=:@/?"


class Parameter(NamedTuple):
    """One that is known; `value` is still percent-encoded, and `number` -1 if there is none."""

    name: str
    number: int
    value: str


def parse(query: str) -> list[Parameter]:
    """Read the known parameters; numbered ones come after plain ones, by number."""
    found = []
    for part in query.split("&"):
        name, _, value = _plain(part).partition("=")
        match = NAMED.fullmatch(name)
        if match is not None:
            found.append(Parameter(match[1].lower(), int(match[2] or -1), value))
    return sorted(found, key=lambda parameter: parameter.number)


def unknown(query: str, foreign: Sequence[str]) -> tuple[str, ...]:
    """Give what other programs understand, such as "kt=a+b", in the order of the link.

    Args:
        query: The link behind its question mark.
        foreign: The values of `xt` that name no torrent; they are kept as well.

    Returns:
        Names and values as they are spelled, but for characters that no link may have,
        which are percent-encoded.
    """
    found = []
    for part in map(_plain, query.split("&")):
        name, _, value = part.partition("=")
        # As others may read it: "%78t" must not come back as another "xt".
        match = NAMED.fullmatch(unquoted(name))
        known = match is not None and match[1].lower() in KNOWN
        is_foreign = name[:2].lower() == "xt" and unquoted(value) in foreign
        if unquoted(name) and (is_foreign if known else True):
            found.append(quote(untext(part), safe=STAYS))
    return tuple(found)


def tiers(trackers: Iterable[tuple[int, str]]) -> tuple[tuple[str, ...], ...]:
    """Make tiers of trackers in their order, each with its number: one number is one tier.

    Plain ones (-1) are a tier each. What is empty or was there before is left out.
    """
    found: list[list[str]] = []
    seen: set[str] = set()
    last = -1
    for number, url in trackers:
        if not url or url in seen:
            continue
        seen.add(url)
        if number < 0 or number != last:
            found.append([])
        found[-1].append(url)
        last = number
    return tuple(map(tuple, found))


def numbered(trackers: Iterable[Sequence[str]]) -> list[str]:
    """Spell tiers so that `tiers` reads them again, with numbers only from where they are needed."""
    found: list[str] = []
    number = 0
    for tier in trackers:
        number += number > 0 or len(tier) > 1
        name = f"tr.{number}" if number else "tr"
        found += [f"{name}={quoted(url)}" for url in tier]
    return found


def unquoted(value: str) -> str:
    """Undo percent-encoding; surrogate escapes stand for bytes that are not UTF-8."""
    # Bytes, because of surrogates: escapes in an argument, and whatever JSON can spell.
    return text(unquote_to_bytes(untext(value))).strip()


def quoted(value: str) -> str:
    """Percent-encode all but the most harmless characters."""
    return quote(untext(value), safe="")


def _plain(part: str) -> str:
    match = OF_HTML.match(part)
    return part[match.end() :] if match is not None else part
