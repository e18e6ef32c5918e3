"""The Network protocol: connect and listen, and the Stream that both give.

Everything above `net` is written against these few methods, so that a test can put a
whole simulated internet in their place (tests/sim). A stream is anything that carries
bytes in order: TCP, encrypted or not; uTP later. It is used in two ways, never both
at once: a handshake *awaits* readiness, an established peer link is *called back*, so
that a thousand idle peers cost no task.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = [
    "Buffer",
    "Datagrams",
    "Listener",
    "Multicast",
    "Network",
    "OnConnection",
    "OnDatagram",
    "OnReady",
    "Stream",
]

Buffer = bytes | bytearray | memoryview
OnReady = Callable[[], None]


class Stream(Protocol):
    """A byte stream in non-blocking use. Whoever holds it closes it."""

    @property
    def local(self) -> Endpoint:
        """Our end."""

    @property
    def remote(self) -> Endpoint:
        """Their end."""

    def receive_into(self, buffer: memoryview) -> int:
        """Move what has arrived into `buffer`, at most its length.

        Returns:
            Bytes moved; 0 means that the remote has sent all it ever will.

        Raises:
            BlockingIOError: Nothing has arrived yet.
            NetworkError: The connection broke.
        """

    def send(self, buffers: Sequence[Buffer]) -> int:
        """Hand bytes to the system, gathered from `buffers` (at most 512 of them).

        What was offered and not taken must be what the next `send` begins with: an
        encrypted stream cannot take back what it has encrypted.

        Returns:
            Bytes taken, at least 1; fewer than offered when the system's buffer is full.

        Raises:
            BlockingIOError: The system takes nothing now.
            NetworkError: The connection broke.
        """

    async def wait_readable(self) -> None:
        """Wait until `receive_into` would not raise BlockingIOError."""

    async def wait_writable(self) -> None:
        """Wait until `send` would not raise BlockingIOError."""

    def watch(self, on_readable: OnReady | None, on_writable: OnReady | None) -> None:
        """Say what to call, from the event loop and as long as the condition holds.

        Replaces what was watched before; two Nones stop it. Callbacks are synchronous,
        must not block, and an exception from one is a bug that ends the program.
        """

    def close(self) -> None:
        """Close at once and stop watching; harmless when repeated."""


OnConnection = Callable[[Stream], None]


class Listener(Protocol):
    """A bound socket that accepts connections until it is closed."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens, with the port that the system chose if 0 was asked for."""

    def close(self) -> None:
        """Stop listening; harmless when repeated. Accepted streams live on."""


OnDatagram = Callable[[bytes, "Endpoint"], None]


class Datagrams(Protocol):
    """A bound UDP socket. Whoever holds it closes it."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it is bound, with the port that the system chose if 0 was asked for."""

    def send(self, data: bytes, remote: Endpoint) -> bool:
        """Send one datagram now, or lose it: what cannot be sent is dropped in silence.

        Returns:
            False if nothing can be sent there: there is no way to it, or we may not. True
            says little: datagrams get lost on their way, and some already here.
        """

    def close(self) -> None:
        """Close at once; harmless when repeated."""


class Multicast(Protocol):
    """A group of the local network. Whoever holds it closes it."""

    @property
    def group(self) -> Endpoint:
        """Its address and port."""

    def send(self, data: bytes) -> None:
        """Send one datagram to all members, ourselves included, or lose it."""

    def close(self) -> None:
        """Leave at once; harmless when repeated."""


class Network(Protocol):
    """The outside world as far as sockets go."""

    async def connect(self, remote: Endpoint) -> Stream:
        """Connect to a peer. Bounded by the caller's cancel scope; cancelling closes.

        Raises:
            ConnectError: Nobody answered, or the system refused.
        """

    def listen(self, local: Endpoint, on_connection: OnConnection) -> Listener:
        """Accept connections on an address; `on_connection` owns each stream it is given.

        Raises:
            ListenError: The address is in use, not ours, or not permitted.
        """

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> Datagrams:
        """Bind a UDP socket; `on_datagram` gets each datagram and whom it came from.

        It is called from the event loop, must not block, and must not raise.

        Raises:
            ListenError: The address is in use, not ours, or not permitted.
        """

    def multicast(self, group: Endpoint, on_datagram: OnDatagram) -> Multicast:
        """Join a multicast group on every device; `on_datagram` as in `datagrams`.

        Others on this machine may be members too. Devices that come later are joined when
        something is sent. Where there is no way to the group, nothing is heard and what is
        sent is lost.

        Raises:
            ListenError: The port is in use otherwise, or this address family is not there.
        """

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """Find the addresses of a host name or literal; never empty.

        Raises:
            ConnectError: The name does not exist or cannot be looked up now.
        """
