r"""Ctrl-Alt keys of plain terminals, which Textual would take for Ctrl alone.

Such a key arrives as ESC and a control character. Read as ctrl+s instead of ctrl+alt+s it
would start what is to be stopped. Terminals that speak the kitty protocol need none of this.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from textual import _ansi_sequences

__all__ = ["teach"]


class Key(NamedTuple):
    """Looks as the library's own keys do."""

    value: str


def teach(letters: str) -> None:
    """Have Ctrl-Alt and these letters known as "alt+ctrl+LETTER", as with that protocol."""
    table: dict[str, Any] = _ansi_sequences.ANSI_SEQUENCES_KEYS  # type: ignore[assignment]
    for letter in letters:
        table["\x1b" + chr(ord(letter) & 0x1F)] = (Key(f"alt+ctrl+{letter}"),)
