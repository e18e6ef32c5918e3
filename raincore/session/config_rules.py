"""What settings may not say together, and what the server needs to run as they say."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from raincore.base.errors import ConfigError, FormatError
from raincore.base.printable import printable
from raincore.formats import http_url, proxy_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.config import Config

__all__ = ["check", "is_loopback"]

HOSTS = ("host", "dht-host", "rpc-host")
MOST_SECONDS = ("resume-write-interval", "health-check-interval", "blocklist-update-interval")
"""Durations by which something is repeated; 0 would repeat it without a pause."""
LEAST = (
    ("parallel-reads", 1, "nothing could be read"),
    ("parallel-writes", 1, "nothing could be written"),
    ("read-cache-block-size", 16384, "peers ask for so much at once"),
    ("tracker-http-max-response-size", 64, "no answer is shorter"),
)
MOST_PREFIX = 16


def check(config: Config, settings: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Refuse what cannot be honoured.

    Args:
        config: What the settings make.
        settings: By key.
        origins: Where each is from, for messages.

    Raises:
        ConfigError: Two settings contradict each other, or one means nothing.
    """

    def refuse(name: str, why: str) -> None:
        origin = "" if origins[name] == "default" else f"{origins[name]}: "
        raise ConfigError(f"{origin}{name}: {why}", name)

    for name in HOSTS:
        _check_host(name, settings[name], refuse)
    _check_places(config, refuse)
    if not settings["shared-port"] and settings["port-begin"] >= settings["port-end"]:
        refuse("port-end", "invalid port range: must be above port-begin")
    for name in MOST_SECONDS:
        if settings[name] < 0.1:
            refuse(name, "is too short to be repeated")
    for name, least, why in LEAST:
        if settings[name] < least:
            refuse(name, f"must be {least} at least: {why}")
    if settings["file-permissions"] & 0o700 != 0o700:
        refuse("file-permissions", "must be 0700 at least: else not even rain could use its files")
    _check_identity(settings, refuse)
    if settings["disable-outgoing-encryption"] and settings["force-outgoing-encryption"]:
        refuse("force-outgoing-encryption", "contradicts disable-outgoing-encryption")
    for name, parse in (("blocklist-url", http_url.parse), ("proxy", proxy_url.parse)):
        try:
            if settings[name]:
                parse(settings[name])
        except FormatError as error:
            refuse(name, str(error))
    rpc = config.rpc
    if bool(rpc.tls_cert) != bool(rpc.tls_key):
        refuse("rpc-tls-cert", "needs rpc-tls-key, and the other way round")
    if rpc.token and not (rpc.token.isascii() and rpc.token.isprintable() and " " not in rpc.token):
        refuse("rpc-token", "must be ASCII without spaces, since it travels in a header")
    public = not (rpc.unix_socket or is_loopback(rpc.host))
    if rpc.enabled and public and not (rpc.token or rpc.allow_unauthenticated):
        refuse(
            "rpc-host",
            "anybody could control the server there; set rpc-token, or "
            f"rpc-allow-unauthenticated: true if that is wanted: {printable(rpc.host)}",
        )


def _check_places(config: Config, refuse: Any) -> None:
    # As of a variable that is not set; the default in its stead may be another session's.
    for name, place in (("database", config.session.database), ("data-dir", config.data_dir)):
        if not place:
            refuse(name, "is empty")


def _check_identity(settings: Mapping[str, Any], refuse: Any) -> None:
    if len(settings["private-peer-id-prefix"].encode()) > MOST_PREFIX:
        refuse(
            "private-peer-id-prefix",
            f"must be {MOST_PREFIX} bytes at most: the rest of 20 tells us apart from others",
        )
    if not re.fullmatch(r"[\t\x20-\x7e]*", settings["tracker-http-private-user-agent"]):
        refuse("tracker-http-private-user-agent", "must be ASCII, since it travels in a header")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_host(name: str, host: str, refuse: Any) -> None:
    if not host or host == "localhost":
        return
    try:
        ipaddress.ip_address(host)
    except ValueError:
        refuse(name, f"is no IP address: {printable(host)!r}")
