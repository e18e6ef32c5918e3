"""What a text must look like to be the URL of anything, whatever its scheme (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["is_url"]

FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+\S*")


def is_url(text: str) -> bool:
    """Whether a text that somebody types for a URL is one.

    No more than it takes to notice a forgotten "http://", a bracket or port that is wrong:
    schemes come and go (RFC 3986, 3.1 and 3.2).

    >>> is_url("udp://t.example:6969"), is_url("t.example:6969"), is_url("udp://t.example:69690")
    (True, False, False)
    """
    if not FORM.fullmatch(text):
        return False
    try:
        return urlsplit(text).port != 0  # reading it checks it
    except ValueError:
        return False
