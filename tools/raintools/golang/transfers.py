"""The command lines "rain download", "rain magnet-to-torrent" and "rain server"."""

from __future__ import annotations

import json
import os
from typing import Any

from raintools._kit import exits
from raintools.ctl.text_forms import duration
from raintools.golang import configured, other_commands, stdout
from raintools.golang.flags import Flag
from raintools.golang.verbs import Level, Refused, Verb

__all__ = ["LEVEL"]

CONFIG = Flag("config", "c", "configuration file", default=configured.DEFAULT)
MINUTE = 60.0
NOT_FOUND = (1, 4)
"""Exit codes of rain-magnet when nobody has the metadata."""


def _download(given: dict[str, Any]) -> int:
    if given["resume"]:
        exits.say(
            "rain: warning: --resume is not needed: a download goes on where it ended, "
            "and what is known of it is kept in the user's state directory"
        )
    config = configured.config_of(given["config"])
    command = ["--no-json", "--dir", "."]
    command += ["--seed", *configured.limits_of(config)] if given["seed"] else []
    command += ["--sequential"] if given["sequential"] else []
    return other_commands.run("rain-fetch", [*command, "--", given["torrent"]], config)


def _magnet_to_torrent(given: dict[str, Any]) -> int:
    seconds = given["timeout"]
    command = ["--json", "--resolve", "--timeout", f"{seconds:g}s"]
    command += ["--out", given["output"]] if given["output"] else []
    command += ["--", given["magnet"]]
    config = configured.config_of(given["config"])
    code, printed = other_commands.captured("rain-magnet", command, config)
    if code == 0:
        document = json.loads(printed.strip().splitlines()[-1])
        stdout.text(given["output"] or os.path.basename(document["path"]))
    elif code in NOT_FOUND:
        said = duration(int(seconds))
        raise Refused(f"metadata cannot be downloaded in {said}, try increasing timeout")
    return other_commands.in_go(code)


def _server(given: dict[str, Any]) -> int:
    # Without a file that was named, rain-serve looks in the same place, and may find none.
    named = given["config"] if given["config"] != CONFIG.default else None
    command = [] if named is None else ["--config", named]
    return other_commands.run("rain-serve", command)


def _compact_database(given: dict[str, Any]) -> int:
    exits.say("rain: nothing to do: this database keeps no room that it does not need")
    return 0


VERBS = (
    Verb(
        "download",
        "download one torrent",
        _download,
        (
            CONFIG,
            Flag("torrent", "t", "file, URL or magnet link", required=True),
            Flag("seed", "s", "go on serving when it is complete", "flag", default=False),
            Flag("sequential", help="fetch pieces in order", kind="flag", default=False),
            Flag("resume", "r", "no longer needed"),
        ),
        ("torrent",),
    ),
    Verb(
        "magnet-to-torrent",
        "get the .torrent file of a magnet link",
        _magnet_to_torrent,
        (
            CONFIG,
            Flag("magnet", "m", "the magnet link", required=True),
            Flag("output", "o", "file to write"),
            Flag("timeout", "t", "give up after this long", "duration", default=MINUTE),
        ),
        ("magnet",),
    ),
    Verb("server", "run the server", _server, (CONFIG,)),
    Verb("compact-database", "no longer needed", _compact_database, (CONFIG,)),
)
LEVEL = Level("rain", "a BitTorrent toolkit", VERBS)
