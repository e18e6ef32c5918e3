"""Peers that users name, "host:port": what is a name, and which of them are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST", "checked", "is_name", "joined"]

MOST = 1000
"""So many peers that users have named are kept of a torrent."""
LONGEST_HOST = 253
"""Of a name in the DNS, as text (RFC 1035, 2.3.4)."""


def checked(name: str) -> str:
    """A peer's name as it was given, if it is "host:port".

    Raises:
        FormatError: It is something else.
    """
    host, colon, port = name.rpartition(":")
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    is_host = 0 < len(host) <= LONGEST_HOST and host.isprintable() and not {" ", "/"} & {*host}
    if not (colon and is_host and is_port):
        raise FormatError(f"address is not host:port: {printable(name, 100)!r}")
    return name


def is_name(name: str) -> bool:
    """Whether it is "host:port"."""
    try:
        checked(name)
    except FormatError:
        return False
    return True


def joined(kept: tuple[str, ...], names: Iterable[str]) -> tuple[str, ...]:
    """The names that are kept when further ones were given, the latest last.

    >>> joined(("a:1", "b:1"), ["a:1", "c:1"])
    ('b:1', 'a:1', 'c:1')
    """
    latest = dict.fromkeys(names)
    return (*(name for name in kept if name not in latest), *latest)[-MOST:]
