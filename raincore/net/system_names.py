"""What the system knows about names: /etc/hosts, and the servers of /etc/resolv.conf.

For those who look names up themselves. Read again when a file has changed (hosts(5),
resolv.conf(5)); what cannot be read counts as empty, and what makes no sense is left out,
as the system's own library does.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError

__all__ = ["SystemNames", "load", "parse_hosts", "parse_resolv_conf"]

HOSTS = Path("/etc/hosts")
RESOLV_CONF = Path("/etc/resolv.conf")
UPSTREAM = Path("/run/systemd/resolve/resolv.conf")
"""The servers that the server of systemd-resolved(8) asks, for programs that ask them directly."""
STUB = "127.0.0.53"
MAX_FILE = 16 * 1024 * 1024
DNS_PORT = 53
MAX_SERVERS = 3  # as MAXNS in resolv.h
MAX_SEARCH = 6
MAX_NDOTS = 15
MAX_TIMEOUT = 30
MAX_ATTEMPTS = 5
DEFAULT_SERVER = Endpoint("127.0.0.1", DNS_PORT)
OPTION = re.compile("(ndots|timeout|attempts):([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class SystemNames:
    """One reading of both files.

    Args:
        hosts: Addresses by name in lower case.
        servers: Name servers, in the order in which to ask.
        search: Domains to try behind a name that has few dots.
        ndots: How many dots make a name be tried as it is first.
        timeout: Seconds to wait for a server.
        attempts: How often to ask all servers.
    """

    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    servers: tuple[Endpoint, ...] = (DEFAULT_SERVER,)
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout: int = 5
    attempts: int = 2

    def candidates(self, name: str) -> list[str]:
        """The full names that a name may be short for, the likeliest first."""
        if name.endswith("."):
            return [name.rstrip(".")]
        longer = [f"{name}.{domain}" for domain in self.search]
        return [name, *longer] if name.count(".") >= self.ndots else [*longer, name]


class _State(NamedTuple):
    """What tells whether a file has changed."""

    modified: int
    size: int
    inode: int


_loaded: dict[tuple[_State | None, ...], SystemNames] = {}


def load() -> SystemNames:
    """Read both files, or remember what they said; blocks as reading files does."""
    states = tuple(_state(path) for path in (HOSTS, RESOLV_CONF, UPSTREAM))
    if states not in _loaded:
        _loaded.clear()
        names = parse_resolv_conf(_text(RESOLV_CONF))
        if any(server.host == STUB for server in names.servers):
            beyond = parse_resolv_conf(_text(UPSTREAM)).servers
            names = replace(names, servers=tuple(dict.fromkeys(names.servers + beyond)))
        names.hosts.update(parse_hosts(_text(HOSTS)))
        _loaded[states] = names
    return _loaded[states]


def parse_hosts(text: str) -> dict[str, tuple[str, ...]]:
    """Read /etc/hosts: an address and its names on each line."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        try:
            host = Endpoint(address, 0).host
        except FormatError:
            continue
        for name in names:
            found[name.lower()] = (*found.get(name.lower(), ()), host)
    return found


def parse_resolv_conf(text: str) -> SystemNames:
    """Read /etc/resolv.conf; a name server on this machine is taken where it names none."""
    servers: list[Endpoint] = []
    search: list[str] = []
    numbers = {"ndots": 1, "timeout": 5, "attempts": 2}
    limits = {"ndots": MAX_NDOTS, "timeout": MAX_TIMEOUT, "attempts": MAX_ATTEMPTS}
    for line in text.splitlines():
        key, *values = line.split() or [""]
        if key == "nameserver" and values:
            servers += _server(values[0])
        elif key in ("search", "domain"):
            search = [value.strip(".").lower() for value in values if value.strip(".")]
        elif key == "options":
            for name, number in re.findall(OPTION, " ".join(values)):
                numbers[name] = min(int(number), limits[name])
    return SystemNames(
        servers=tuple(servers[:MAX_SERVERS]) or (DEFAULT_SERVER,),
        search=tuple(search[:MAX_SEARCH]),
        ndots=numbers["ndots"],
        timeout=max(numbers["timeout"], 1),
        attempts=max(numbers["attempts"], 1),
    )


def _server(text: str) -> list[Endpoint]:
    try:
        # A scope names a device of a link-local server; we speak to none of those.
        return [Endpoint(str(ipaddress.ip_address(text)), DNS_PORT)]
    except (ValueError, FormatError):
        return []


def _state(path: Path) -> _State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _State(found.st_mtime_ns, found.st_size, found.st_ino)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE).decode("utf-8", "replace")
    except OSError:
        return ""
