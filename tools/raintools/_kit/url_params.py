"""Click types for where a torrent is to be had: URLs, tiers of them, info-hashes, groups."""

from __future__ import annotations

import re

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.formats.url_form import is_url
from raintools._kit.params import Parsed

__all__ = ["Group", "Hash", "Tier", "Url"]


def _url(text: str) -> str:
    url = text.strip()
    if not is_url(url):
        raise FormatError(f"not a URL: {printable(text)!r}")
    return url


def _tier(text: str) -> tuple[str, ...]:
    return tuple(_url(part) for part in text.split(","))


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}", text):
        raise FormatError(f"not an info-hash, 40 or 64 hex digits: {printable(text)!r}")
    return text.lower()


def _group(text: str) -> str:
    if not text.strip():
        raise FormatError("a group needs a name")
    return text


class Url(Parsed):
    """The URL of a tracker or a seed; gives str."""

    name = "url"
    parse = staticmethod(_url)


class Tier(Parsed):
    """URLs with commas between them; gives a tuple of str."""

    name = "url"
    parse = staticmethod(_tier)


class Hash(Parsed):
    """An info-hash of either version; gives it in lower-case hex."""

    name = "hash"
    parse = staticmethod(_hash)


class Group(Parsed):
    """The name of a group of torrents (BEP 38); gives str."""

    name = "name"
    parse = staticmethod(_group)
