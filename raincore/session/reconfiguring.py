"""Which settings of a session can change while it is open, and which cannot."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.config import Config, SessionRules
    from raincore.session.commons import Commons

__all__ = ["apply", "changed"]

CHANGEABLE_GROUPS = frozenset({"blocklist", "rates", "rpc"})
FIXED_RULES = frozenset(
    {
        "data_dir_includes_torrent_id",
        "database",
        "dht_port",
        "file_mode",
        "listen_host",
        "max_open_files",
        "port_begin",
        "port_end",
        "shared_port",
    }
)
"""Of the group "session": what was opened by them is open."""


def changed(old: Config, new: Config) -> tuple[Config, list[str]]:
    """The settings that hold from now on, and the names of those that cannot change.

    Names are "group.key", or "data_dir".
    """
    taken, fixed = old, []
    for one in fields(old):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if before == after:
            continue
        if one.name == "session":
            rules, kept = rules_changed(before, after)
            taken = replace(taken, session=rules)
            fixed += kept
        elif one.name in CHANGEABLE_GROUPS:
            taken = replace(taken, **{one.name: after})
        elif isinstance(before, str):
            fixed.append(one.name)
        else:
            names = (key.name for key in fields(before))
            differ = [key for key in names if getattr(before, key) != getattr(after, key)]
            fixed += [f"{one.name}.{key}" for key in differ]
    return taken, fixed


def rules_changed(old: SessionRules, new: SessionRules) -> tuple[SessionRules, list[str]]:
    """The same for the group of the session."""
    differ = [one.name for one in fields(old) if getattr(old, one.name) != getattr(new, one.name)]
    fixed = [name for name in differ if name in FIXED_RULES]
    taken = {name: getattr(new, name) for name in differ if name not in FIXED_RULES}
    return replace(old, **taken), [f"session.{name}" for name in fixed]


def apply(commons: Commons, config: Config) -> None:
    """Let what all torrents share go by new settings."""
    commons.config, rates = config, config.rates
    down, up = rates.download_bytes_per_second, rates.upload_bytes_per_second
    commons.services.set_limits(down=down, up=up)
