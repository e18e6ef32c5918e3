"""The configuration file of rain, for commands that are no server: "rain download" has it too."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raintools._kit import exits
from raintools.golang.verbs import Refused

if TYPE_CHECKING:
    from raincore.base.config import Config

__all__ = ["DEFAULT", "config_of", "limits_of"]

DEFAULT = "$HOME/rain/config.yaml"


def config_of(path: str) -> Config | None:
    """The settings of a file, and of RAIN_KEY in the environment; None if there is none.

    Args:
        path: DEFAULT, which need not exist, another, which must, or "" for none.

    Raises:
        Refused: It is missing, or says what cannot be.
    """
    from raincore.session import config_file  # here, for a quick start of the others

    named = path != DEFAULT
    if not path or not (named or os.path.exists(config_file.expanded(DEFAULT, os.environ))):
        return None
    if named and not os.path.exists(path):
        raise Refused(f"open {path}: no such file or directory")
    try:
        settings = config_file.load(path if named else None, os.environ, {})
    except ConfigError as error:
        raise Refused(str(error)) from error
    for warning in settings.warnings:
        exits.say(f"rain: warning: {warning}")
    config = settings.config
    if config.blocklist.url:
        exits.say(
            "rain: warning: blocklist-url is for the server alone; here blocklist-file counts"
        )
    lists = (config.blocklist.file,) if config.blocklist.file else ()
    return replace(config, sockets=replace(config.sockets, blocklists=lists))


def limits_of(config: Config | None) -> list[str]:
    """When a torrent has been seeded enough, as options of rain-fetch."""
    if config is None:
        return []
    rules = config.session
    found = [] if rules.seed_ratio == math.inf else ["--seed-ratio", f"{rules.seed_ratio:g}"]
    if rules.seed_seconds != math.inf:
        found += ["--seed-time", f"{rules.seed_seconds:g}s"]
    return found
