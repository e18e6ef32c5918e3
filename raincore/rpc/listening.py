"""The sockets on which a server is controlled: TCP, or a path in the file system."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ListenError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.server_config import RpcRules

__all__ = ["close_listeners", "open_listeners", "place_of"]

BACKLOG = 128


def open_listeners(rules: RpcRules) -> list[trio.SocketListener]:
    """Listen where the configuration says; the caller closes what it is given.

    A socket file that nobody listens on any more is replaced; others are left alone. Only
    the owner may use a new one.

    Raises:
        ListenError: The address is in use, not ours, or not permitted.
    """
    if rules.unix_socket:
        return [_unix(rules.unix_socket)]
    place = _shown(rules.host, rules.port)
    try:
        found = socket.getaddrinfo(
            rules.host, rules.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ListenError(f"no address of this machine: {place}", place) from error
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise _refused(error, place, "rpc-port") from error
    return [_listener(sock)]


async def close_listeners(listeners: Iterable[trio.SocketListener]) -> None:
    """Close them; a socket in the file system goes, too, while nobody else can have its place."""
    for listener in listeners:
        if listener.socket.fileno() != -1 and listener.socket.family == socket.AF_UNIX:
            with suppress(OSError):  # somebody has deleted it
                os.unlink(listener.socket.getsockname())
        await listener.aclose()


def place_of(listener: trio.SocketListener, *, secure: bool) -> str:
    """Where a listener can be reached, as a URL or "unix:/path"."""
    name = listener.socket.getsockname()
    if isinstance(name, str):
        return f"unix:{printable(name)}"
    return f"{'https' if secure else 'http'}://{_shown(name[0], name[1])}"


def _unix(path: str) -> trio.SocketListener:
    place = f"unix:{printable(path)}"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        before = os.umask(0o177)
        try:
            sock.bind(path)
        finally:
            os.umask(before)
        sock.listen(BACKLOG)
    except ListenError:
        sock.close()
        raise
    except OSError as error:
        sock.close()
        raise _refused(error, place, "rpc-unix-socket") from error
    return _listener(sock)


def _clear(path: str) -> None:
    """Take away a socket that a server left behind when it was killed."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            place = printable(path)
            text = f"something that is no socket is there (see rpc-unix-socket): {place}"
            raise ListenError(text, place)
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        with suppress(ConnectionRefusedError):
            probe.connect(path)
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    os.unlink(path)


def _listener(sock: socket.socket) -> trio.SocketListener:
    sock.setblocking(False)
    return trio.SocketListener(trio.socket.from_stdlib_socket(sock))


def _shown(host: str, port: int) -> str:
    name = printable(host)
    return f"[{name}]:{port}" if ":" in host else f"{name}:{port}"


def _refused(error: OSError, place: str, key: str) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        text = f"something listens there already, another server perhaps (see {key}): {place}"
        return ListenError(text, place)
    reason = (error.strerror or str(error)).lower()
    return ListenError(f"cannot listen there, {reason}: {place}", place)
