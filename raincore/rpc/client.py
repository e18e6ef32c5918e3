"""Call a running session over HTTP, one request at a time, from code that may block.

The standard library reads the HTTP, because a command must start quickly: importing it takes
50 ms, and net.http_client, which brings the event loop, 200 ms. Time and length of replies are
bounded here, since that library bounds neither.
"""

from __future__ import annotations

import base64
import http.client
import socket
import time
from typing import TYPE_CHECKING, Any, Self

import raincore
from raincore.base.errors import ConnectError, NetworkError, RemoteProtocolError, TimedOut
from raincore.base.printable import printable
from raincore.base.rpc_errors import AccessRefused
from raincore.rpc import envelope
from raincore.rpc.connection import Connection, Secrets
from raincore.rpc.envelope import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from raincore.rpc.address import Address

__all__ = ["Client"]

MAX_REPLY = 256 * 1024 * 1024
CHUNK = 256 * 1024
STATUS = "HTTP/1.1"
UNAUTHORISED = (401, 403)


class Client:
    """Requests over one connection, which is opened by the first and kept. Not thread-safe.

    Use it in a `with` statement, or close it by `close`.

    Args:
        address: Where the session listens.
        timeout_seconds: For one request, from the connection to the end of the reply.
        secrets: What proves who is who.
    """

    def __init__(
        self, address: Address, *, timeout_seconds: float = 10.0, secrets: Secrets | None = None
    ) -> None:
        self.address = address
        self.timeout_seconds = timeout_seconds
        self._secrets = secrets or Secrets()
        self._next_id = 0
        self._connection: Connection | None = None

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Any:
        """Make one request and wait for its result.

        Args:
            method: Such as "Session.ListTorrents".
            params: By name; None leaves them out.
            timeout: Seconds, instead of the client's.

        Raises:
            RpcRefused: The session says no; a subclass says what it means.
            ConnectError: Nobody is there.
            TimedOut: There was no reply in time.
            RemoteProtocolError: Whoever answers is no session of ours.
            NetworkError: The conversation broke.
        """
        call = Call(method, params)
        number = self._numbered(1)
        body = envelope.encode([call], number, is_batch=False)
        return envelope.read(self._post(body, timeout), call, number)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Make several requests in one go (JSON-RPC 2.0, 6).

        Returns:
            For each request its result, or the RpcRefused that it met.

        Raises:
            RpcRefused, NetworkError, RemoteProtocolError: As `call`, for the whole.
        """
        if not calls:
            return []
        number = self._numbered(len(calls))
        body = envelope.encode(calls, number, is_batch=True)
        return envelope.read_all(self._post(body, None), calls, number)

    def close(self) -> None:
        """Close the connection; harmless when repeated, and a further call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _numbered(self, count: int) -> int:
        first = self._next_id
        self._next_id += count
        return first

    def _post(self, body: bytes, timeout: float | None) -> bytes:
        seconds = self.timeout_seconds if timeout is None else timeout
        deadline = time.monotonic() + seconds
        place = self.address.place
        try:
            return self._exchange(body, deadline)
        except BaseException as error:
            self.close()  # what is still to come belongs to no later request
            if isinstance(error, TimeoutError):
                raise TimedOut(f"no reply within {seconds:g} s: {place}", place) from error
            if isinstance(error, http.client.HTTPException | OSError):
                raise _meaning(error, place) from error
            raise

    def _exchange(self, body: bytes, deadline: float) -> bytes:
        connection = self._connection
        if connection is None or connection.has_ended():
            self.close()
            connection = self._connection = Connection(self.address, self._secrets)
        connection.deadline = deadline
        connection.send(self._head(len(body)) + body)
        with http.client.HTTPResponse(connection, method="POST") as reply:  # type: ignore[arg-type]
            _begin(reply, connection)
            read = bytearray()
            while part := reply.read1(CHUNK):
                read += part
                if len(read) > MAX_REPLY:
                    raise RemoteProtocolError("the server's reply is longer than 256 MiB")
            if reply.length:
                raise http.client.IncompleteRead(bytes(read), reply.length)
        _check(reply, bytes(read), self.address.place)
        if reply.will_close:
            self.close()
        return bytes(read)

    def _head(self, length: int) -> bytes:
        address = self.address
        host = f"[{address.host}]" if ":" in address.host else address.host
        lines = [
            f"POST {address.target} HTTP/1.1",
            f"Host: {host}:{address.port}" if address.port else f"Host: {host}",
            f"User-Agent: rain-ctl/{raincore.__version__}",
            "Content-Type: application/json",
            "Accept: application/json",  # exactly this is what Go servers insist on
            f"Content-Length: {length}",
        ]
        if self._secrets.token:
            lines.append(f"Authorization: Bearer {self._secrets.token}")
        elif address.credentials:
            pair = address.credentials.encode("utf-8", "surrogateescape")
            lines.append(f"Authorization: Basic {base64.b64encode(pair).decode()}")
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


def _begin(reply: http.client.HTTPResponse, connection: Connection) -> None:
    """Read the head of a reply, which the library takes for whole wherever it ends."""
    try:
        reply.begin()
    except http.client.BadStatusLine as error:
        if connection.ended and STATUS.startswith(str(error)[: len(STATUS)]):
            raise http.client.IncompleteRead(b"") from error
        raise
    if connection.ended:
        raise http.client.IncompleteRead(b"")


def _check(reply: http.client.HTTPResponse, body: bytes, place: str) -> None:
    if reply.status in UNAUTHORISED:
        said = printable(body.strip(), limit=100)
        hint = "" if said.startswith("{") or not said else f": {said}"
        raise AccessRefused(
            f"the server refuses access ({reply.status}{hint}): give its token by --token-file "
            f"or RAIN_RPC_TOKEN: {place}"
        )
    kind = (reply.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/json" or (reply.status != 200 and not body.startswith(b"{")):
        said = f"HTTP status {reply.status}, {printable(kind or 'no content type', 60)}"
        raise RemoteProtocolError(f"whoever answers there is no rain server ({said}): {place}")


def _meaning(error: Exception, place: str) -> NetworkError | RemoteProtocolError:
    if isinstance(error, http.client.IncompleteRead):
        return NetworkError(f"the server went away in the middle of its reply: {place}", place)
    if isinstance(error, http.client.HTTPException) and not isinstance(
        error, http.client.RemoteDisconnected
    ):
        return RemoteProtocolError(f"whoever answers there is no rain server: {place}")
    if isinstance(error, ConnectionRefusedError | FileNotFoundError):
        return ConnectError(f"no server there; is rain-serve running? {place}", place)
    reason = getattr(error, "verify_message", "") or getattr(error, "reason", None)
    if reason == "WRONG_VERSION_NUMBER":
        return ConnectError(f"no TLS is spoken there; say http: instead? {place}", place)
    said = str(reason or getattr(error, "strerror", None) or error or type(error).__name__)
    text = printable(said.lower().replace("_", " "))
    if isinstance(error, socket.gaierror) or reason:
        return ConnectError(f"{text}: {place}", place)
    return NetworkError(f"the connection broke: {text}: {place}", place)
