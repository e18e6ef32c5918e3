"""What a server said of torrents, peers, trackers and files as aligned lines for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from raincore.base import units
from raintools.ctl import text_forms
from raintools.ctl.fields import flag, length, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "aligned",
    "file_stats",
    "files",
    "moment",
    "peer_flags",
    "peers",
    "rate",
    "torrents",
    "trackers",
    "webseeds",
]

SOURCES = {"DHT": "H", "PEX": "X", "INCOMING": "I", "MANUAL": "M"}
NEVER = "0001-01-01T00:00:00Z"


def aligned(rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Columns of equal width; the last is as wide as it is.

    Args:
        rows: Cells; the first row is the head.
        right: A character for each column: ">" where cells stand to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = right.ljust(len(widths), "<")
    lines = []
    for row in rows:
        cells = [f"{cell:{sides[n]}{widths[n]}}" for n, cell in enumerate(row[:-1])]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)


def rate(bytes_per_second: int) -> str:
    """A rate, "" for none."""
    return units.format_rate(bytes_per_second) if bytes_per_second > 0 else ""


def moment(said: str) -> str:
    """A time as the server gives it; "" where there was none yet."""
    return "" if said in ("", NEVER) else said


def torrents(rows: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """A line for each torrent, from its row of the list and its stats."""
    head = ("ID", "Status", "Progress", "Size", "Down", "Up", "ETA", "Ratio", "Name")
    table = [head]
    for row, stats in rows:
        size = length(stats)
        table.append(
            (
                text(row, "ID"),
                text_forms.status(stats),
                f"{text_forms.progress(stats)}%",
                units.format_size(size) if size else "",
                rate(number(stats, "Speed", "Download")),
                rate(number(stats, "Speed", "Upload")),
                text_forms.eta(stats),
                f"{text_forms.ratio(stats):.2f}",
                text(stats, "Name") or text(row, "Name"),
            )
        )
    return aligned(table, "<<>>>>>>")


def peers(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each peer, the longest connected first; see `peer_flags`."""
    table = [("#", "Addr", "Flags", "Download", "Upload", "Client")]
    ordered = sorted(rows, key=lambda row: (text(row, "ConnectedAt"), text(row, "Addr")))
    for index, row in enumerate(ordered, 1):
        speeds = rate(number(row, "DownloadSpeed")), rate(number(row, "UploadSpeed"))
        table.append((str(index), text(row, "Addr"), peer_flags(row), *speeds, text(row, "Client")))
    return aligned(table, ">><>>")


def peer_flags(row: dict[str, Any]) -> str:
    """Six characters: what we want, what they want, and how we know them.

    d or D: we are interested, choked or not; K: unchoked without interest. u or U: they
    are; ?: we unchoke them without. O: optimistic. S: snubbed. H, X, I, M: found by DHT,
    PEX, came in, by hand. E or e: encrypted, or only its handshake.
    """
    chokes_us, choked = flag(row, "PeerChoking"), flag(row, "ClientChoking")
    ours = ("d" if chokes_us else "D") if flag(row, "ClientInterested") else "K "[chokes_us]
    theirs = ("u" if choked else "U") if flag(row, "PeerInterested") else "? "[choked]
    return "".join(
        (
            ours,
            theirs,
            "O" if flag(row, "OptimisticUnchoked") else " ",
            "S" if flag(row, "Snubbed") else " ",
            SOURCES.get(text(row, "Source"), " "),
            "E"
            if flag(row, "EncryptedStream")
            else "e"
            if flag(row, "EncryptedHandshake")
            else " ",
        )
    )


def trackers(rows: Sequence[dict[str, Any]]) -> str:
    """Three lines for each tracker."""
    lines = []
    for index, row in enumerate(rows, 1):
        lines.append(f"#{index} {text(row, 'URL')}")
        said = f"    Status: {text(row, 'Status')}"
        if text(row, "Status") == "Not working":
            inside = f" ({text(row, 'ErrorInternal')})" if flag(row, "ErrorUnknown") else ""
            said += f", Error: {text(row, 'Error')}{inside}"
        else:
            said += f", Seeders: {number(row, 'Seeders')}, Leechers: {number(row, 'Leechers')}"
            said += f" Warning: {text(row, 'Warning')}" if text(row, "Warning") else ""
        last = moment(text(row, "LastAnnounce")) or "Never"
        following = moment(text(row, "NextAnnounce")) or "Unknown"
        lines += [said, f"    Last announce: {last}, Next announce: {following}"]
    return "\n".join(lines)


def webseeds(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each web seed."""
    table = [("#", "URL", "Speed", "Error")]
    for index, row in enumerate(rows, 1):
        speed = rate(number(row, "DownloadSpeed"))
        table.append((str(index), text(row, "URL"), speed, text(row, "Error")))
    return aligned(table, "><>")


def files(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each file."""
    table = [("#", "Size", "Path")]
    for index, row in enumerate(rows):
        size = units.format_size(number(row, "Length"))
        table.append((str(index), size, _on_one_line(text(row, "Path"))))
    return aligned(table, ">>")


def file_stats(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each file, with how much of it is there."""
    table = [("#", "Done", "Size", "Path")]
    for index, row in enumerate(rows):
        whole = number(row, "File", "Length")
        done = number(row, "BytesCompleted") * 100 // whole if whole > 0 else 100
        path = _on_one_line(text(row, "File", "Path"))
        table.append((str(index), f"{done}%", units.format_size(whole), path))
    return aligned(table, ">>>")


def _on_one_line(path: str) -> str:
    return re.sub(r"\s", " ", path)
