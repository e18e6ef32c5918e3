"""What to call an input in messages: short, and without keys of the user's."""

from __future__ import annotations

import re

__all__ = ["of"]

WEB = r"(?i)(https?://)(?:[^/?#]*@)?([^?#]*)"
TOPIC = r"(?i)[?&](xt(?:\.\d+)?=[^&]*)"


def of(text: str) -> str:
    """Give the name of an argument.

    The trackers of a magnet link, and the query of a URL, may hold keys that give whoever
    reads them the user's account.

    >>> of("magnet:?dn=n&xt=urn:btih:ab&tr=http://t.example/key")
    'magnet:?xt=urn:btih:ab'
    >>> of("https://me:word@t.example/a.torrent?key=1")
    'https://t.example/a.torrent'
    """
    if text[:7].lower() == "magnet:":
        topic = re.search(TOPIC, text)
        return f"magnet:?{topic[1]}" if topic else text.partition("&")[0]
    web = re.match(WEB, text)
    return web[1] + web[2] if web else text
