"""Who may use the server: by token, by the name it is called, by the page that asks.

A web page can make the browser of its reader send requests to loopback. It cannot hide its
origin, and to read replies its name must first be made to mean this machine (DNS rebinding),
which the Host header shows. Programs send no Origin and call an address by its number.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raincore.base.server_config import RpcRules

__all__ = ["Refusal", "check", "cors"]

LOCAL = frozenset({"localhost", "ip6-localhost"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not looked at.

    Args:
        status: Of HTTP.
        reason: For whoever sent it.
    """

    status: int
    reason: str


def check(
    headers: Mapping[str, str],
    rules: RpcRules,
    own_names: Sequence[str] = (),
    *,
    has_host: bool = True,
    asks: bool = True,
) -> Refusal | None:
    """Decide whether a request may be looked at; None if so.

    Args:
        headers: Of the request, names in lower case.
        own_names: What this machine is called.
        has_host: False on a unix socket, where a Host means nothing.
        asks: False if it only asks whether it may ask (a preflight, which has no token).
    """
    host = headers.get("host", "")
    if has_host and host and not _is_known(host, rules, own_names):
        hint = "; add its name to rpc-allowed-hosts if it is this server's"
        return Refusal(403, f"this server is not called that (Host header){hint}")
    origin = headers.get("origin")
    if origin is not None and not _may_ask(origin, host, rules):
        return Refusal(403, "web pages of that origin may not use this server (Origin header)")
    if rules.token and asks and not _knows(headers.get("authorization", ""), rules.token):
        return Refusal(401, "the token is missing or wrong (Authorization header)")
    return None


def cors(origin: str | None, rules: RpcRules) -> dict[str, str]:
    """The headers that let a page of an allowed origin read the reply (Fetch, 3.2)."""
    if origin is None or origin not in rules.allowed_origins:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "accept, authorization, content-type",
        "access-control-max-age": "600",
        "vary": "Origin",
    }


def _is_known(host: str, rules: RpcRules, own_names: Sequence[str]) -> bool:
    name = _name_of(f"//{host}")
    known = {allowed.lower() for allowed in (*LOCAL, *own_names, *rules.allowed_hosts, rules.host)}
    if name in known:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _may_ask(origin: str, host: str, rules: RpcRules) -> bool:
    if origin in rules.allowed_origins:
        return True
    scheme, _, place = origin.partition("://")
    return scheme in ("http", "https") and bool(place) and place == host


def _name_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _knows(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        # For what can only be given a URL with a password in it.
        try:
            given = base64.b64decode(given, validate=True).decode("latin-1").partition(":")[2]
        except (ValueError, binascii.Error):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())
