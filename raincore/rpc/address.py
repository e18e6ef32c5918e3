"""Where a session listens for requests: a URL, host and port, or a unix socket."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.formats import http_url

__all__ = ["DEFAULT_PORT", "DEFAULT_URL", "Address", "parse"]

DEFAULT_PORT = 7246
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+(%[\w.-]+)?", re.ASCII)
"""Names, and addresses of both families, that of IPv6 with its interface (RFC 6874)."""


class Address(NamedTuple):
    """A checked address.

    Args:
        place: What messages call it, without user and password.
        host: Name or IP address; "localhost" for a unix socket.
        port: TCP port; 0 for a unix socket.
        target: Path and query that requests are posted to, at least "/".
        is_secure: Whether TLS is spoken.
        socket: Path of a unix socket, "" for TCP.
        credentials: "user:password" if the URL had them, else "".
    """

    place: str
    host: str
    port: int
    target: str = "/"
    is_secure: bool = False
    socket: str = ""
    credentials: str = ""


def parse(text: str) -> Address:
    """Read an address: "http://host:port/path", "https://…", "host:port", "unix:path".

    A URL without a port means 80 or 443, as to rain's own client; a bare host means the
    port of rain-serve.

    Raises:
        FormatError: It is none of these.
    """
    text = text.strip()
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if path.startswith("//"):  # as a URL, which has no place to be relative to
            path = path[2:] if path.startswith("///") else ""
        if not path or "\0" in path:
            raise FormatError(f"no path of a socket: {printable(text)!r}")
        return Address(f"unix:{printable(path)}", "localhost", 0, socket=path)
    if "://" not in text and ":/" in text:  # "http:/h": not a host of that name, without a port
        raise FormatError(f"not an http or https URL: {printable(text)}")
    url = text if "://" in text else f"http://{text}"
    checked = http_url.parse(url)
    parts = urlsplit(checked.text)
    host = parts.hostname or ""
    if not HOST.fullmatch(host):
        raise FormatError(f"not a host: {printable(host)!r}")
    secure = parts.scheme == "https"
    port = parts.port
    if port is None:
        port = (443 if secure else 80) if "://" in text else DEFAULT_PORT
    if not 0 < port < 65536:
        raise FormatError(f"port must be 1 to 65535: {printable(text)!r}")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    name = f"[{host}]" if ":" in host else host
    place = f"{parts.scheme}://{name}:{port}" if "://" in text else f"{name}:{port}"
    return Address(place, host, port, target, secure, credentials=checked.credentials)
