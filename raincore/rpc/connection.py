"""A socket to a session: made as its address says, and never waited for beyond a deadline."""

from __future__ import annotations

import io
import select
import socket
import time
from typing import TYPE_CHECKING, Any

from raincore.base.errors import ConfigError

if TYPE_CHECKING:
    import ssl

    from raincore.rpc.address import Address

__all__ = ["Connection", "Secrets"]


class Secrets:
    """What proves who we are to the server, and who the server is to us.

    Args:
        token: Sent as "Bearer" (RFC 6750, 2.1); "" for none. Visible ASCII only.
        ca_file: Certificates to trust instead of the system's.
        verify_tls: Whether the server must prove who it is.
    """

    def __init__(
        self, token: str = "", ca_file: str | None = None, *, verify_tls: bool = True
    ) -> None:
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ConfigError("a token is visible ASCII without spaces", "rpc-token")
        self.token = token
        self.ca_file = ca_file
        self.verify_tls = verify_tls

    def context(self) -> ssl.SSLContext:
        """The terms of TLS. Takes 30 ms.

        Raises:
            ConfigError: There are no certificates in that file.
        """
        import ssl  # here, for a quick start

        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:  # also ssl.SSLError
            reason = (getattr(error, "reason", None) or error.strerror or "unusable").lower()
            message = f"{self.ca_file}: {reason.replace('_', ' ')}"
            raise ConfigError(message, "cacert") from error
        if not self.verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Connection:
    """A socket as http.client reads from it, whose every wait ends at `deadline` (monotonic).

    Connects when something is first sent. Raises OSError, and TimeoutError at the deadline.

    Attributes:
        ended: Whether a reader has met the end of what the server sends.
    """

    def __init__(self, address: Address, secrets: Secrets) -> None:
        self.address = address
        self.secrets = secrets
        self.deadline = 0.0
        self.ended = False
        self.socket: socket.socket | None = None

    def send(self, data: bytes) -> None:
        """Send everything."""
        made = self.socket or self.connect()
        made.settimeout(self.left())
        made.sendall(data)

    def connect(self) -> socket.socket:
        """Connect, by TLS if the address is secure."""
        address = self.address
        if address.socket:
            made = self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            made.settimeout(self.left())
            made.connect(address.socket)
            return made
        made = socket.create_connection((address.host, address.port), self.left())
        self.socket = made
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.is_secure:
            secured = self.secrets.context().wrap_socket(made, server_hostname=address.host)
            made = self.socket = secured
        return made

    def left(self) -> float:
        """Seconds until the deadline."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def has_ended(self) -> bool:
        """Whether the server has closed an idle connection, or speaks out of turn."""
        return self.socket is None or bool(select.select([self.socket], [], [], 0)[0])

    def makefile(self, mode: str) -> io.BufferedReader:
        """A reader of what comes, which does not own the socket."""
        return io.BufferedReader(_Reader(self))

    def receive_into(self, buffer: Any) -> int:
        """Wait for bytes; 0 at the end."""
        if self.socket is None:
            return 0
        self.socket.settimeout(self.left())
        count = self.socket.recv_into(buffer)
        self.ended = not count
        return count

    def close(self) -> None:
        """Close at once; harmless when repeated."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class _Reader(io.RawIOBase):
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.connection.receive_into(buffer)
