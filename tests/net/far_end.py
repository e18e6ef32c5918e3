"""A link whose stream, owner and limiters are in the test's hands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raincore.base.config import PeerLimits, UploadLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError
from raincore.base.geometry import Geometry
from raincore.net.peer_link import PeerLink
from raincore.wire import peer_codec
from raincore.wire.messages import Request, Unchoke
from raincore.wire.peer_protocol import PeerProtocol
from tests.wire.pair import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.net.interface import OnReady
    from raincore.wire.messages import Message

KIB = 1024
BLOCK = 16 * KIB
PIECE = 64 * KIB
GEOMETRY = Geometry(piece_length=PIECE, file_lengths=(8 * PIECE,))
CONTENT = bytes(range(256)) * (8 * PIECE // 256)


class FakeStream:
    """One end of a stream; the test is the network and the other end."""

    local = Endpoint("10.0.0.1", 1)
    remote = Endpoint("10.0.0.2", 2)

    def __init__(self) -> None:
        self.arrived = bytearray()
        self.ended = False
        self.broken = False
        self.room = 10**9
        """Bytes that the system takes before it blocks."""
        self.sent = bytearray()
        self.sends: list[int] = []
        self.on_readable: OnReady | None = None
        self.on_writable: OnReady | None = None
        self.closed = 0

    def receive_into(self, buffer: memoryview) -> int:
        assert not self.closed
        if self.arrived:
            taken = min(len(buffer), len(self.arrived))
            buffer[:taken] = self.arrived[:taken]
            del self.arrived[:taken]
            return taken
        if self.broken:
            raise NetworkError("connection reset by peer", str(self.remote))
        if self.ended:
            return 0
        raise BlockingIOError

    def send(self, buffers: Sequence[Any]) -> int:
        assert not self.closed
        assert len(buffers) <= 512
        if self.broken:
            raise NetworkError("broken pipe", str(self.remote))
        data = b"".join(buffers)
        assert data, "nothing to send"
        if not self.room:
            raise BlockingIOError
        data = data[: self.room]
        self.room -= len(data)
        self.sent += data
        self.sends.append(len(data))
        return len(data)

    def watch(self, on_readable: OnReady | None, on_writable: OnReady | None) -> None:
        assert not self.closed
        self.on_readable, self.on_writable = on_readable, on_writable

    def close(self) -> None:
        self.closed += 1
        self.on_readable = self.on_writable = None

    # --- what the test does ---------------------------------------------------------------

    def deliver(self, data: bytes = b"") -> None:
        """Let bytes arrive, and call back as long as there are any, as the hub would."""
        self.arrived += data
        while self.on_readable is not None and (self.arrived or self.ended or self.broken):
            self.on_readable()

    def make_room(self, count: int) -> None:
        """Let the system take more, and call back as long as it can, as the hub would."""
        self.room += count
        while self.on_writable is not None and self.room:
            self.on_writable()


@dataclass(eq=False)
class FakeLease:
    """A lent run that knows how often it was given back."""

    begin: int
    view: memoryview
    alone: bool = False
    released: int = 0

    def release(self) -> None:
        self.released += 1


@dataclass(eq=False)
class Owner:
    """What the torrent would be to a link."""

    wanted: set[tuple[int, int]] | None = None
    """(piece, begin) of blocks to place; None for all."""
    run_length: int = PIECE
    cold: bool = False
    """Everything must still be read from disk."""
    unreadable: bool = False
    scarce: bool = False
    """Memory is short."""
    on_heard: Callable[[], None] = lambda: None
    received: bytearray = field(default_factory=lambda: bytearray(len(CONTENT)))
    heard_messages: list[Any] = field(default_factory=list)
    reads: list[tuple[int, int]] = field(default_factory=list)
    """(blocks, length) of each `heard`."""
    runs: list[int] = field(default_factory=list)
    """How many blocks were placed at once."""
    leases: list[FakeLease] = field(default_factory=list)
    sent_blocks: int = 0
    sent_length: int = 0
    reasons: list[str] = field(default_factory=list)

    def place(self, piece: int, begin: int, length: int) -> memoryview | None:
        if self.wanted is not None and (piece, begin) not in self.wanted:
            return None
        start = piece * PIECE + begin
        return memoryview(self.received)[start : start + length]

    def place_run(self, piece: int, begin: int, count: int) -> memoryview | None:
        if self.wanted is not None:
            return None
        self.runs.append(count)
        return self.place(piece, begin, count * BLOCK)

    def heard(self, messages: tuple[Any, ...], blocks: int, length: int) -> None:
        self.heard_messages += map(snapshot, messages)
        self.reads.append((blocks, length))
        self.on_heard()

    def lend(self, piece: int, begin: int, length: int) -> FakeLease | None:
        if self.unreadable:
            raise LookupError(piece)
        if self.cold:
            return None
        run = begin - begin % self.run_length
        start = piece * PIECE + run
        stop = piece * PIECE + max(run + self.run_length, begin + length)
        lease = FakeLease(run, memoryview(CONTENT)[start:stop], self.scarce)
        self.leases.append(lease)
        return lease

    def sent(self, blocks: int, length: int) -> None:
        self.sent_blocks += blocks
        self.sent_length += length

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)


class FakeLimiter:
    """Allows what the test says; None for everything."""

    def __init__(self) -> None:
        self.allowance: int | None = None
        self.waiting: list[OnReady] = []
        self.moved = 0
        self.charged = 0

    def take(self, wanted: int) -> int:
        if self.allowance is None:
            self.moved += wanted
            return wanted
        allowed = max(0, min(wanted, self.allowance))
        self.allowance -= allowed
        self.moved += allowed
        return allowed

    def charge(self, count: int) -> None:
        self.charged += count

    def is_waiting(self, callback: OnReady) -> bool:
        return callback in self.waiting

    def give_back(self, unused: int) -> None:
        self.moved -= unused
        if self.allowance is not None:
            self.allowance += unused

    def call_when_allowed(self, callback: OnReady) -> None:
        if callback not in self.waiting:
            self.waiting.append(callback)

    def allow(self, count: int) -> None:
        """Let so many bytes pass and call back who waits."""
        assert self.allowance is not None
        self.allowance += count
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


class FarEnd:
    """A started link, and the peer at the other end of it.

    Args:
        scratch_length: Bytes that one read may bring.
    """

    def __init__(
        self,
        *,
        fast: bool = True,
        scratch_length: int = 128 * KIB,
        limits: PeerLimits | None = None,
        batch_blocks: int = 64,
        **owner: Any,
    ) -> None:
        limits = limits or PeerLimits()
        self.stream = FakeStream()
        self.owner = Owner(**owner)
        self.down, self.up = FakeLimiter(), FakeLimiter()
        self.protocol = PeerProtocol(fast=fast, extended=True, limits=limits, geometry=GEOMETRY)
        self.they = PeerProtocol(fast=fast, extended=True, limits=limits, geometry=GEOMETRY)
        self.link = PeerLink(
            self.stream,
            self.protocol,
            self.owner,
            memoryview(bytearray(scratch_length)),
            limits,
            UploadLimits(batch_blocks=batch_blocks),
            self.down,  # type: ignore[arg-type]
            self.up,  # type: ignore[arg-type]
        )
        self.link.start()

    def say(self, *messages: Message) -> None:
        """The peer says something, legal or not, all in one packet."""
        self.stream.deliver(b"".join(map(peer_codec.encode, messages)))

    def promise(self) -> None:
        """The peer lets us ask, and we do: from now on blocks are expected of it."""
        self.say(Unchoke())
        self.link.say([Request(0, 0, BLOCK)])
        self.link.flush()
        self.stream.sent.clear()
        self.stream.sends.clear()
        self.owner.heard_messages.clear()
        self.owner.reads.clear()

    def heard(self) -> list[Any]:
        """What the peer has heard since last time; whole messages only."""
        data, self.stream.sent = bytes(self.stream.sent), bytearray()
        consumed, messages = self.they.receive(memoryview(data), len(data))
        assert consumed == len(data)
        return [snapshot(message) for message in messages]

    def unchoke(self) -> None:
        """Allow the peer to ask."""
        from raincore.wire.messages import Unchoke

        self.link.say([Unchoke()])
        self.link.flush()
        self.heard()
