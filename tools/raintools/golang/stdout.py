"""What rain's own command line prints: lines, and JSON spread out, its keys sorted."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

from raintools._kit.output import Writer
from raintools.ctl.fields import cleaned

__all__ = ["text", "value"]

TOKEN = re.compile(r'("(?:\\.|[^"\\])*")(:?)|\b(true|false)\b|\b(null)\b|(-?\d[\d.eE+-]*)')
BOLD = {"key": 34, "text": 32, "number": 36, "flag": 33, "null": 30}


def text(said: str) -> None:
    """Print text and a line feed."""
    Writer(as_json=False).text(said)


def value(found: Any) -> None:
    """Print a JSON value, in colours on a terminal that can, where it is made printable too."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    if terminal:
        found = cleaned(found)
    shown = json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False)
    if terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        shown = TOKEN.sub(_coloured, shown)
    text(shown)


def _coloured(match: re.Match[str]) -> str:
    quoted, colon, flag, null, _ = match.groups()
    if quoted:
        return _bold(quoted, "key" if colon else "text") + colon
    return _bold(match[0], "flag" if flag else "null" if null else "number")


def _bold(shown: str, kind: str) -> str:
    return f"\x1b[{BOLD[kind]};1m{shown}\x1b[0m"
