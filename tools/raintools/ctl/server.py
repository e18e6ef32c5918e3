"""The session that a verb of rain-ctl talks to: where it is, and what proves who is who."""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import ConfigError, DocumentError, FormatError, RemoteProtocolError
from raincore.base.rpc_errors import MethodUnknown, RpcRefused
from raincore.documents import codec
from raincore.rpc import address
from raincore.rpc.client import Client
from raincore.rpc.connection import Secrets
from raincore.rpc.envelope import Call
from raintools._kit import options, params
from raintools.ctl import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Server", "connected", "connecting", "having"]

MAX_TOKEN = 4096
BATCH = 200
"""Requests that are sent in one go: a few of Go's milliseconds, and a reply of 300 KiB."""

OPTIONS = (
    click.option(
        "--url",
        metavar="URL",
        help=f"Where the server is: http(s)://HOST:PORT or unix:PATH; default: {address.DEFAULT_URL}.",
    ),
    click.option(
        "--timeout", type=params.Patience(), help="How long a request may take; default: 10s."
    ),
    click.option("--token", metavar="TOKEN", help="The server's rpc-token; others can see it."),
    click.option("--token-file", metavar="FILE", help="A file that holds the token."),
    click.option("--cacert", metavar="FILE", help="Certificates to trust instead of the usual."),
    click.option(
        "--no-verify-tls", is_flag=True, help="Believe any https server; for test networks."
    ),
)
ROW_FIELDS = (
    "ID",
    "Name",
    "InfoHash",
    "InfoHashV2",
    "Port",
    "AddedAt",
    "Status",
    "Error",
    "Labels",
)
STATS_FIELDS = ("Pieces", "Bytes", "Peers", "Private", "Speed", "ETA")
NAMES = ("url", "timeout", "token", "token_file", "cacert", "no_verify_tls")
DEFAULT_SECONDS = 10.0


class Server(Client):
    """A client that also knows what several verbs ask for."""

    is_old = False
    """Whether the server has turned out to know rain's 24 methods only."""

    def another(self) -> Server:
        """A client of the same server, for another thread."""
        return Server(self.address, timeout_seconds=self.timeout_seconds, secrets=self._secrets)

    def torrents(self) -> list[dict[str, Any]]:
        """Every torrent, the oldest first; those of one moment by id.

        A newer server also says what each is doing, and its labels.
        """
        return [row for row, _ in self.listed(with_stats=False)]

    def listed(self, *, with_stats: bool) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Every torrent and, if wanted, its numbers; a newer server is asked but once."""
        wanted = {"Fields": [*ROW_FIELDS, *STATS_FIELDS]} if with_stats else {}
        rows = [] if self.is_old else self._queried(wanted)
        if not self.is_old:
            return [(row, row if with_stats else None) for row in rows]
        rows = _in_order(fields.rows(self.call("Session.ListTorrents"), "Torrents"))
        if not with_stats:
            return [(row, None) for row in rows]
        replies = self.of_each("Session.GetTorrentStats", [str(row.get("ID")) for row in rows])
        found: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
        for row, reply in zip(rows, replies, strict=True):
            if isinstance(reply, RpcRefused):
                continue  # removed since it was listed
            stats = reply.get("Stats") if isinstance(reply, dict) else None
            found.append((row, stats if isinstance(stats, dict) else {}))
        return found

    def _queried(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return _in_order(fields.rows(self.call("Session.QueryTorrents", wanted), "Torrents"))
        except MethodUnknown:
            self.is_old = True
            return []

    def of_each(self, method: str, idents: Sequence[str]) -> list[Any]:
        """Ask the same of many torrents.

        Returns:
            For each its result, or the RpcRefused that it met.
        """
        results: list[Any] = []
        for first in range(0, len(idents), BATCH):
            part = idents[first : first + BATCH]
            results += self.batch([Call(method, {"ID": ident}) for ident in part])
        return results

    def object(self, method: str, given: dict[str, Any], key: str) -> dict[str, Any]:
        """Make one request and take an object out of its result.

        Raises:
            RemoteProtocolError: There is none in it.
        """
        found: dict[str, Any] = self.replied(method, given, key)[key]
        return found

    def replied(self, method: str, given: dict[str, Any], key: str) -> dict[str, Any]:
        """As `object`, but give the whole result."""
        return having(self.call(method, given), method, key)


def having(result: Any, method: str, key: str) -> dict[str, Any]:
    """A result that has an object in it.

    Raises:
        RemoteProtocolError: It has none.
    """
    if not isinstance(result, dict) or not isinstance(result.get(key), dict):
        raise RemoteProtocolError(f"no {key} in the reply to {method}", "JSON-RPC of rain")
    return result


def connecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where the server is, for the group: its verbs look there too."""
    return options.stacked(command, *OPTIONS)


def connected(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the same options to a verb; the callback gets a `server`, not connected yet."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        parent = click.get_current_context().parent
        before = parent.params if parent is not None else {}
        own = {name: given.pop(name) for name in NAMES}
        chosen = {n: before.get(n) if own[n] in (None, False) else own[n] for n in NAMES}
        with of_options(chosen) as server:
            return callback(**given, server=server)

    return options.stacked(wrapper, *OPTIONS)


def of_options(chosen: dict[str, Any]) -> Server:
    """The server that options and environment name.

    Raises:
        ConfigError: The token cannot be read or used, or the URL is none.
    """
    token = chosen["token"] or ""
    if not token and chosen["token_file"]:
        token = _token_in(chosen["token_file"])
    token = token or os.environ.get("RAIN_RPC_TOKEN", "")
    secrets = Secrets(token, chosen["cacert"], verify_tls=not chosen["no_verify_tls"])
    url = chosen["url"] or os.environ.get("RAIN_RPC_URL") or address.DEFAULT_URL
    seconds = DEFAULT_SECONDS if chosen["timeout"] is None else chosen["timeout"]
    try:
        place = address.parse(url)
    except FormatError as error:
        raise ConfigError(f"--url: {error}", "url") from error
    return Server(place, timeout_seconds=seconds, secrets=secrets)


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (_added(row), fields.text(row, "ID")))


def _added(row: dict[str, Any]) -> int:
    try:
        return codec.seconds(fields.text(row, "AddedAt"))
    except DocumentError:
        return 0


def _token_in(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            token = file.read(MAX_TOKEN).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is no text of ASCII"
        raise ConfigError(f"{path}: {reason.lower()}", "token-file") from error
    if not token:
        raise ConfigError(f"there is no token in {path}", "token-file")
    return token
