"""rain-ctl: tell a running session what to do, and ask how it is."""

from __future__ import annotations

from typing import Any

import click

from raintools._kit import options
from raintools._kit.verbs import Verbs
from raintools.console import verb as console
from raintools.ctl import (
    acting,
    adding,
    reading,
    server,
    session_wide,
    setting,
    watching,
)

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-ctl add photos.torrent
  rain-ctl list --no-json
  rain-create ./photos | rain-ctl add
  rain-ctl list --status error | rain-ctl start
  rain-ctl --url https://server:7246 --token-file token session-stats
"""
TYPES = (
    *("torrent", "torrent_stats", "torrent_tracker", "torrent_webseed", "torrent_file"),
    *("torrent_file_stats", "torrent_peer", "torrent_options", "explanation"),
    *("session_stats", "session_version", "session_event", "session_config"),
)


@click.group("rain-ctl", cls=Verbs, epilog=EXAMPLES)
@server.connecting
def group(**where: Any) -> None:
    """Control a running rain-serve, or a Go rain server.

    Every verb has its own --help; its options may stand before it, too. Torrents are named by
    id, by info-hash, or by the documents of "rain-ctl list" on stdin.
    """


main = options.stacked(group, *options.about(*TYPES))
for verb in (
    *session_wide.VERBS,
    *adding.VERBS,
    *reading.VERBS,
    *acting.VERBS,
    *setting.VERBS,
    *watching.VERBS,
    *console.VERBS,
):
    group.add_command(verb)


if __name__ == "__main__":
    main()
