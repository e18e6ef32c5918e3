"""Where a proxy is, and how to speak to it, as people write it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from raincore.base.endpoint import HOST_NAME
from raincore.base.errors import FormatError
from raincore.base.printable import printable

__all__ = ["Proxy", "ProxyKind", "parse"]

SOCKS_PORT = 1080
EXPECTED = "expected socks5://[USER:PASSWORD@]HOST[:PORT] or http://HOST:PORT"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
SECRETS = re.compile(r".+(?=@)|(?<=:)(?![0-9]{1,5}[/\]]?\Z).*\Z", re.DOTALL)
"""What is or may be a name and a password: before an "@", or where a port should be."""
MAX_SECRET = 255
"""Bytes that a user name or a password may have (RFC 1929, 2)."""


class ProxyKind(enum.Enum):
    """What a proxy speaks."""

    SOCKS5 = "socks5"
    """Connections and datagrams (RFC 1928)."""
    HTTP = "http"
    """Connections only (RFC 9110, 9.3.6, "CONNECT")."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy.

    Args:
        kind: What it speaks.
        host: Its name or address.
        port: Where it listens.
        user: Who we are; empty for nobody in particular.
        password: What proves it.
    """

    kind: ProxyKind
    host: str
    port: int
    user: bytes = b""
    password: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        """As a URL, without the secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind.value}://{host}:{self.port}"


def parse(text: str) -> Proxy:
    """Read "socks5://user:password@host:1080" or "http://host:3128".

    "socks5h" is the same as "socks5": names are always looked up by the proxy.

    Raises:
        FormatError: It is none of these, or a part of it cannot be used. The message does
            not repeat a password.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FormatError(f"proxy: not a URL: {shown(text)!r}; {EXPECTED}") from error
    kinds = {"socks5": ProxyKind.SOCKS5, "socks5h": ProxyKind.SOCKS5, "http": ProxyKind.HTTP}
    kind = kinds.get(parts.scheme)
    if kind is None:
        wrong = f"begins with neither socks5:// nor http://: {shown(text)!r}"
        raise FormatError(f"proxy: {wrong}; {EXPECTED}")
    if not (re.fullmatch(HOST_NAME, host) or ":" in host):
        raise FormatError(f"proxy: no host name: {shown(text)!r}; {EXPECTED}")
    if port is None and kind is ProxyKind.SOCKS5:
        port = SOCKS_PORT
    if not port:
        raise FormatError(f"proxy: say its port, as in {kind.value}://{printable(host)}:3128")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise FormatError(f"proxy: nothing may follow the port: {printable(parts.path)!r}")
    user, password = (unquote_to_bytes(one or "") for one in (parts.username, parts.password))
    if max(len(user), len(password)) > MAX_SECRET or (password and not user):
        raise FormatError("proxy: the user name or password is missing, or too long")
    return Proxy(kind, host, port, user, password)


def shown(text: str) -> str:
    """What was given, with nothing in it that may be a password."""
    scheme = SCHEME.match(text)
    begin = scheme.end() if scheme else 0
    return printable(text[:begin] + SECRETS.sub("…", text[begin:]))
