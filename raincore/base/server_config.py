"""The settings that only a long-running server has; part of `base.config.Config`."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BlocklistRules",
    "RpcRules",
]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocklistRules:
    """Where the blocklist comes from and what it holds for."""

    url: str = ""
    file: str = ""
    update_interval_seconds: float = 86400.0
    update_timeout_seconds: float = 600.0
    max_length: int = 100 * MIB
    for_trackers: bool = True
    for_outgoing: bool = True
    for_incoming: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcRules:
    """Who may control the server, and from where."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 7246
    unix_socket: str = ""
    token: str = ""
    allow_unauthenticated: bool = False  # on other addresses than loopback
    tls_cert: str = ""
    tls_key: str = ""
    allowed_hosts: tuple[str, ...] = ()  # beside ours; see rpc.access
    allowed_origins: tuple[str, ...] = ()
    max_request_length: int = 32 * MIB
    max_connections: int = 100
    shutdown_timeout_seconds: float = 5.0
