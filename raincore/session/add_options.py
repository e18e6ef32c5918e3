"""What may be said of a torrent when it is added to a session."""

from __future__ import annotations

import re
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.storage.torrent_record import Counts, TorrentOptions

__all__ = ["AddOptions", "Before", "checked_id", "new_id"]

ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Before:
    """What a torrent has done in another session, from where it comes.

    Args:
        added_at: When it was added there, in seconds since 1970; 0 for now.
        counts: Of its runs.
        hook_ran: Whether the command on completion has run.
    """

    added_at: float = 0.0
    counts: Counts = field(default_factory=Counts)
    hook_ran: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """How a torrent begins in a session.

    Args:
        id: What to call it; empty for an id of the session's making.
        stopped: Only remember it; `start` starts it.
        name: What to show before the metadata is known; empty for what the torrent says.
        data_dir: Where its content goes, the parent of its name; empty for the session's
            place.
        trackers: Further tiers, behind its own.
        peers: "host:port" of peers to begin with, beside its own; the first 1000 count.
        options: What can be changed later.
        before: What it has done in another session.
    """

    id: str = ""
    stopped: bool = False
    name: str = ""
    data_dir: str = ""
    trackers: tuple[tuple[str, ...], ...] = ()
    peers: tuple[str, ...] = ()
    options: TorrentOptions = field(default_factory=TorrentOptions)
    before: Before = field(default_factory=Before)


def checked_id(id: str) -> str:
    """An id that a caller has chosen, if it can also name a directory, and nothing else.

    Up to 100 letters, digits, ".", "_" and "-" of ASCII, not beginning with ".": so it is
    never a path, never hidden, and the same on every file system.

    Raises:
        FormatError: It is something else.
    """
    if not ID.match(id):
        raise FormatError(
            "torrent id: only up to 100 letters, digits, dots, dashes and underscores, "
            f"no dot in front: {printable(id, 40)!r}"
        )
    return id


def new_id() -> str:
    """A fresh id: 22 characters of base64url, as rain makes them (a UUID, RFC 9562).

    Unlike rain's, none begins with a hyphen: it would be an option to a command line.
    """
    made = "-"
    while made.startswith("-"):
        made = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    return made
