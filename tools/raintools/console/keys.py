"""The keys of the console: those of rain's own, and those for what that could not do."""

from __future__ import annotations

from textual.binding import Binding

__all__ = ["BINDINGS", "TAB_KEYS"]

TAB_KEYS = {"g": "General", "s": "Stats", "t": "Trackers", "p": "Peers", "w": "WebSeeds"} | {
    "f": "Files",
    "y": "Why",
}
"""With Alt, by tab."""
BINDINGS: list[Binding | tuple[str, str] | tuple[str, str, str]] = [
    Binding("ctrl+c", "quit", "quit", priority=True),
    Binding("ctrl+q", "leave", "close", priority=True),
    Binding("q", "quit", "quit"),
    Binding("question_mark", "help", "help"),
    Binding("j,down", "move(1)", "down"),
    Binding("k,up", "move(-1)", "up"),
    Binding("g,home", "go(0)", "top"),
    Binding("G,end", "go(-1)", "bottom"),
    Binding("pagedown", "page(1)", "page down"),
    Binding("pageup", "page(-1)", "page up"),
    Binding("alt+j", "separate(1)", "separator down"),
    Binding("alt+k", "separate(-1)", "separator up"),
    Binding("alt+a", "session", "session"),
    *(Binding(f"alt+{key}", f"tab('{tab}')", tab) for key, tab in TAB_KEYS.items()),
    Binding("ctrl+s", "order('StartTorrent')", "start"),
    Binding("alt+ctrl+s,ctrl+alt+s,S", "order('StopTorrent')", "stop"),
    Binding("alt+ctrl+a,ctrl+alt+a,A", "order('AnnounceTorrent')", "announce"),
    Binding("ctrl+v", "order('VerifyTorrent')", "verify"),
    Binding("ctrl+r", "remove", "remove"),
    Binding("ctrl+a", "add", "add"),
    Binding("slash", "filter", "filter"),
    Binding("o", "sort", "sort"),
    Binding("O", "turn", "reverse"),
]
