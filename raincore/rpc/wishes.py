"""What is wanted of a torrent, as fields of a call: when it is added, and at any time later.

A field that is lacking leaves things as they are. A seed limit of -1 is the session's, 0 is
none.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from raincore.base.printable import printable
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.priorities import Priority
from raincore.rpc.params import Kind
from raincore.wire.jsonrpc import BAD_PARAMS, Fault

if TYPE_CHECKING:
    from raincore.storage.torrent_record import TorrentOptions

__all__ = ["WISHES", "changed", "shown"]

WISHES = {
    "StopAfterDownload": Kind.MAYBE_FLAG,
    "StopAfterMetadata": Kind.MAYBE_FLAG,
    "Sequential": Kind.MAYBE_FLAG,
    "EdgesFirst": Kind.MAYBE_FLAG,
    "SpeedLimitDownload": Kind.MAYBE_COUNT,
    "SpeedLimitUpload": Kind.MAYBE_COUNT,
    "SeedRatioLimit": Kind.MAYBE_NUMBER,
    "SeedTimeLimit": Kind.MAYBE_NUMBER,
    "SeedIdleLimit": Kind.MAYBE_NUMBER,
    "Labels": Kind.MAYBE_TEXTS,
    "Select": Kind.MAYBE_TEXTS,
    "Priorities": Kind.MAYBE_OBJECT,
}
PLAIN = {
    "StopAfterDownload": "stop_after_download",
    "StopAfterMetadata": "stop_after_metadata",
    "Sequential": "sequential",
    "EdgesFirst": "edges_first",
    "SpeedLimitDownload": "download_bytes_per_second",
    "SpeedLimitUpload": "upload_bytes_per_second",
}
LIMITS = {
    "SeedRatioLimit": "seed_ratio",
    "SeedTimeLimit": "seed_seconds",
    "SeedIdleLimit": "seed_idle_seconds",
}
LEVELS = {priority.name.lower(): priority for priority in Priority}
MOST_FILES = 100_000


def changed(options: TorrentOptions, p: dict[str, Any]) -> TorrentOptions:
    """Take over what a call says.

    Args:
        p: A value, or None, for each of `WISHES`.

    Raises:
        Fault: A value makes no sense for any torrent.
    """
    changes: dict[str, Any] = {}
    for name, field in PLAIN.items():
        if p[name] is not None:
            changes[field] = p[name]
            if p[name] < 0:
                raise Fault(BAD_PARAMS, f"{name} must not be negative")
    for name, field in LIMITS.items():
        if p[name] is not None:
            changes[field] = None if p[name] < 0 else float(p[name]) or math.inf
    if p["Labels"] is not None:
        changes["labels"] = tuple(sorted({label for label in p["Labels"] if label}))
    if p["Select"] is not None:
        changes["select"] = _selection(p["Select"])
    if p["Priorities"] is not None:
        changes["priorities"] = _priorities(p["Priorities"])
    return replace(options, **changes) if changes else options


def shown(options: TorrentOptions) -> dict[str, Any]:
    """Say what is wanted, in the same form."""
    return {
        **{name: getattr(options, field) for name, field in PLAIN.items()},
        **{name: _limit(getattr(options, field)) for name, field in LIMITS.items()},
        "Labels": list(options.labels),
        "Select": [*options.select.globs, *map(str, options.select.indices)],
        "Priorities": {str(n): Priority(level).name.lower() for n, level in options.priorities},
    }


def _selection(texts: list[str]) -> Selection:
    """Numbers and globs; nothing selects everything."""
    indices = tuple(int(text) for text in texts if _is_number(text))
    globs = tuple(text for text in texts if not _is_number(text))
    return Selection(globs, indices) if texts else EVERYTHING


def _priorities(given: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    """Words by the numbers of files; what is "normal" and selected needs none."""
    if len(given) > MOST_FILES:
        raise Fault(BAD_PARAMS, f"Priorities: more than {MOST_FILES} files")
    found = {}
    for number, word in given.items():
        if not _is_number(number):
            raise Fault(BAD_PARAMS, f"Priorities: not the number of a file: {printable(number)!r}")
        if not isinstance(word, str) or word not in LEVELS:
            raise Fault(BAD_PARAMS, f"Priorities: must be one of {', '.join(LEVELS)}")
        found[int(number)] = int(LEVELS[word])
    return tuple(sorted(found.items()))


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 10


def _limit(limit: float | None) -> float:
    if limit is None:
        return -1
    return 0 if math.isinf(limit) else limit
