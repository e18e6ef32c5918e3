"""Text from strangers made safe for terminals, logs and documents."""

from __future__ import annotations

import re

__all__ = ["displayed", "is_utf8", "printable"]

REPLACEMENT = "�"
ELLIPSIS = "…"

# C0, DEL and C1 move cursors and ring bells; U+2028 and U+2029 end lines; the bidirectional
# controls make "gpj.exe" read as "exe.jpg"; surrogates cannot be written as UTF-8.
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def displayed(text: str | bytes) -> str:
    r"""Replace by U+FFFD what must not reach a terminal; the length is not limited.

    Replaced are control characters, line and paragraph separators, controls of text
    direction, surrogates, and bytes that are not UTF-8.

    >>> displayed(b"caf\xc3\xa9 \x1b[2J")
    'café �[2J'
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    # Plain ASCII is what nearly all names are, and this test costs 50 ns.
    if text.isascii() and text.isprintable():
        return text
    return UNSAFE.sub(REPLACEMENT, text)


def printable(text: str | bytes, limit: int = 200) -> str:
    """Make a stranger's text fit for one line of a message.

    Args:
        text: Anything; bytes are taken for UTF-8.
        limit: Characters in the result, at least 1; what is longer ends in an ellipsis.

    Returns:
        The text with everything unsafe replaced as by `displayed`.
    """
    # Cut first: a megabyte need not be searched to show 200 characters of it.
    # A character takes at most 4 bytes, so this never cuts what would be shown.
    shown = displayed(text[: 4 * (limit + 1)])
    return shown if len(shown) <= limit else shown[: limit - 1] + ELLIPSIS


def is_utf8(raw: bytes) -> bool:
    """Whether a stranger's bytes are the text that they should be."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
