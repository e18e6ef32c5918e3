"""The settings of a running server: shown, changed by a call, read again on SIGHUP."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from raincore.base.errors import ConfigError
from raincore.base.printable import printable
from raincore.session import config_rules, config_shown
from raincore.session.config_keys import keys

if TYPE_CHECKING:
    from raincore.base.server_config import RpcRules
    from raincore.session.config_file import Settings
    from raincore.session.session import Session

__all__ = ["LiveTuning", "Reread"]

Reread = Callable[[Mapping[str, Any]], "Settings"]
"""Reads the configuration again, with some settings on top of all others."""

FIXED = frozenset(
    f"rpc.{name}"
    for name in (
        *("enabled", "host", "port", "unix_socket", "tls_cert", "tls_key"),
        *("max_request_length", "max_connections", "shutdown_timeout_seconds"),
    )
) | frozenset(f"blocklist.for_{what}" for what in ("trackers", "outgoing", "incoming"))
"""What a server that runs cannot change, whatever its session can."""
MOST_EXPLAINED = 1000
log = logging.getLogger(__name__)


class LiveTuning:
    """Implements rpc.api.Tuning.

    Args:
        session: Takes over what it can.
        settings: What holds now.
        reread: See `Reread`.
    """

    def __init__(self, session: Session, settings: Settings, reread: Reread) -> None:
        self.settings = settings
        self.on_rules: Callable[[RpcRules], None] = lambda rules: None
        """Is given the rules of access whenever they change."""
        self._session = session
        self._reread = reread
        self._started_with = settings
        self._changes: dict[str, Any] = {}

    def shown(self) -> dict[str, Any]:
        """Every setting, see rpc.api.Tuning."""
        return config_shown.as_json(self.settings)

    async def change(self, changes: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Take over some settings, see rpc.api.Tuning."""
        changes = {**self._changes, **{name: _text(name, v) for name, v in changes.items()}}
        found = self._take(self._reread(changes))
        self._changes = changes
        return found

    def explain(self) -> None:
        """Log why torrents move or do not: the oldest thousand of them."""
        told = self._session.torrents()[:MOST_EXPLAINED]
        for torrent in told:
            causes = "; ".join(f"{one.cause}: {one.evidence}" for one in torrent.explain())
            log.info(
                "why a torrent moves or not", extra={"facts": {"id": torrent.id, "why": causes}}
            )
        log.info("torrents were explained", extra={"facts": {"torrents": len(told)}})

    def reload(self) -> None:
        """Read everything again and log what came of it; what was changed by calls stays.

        Raises:
            ConfigError: It cannot be taken; all stays as it is.
        """
        changed, after_restart = self._take(self._reread(self._changes))
        log.info(
            "the configuration was read again",
            extra={"facts": {"changed": ",".join(changed) or "nothing"}},
        )
        if after_restart:
            facts = {"keys": ",".join(after_restart)}
            log.warning("some changes hold after a restart only", extra={"facts": facts})

    def _take(self, settings: Settings) -> tuple[list[str], list[str]]:
        before, self.settings = self.settings, settings
        stuck = set(self._session.reconfigure(settings.config))
        self.on_rules(self._rules(settings.config.rpc))
        changed = [n for n, s in settings.values.items() if s.value != before.values[n].value]
        later = [
            name
            for name, setting in settings.values.items()
            if _needs_restart(name, stuck)
            and setting.value != self._started_with.values[name].value
        ]
        return [name for name in changed if name not in later], later

    def _rules(self, rules: RpcRules) -> RpcRules:
        """New rules as far as they can hold where the server listens now."""
        bound = self._started_with.config.rpc
        is_public = not (bound.unix_socket or config_rules.is_loopback(bound.host))
        if is_public and not rules.token and not rules.allow_unauthenticated:
            rules = replace(rules, token=bound.token)  # else anybody could come in until then
        return replace(rules, host=bound.host, port=bound.port)


def _needs_restart(name: str, stuck: set[str]) -> bool:
    target = keys()[name].target
    opened = any(target == one or target.startswith(f"{one}.") for one in stuck)
    return not target or opened or target in FIXED


def _text(name: str, value: Any) -> Any:
    """A value of JSON as it would stand in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ConfigError(f"{printable(name)}: expected text, a number, a flag or a list of texts")
