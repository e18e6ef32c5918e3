"""Which settings of a session can change while it is open, and which cannot."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from raincore.session.torrent_run import apply_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.base.config import Config
    from raincore.session.commons import Commons
    from raincore.session.torrent_life import TorrentLife

__all__ = ["apply", "can_change", "changed"]

FIXED: Mapping[str, frozenset[str]] = {
    "blocklist": frozenset(),
    "peers": frozenset({"encryption", "handshake_timeout_seconds", "incoming_encryption"}),
    "private": frozenset(),
    "rates": frozenset(),
    "rpc": frozenset(),
    "session": frozenset(
        {
            "announces_per_second",
            "data_dir_includes_torrent_id",
            "database",
            "dht_port",
            "fetch_timeout_seconds",
            "file_mode",
            "listen_host",
            "port_begin",
            "port_end",
            "shared_port",
            "snapshot_interval_seconds",
        }
    ),
    "sources": frozenset({"bootstrap", "dht", "lsd"}),
    "trackers": frozenset({"http_max_length", "http_timeout_seconds", "verify_tls"}),
    "uploads": frozenset(),
    "web": frozenset({"patience", "verify_tls"}),
}
"""By group, what was opened by them is open; of groups that are not here that is everything..."""
CHANGEABLE: Mapping[str, frozenset[str]] = {
    "dht": frozenset({"announce_interval_seconds", "min_announce_interval_seconds"}),
    "disk": frozenset({"read_run_length", "save_interval_seconds"}),
}
"""... but this."""


def changed(old: Config, new: Config) -> tuple[Config, list[str]]:
    """The settings that hold from now on, and the names of those that cannot change.

    Names are "group.key", or "data_dir".
    """
    taken, fixed = old, []
    for one in fields(old):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if before == after:
            continue
        if isinstance(before, str):
            fixed.append(one.name)
            continue
        names = [key.name for key in fields(before)]
        differ = [key for key in names if getattr(before, key) != getattr(after, key)]
        kept = [key for key in differ if not can_change(one.name, key)]
        facts = {key: getattr(after, key) for key in differ if key not in kept}
        taken = replace(taken, **{one.name: replace(before, **facts)})
        fixed += [f"{one.name}.{key}" for key in kept]
    return taken, fixed


def can_change(group: str, key: str) -> bool:
    """Whether a setting can change while the session is open."""
    if group in FIXED:
        return key not in FIXED[group]
    return key in CHANGEABLE.get(group, ())


def apply(commons: Commons, config: Config, lives: Iterable[TorrentLife]) -> None:
    """Let everybody go by new settings, torrents that run too."""
    commons.config, rates = config, config.rates
    commons.services.set_limits(
        down=rates.download_bytes_per_second, up=rates.upload_bytes_per_second
    )
    if commons.shared is not None:
        commons.shared.config = config
    for life in lives:
        if life.torrent is not None:
            life.torrent.reconfigure(config)
            apply_limits(life.torrent, life.record.options)
