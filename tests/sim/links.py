"""How bytes travel from one simulated host to another, and the streams made of that.

A link is one direction between two hosts. It has latency, rate and loss; what is lost
of a stream arrives all the same, later, as if it had been sent again. A cut link holds
everything back until it is whole again or the senders lose patience.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError
from raincore.net.interface import Buffer, OnReady
from tests.sim.lines import Flow, Line, Pace
from tests.sim.timeline import Timeline

SEGMENT = 16 * 1024
"""Bytes that travel together."""

MOST_BUFFERS = 512
"""What net.interface promises that `send` is given at most."""

ACKNOWLEDGED_PART = 4
"""A reader tells its sender whenever it has read this part of the window: often enough, since
a sender waits only when three quarters of it are under way."""

RESEND_SECONDS = 0.2
"""TCP's smallest retransmission time-out."""

PATIENCE_SECONDS = 60.0
"""How long a sender waits for a cut link before it breaks the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a link is like."""

    latency: float = 0.01
    """Seconds, one way."""
    rate: float = 10e6
    """Bytes per second, shared by all connections over this link."""
    window: int = 256 * 1024
    """Bytes of one connection that may be under way or unread."""
    loss: float = 0.0
    """Share of segments that have to be sent again; less than 1."""

    def __post_init__(self) -> None:
        assert 0 <= self.loss < 1, f"a stream cannot lose everything for ever: {self.loss}"


class End(Protocol):
    """What a link must know of the hosts at its ends; they may become slow at any time."""

    uplink: Line | None
    downlink: Pace | None


@dataclass(slots=True, eq=False)
class Parcel:
    """Something under way: what to do when it arrives, or when it never will."""

    deliver: Callable[[], None]
    give_up: Callable[[], None] = lambda: None


class Link:
    """One direction between two hosts.

    Args:
        source: Where it begins.
        target: Where it ends.
    """

    def __init__(
        self, timeline: Timeline, rng: random.Random, profile: Profile, source: End, target: End
    ) -> None:
        self.profile = profile
        self._timeline = timeline
        self._rng = rng
        self._pace = Pace(profile.rate)
        self._source = source
        self._target = target
        self._cut = False
        self._held: list[Parcel] = []

    def change(self, profile: Profile) -> None:
        """Be different for what is sent from now on."""
        self.profile = profile
        self._pace.rate = profile.rate

    def carry(self, size: int, parcel: Parcel, flow: Flow | None = None) -> None:
        """Send a parcel of `size` bytes.

        Args:
            flow: What it belongs to, whose parcels arrive in order; without one, a parcel
                of no bytes passes everything.
        """
        line = self._source.uplink
        if line is None or (flow is None and not size):
            self._leave(size, parcel, flow, trio.current_time())
        else:
            line.send(flow or Flow(), size, partial(self._leave, size, parcel, flow))

    def _leave(self, size: int, parcel: Parcel, flow: Flow | None, when: float) -> None:
        """Send what has passed the line of its host at a time."""
        down = self._target.downlink
        if size and down is not None and when > trio.current_time():
            self._timeline.at(when, self._pass, size, parcel, flow, when)  # in order of others'
        else:
            self._pass(size, parcel, flow, when)

    def _pass(self, size: int, parcel: Parcel, flow: Flow | None, when: float) -> None:
        profile = self.profile
        arrival = (self._reserve(size, when) if size else when) + profile.latency
        while size and profile.loss and self._rng.random() < profile.loss:
            arrival += max(RESEND_SECONDS, 2 * profile.latency)
        if flow is not None:
            arrival = flow.last_arrival = max(arrival, flow.last_arrival)
        self._timeline.at(arrival, self._arrive, parcel)

    def throw(self, size: int, deliver: Callable[[], None]) -> None:
        """Send a datagram: it arrives once, or never, and may overtake others."""
        if self._cut or self._rng.random() < self.profile.loss:
            return
        line, fly = self._source.uplink, partial(self._fly, size, deliver)
        if line is None:
            fly(trio.current_time())
        else:
            line.send(Flow(), size, fly)

    def _reserve(self, size: int, when: float) -> float:
        """When all of it has passed this link, and the line at its end."""
        left, down = self._pace.reserve(when, size), self._target.downlink
        return left if down is None else max(left, down.reserve(when, size))

    def _fly(self, size: int, deliver: Callable[[], None], when: float) -> None:
        left = self._reserve(size, when)
        delay = self.profile.latency * self._rng.uniform(1.0, 1.2)
        self._timeline.at(left + delay, deliver)

    def cut(self) -> None:
        """Let nothing arrive any more."""
        self._cut = True

    def heal(self) -> None:
        """Let what was held back arrive, in order, and everything after it."""
        if self._cut:
            self._cut = False
            self._timeline.after(RESEND_SECONDS + self.profile.latency, self._release)

    def _arrive(self, parcel: Parcel) -> None:
        if self._cut or self._held:
            self._held.append(parcel)
            self._timeline.after(PATIENCE_SECONDS, self._lose_patience, parcel)
        else:
            parcel.deliver()

    def _release(self) -> None:
        if not self._cut:
            held, self._held = self._held, []
            for parcel in held:
                parcel.deliver()

    def _lose_patience(self, parcel: Parcel) -> None:
        if parcel in self._held:
            parcel.give_up()


@dataclass(slots=True)
class Traffic:
    """Bytes of all streams: sent = received + lost once nothing is under way or unread."""

    sent: int = 0
    received: int = 0
    lost: int = 0


@dataclass(slots=True, eq=False)
class Pipe:
    """One direction of one connection, as its reader sees it."""

    link: Link
    window: int
    flow: Flow = field(default_factory=Flow)
    outstanding: int = 0
    """Bytes that were sent and are not known by the sender to have been read."""
    unacknowledged: int = 0
    """Bytes that were read since the sender was last told."""
    arrived: deque[memoryview] = field(default_factory=deque)
    ended: bool = False

    @property
    def unread(self) -> int:
        return sum(map(len, self.arrived))


class SimStream:
    """One end of a simulated connection; implements net.interface.Stream.

    Made in pairs by `connection`.
    """

    def __init__(
        self,
        local: Endpoint,
        remote: Endpoint,
        incoming: Pipe,
        outgoing: Pipe,
        timeline: Timeline,
        traffic: Traffic,
        log: Callable[[str, SimStream, int], None],
    ) -> None:
        self.local = local
        self.remote = remote
        self.closed = False
        self.other: SimStream
        self._in = incoming
        self._out = outgoing
        self._timeline = timeline
        self._traffic = traffic
        self._log = log
        self._broken: str | None = None
        self._on_readable: OnReady | None = None
        self._on_writable: OnReady | None = None
        self._due = False
        self._waiters = trio.lowlevel.ParkingLot()

    # --- what its holder does ----------------------------------------------------------

    def receive_into(self, buffer: memoryview) -> int:
        self._check_open()
        arrived, got = self._in.arrived, 0
        while arrived and got < len(buffer):
            segment = arrived.popleft()
            taken = min(len(segment), len(buffer) - got)
            buffer[got : got + taken] = segment[:taken]
            got += taken
            if taken < len(segment):
                arrived.appendleft(segment[taken:])
        if got:
            self._traffic.received += got
            self._read(got)
        elif self._broken:
            raise self._error(self._broken)
        elif not self._in.ended:
            raise BlockingIOError
        return got

    def _read(self, count: int) -> None:
        """Tell the sender of what was read, as soon as it could matter to it."""
        pipe = self._in
        pipe.unacknowledged += count
        if pipe.unacknowledged * ACKNOWLEDGED_PART >= pipe.window:
            told, pipe.unacknowledged = pipe.unacknowledged, 0
            self._out.link.carry(0, Parcel(partial(self.other._acknowledge, told)))

    def send(self, buffers: Sequence[Buffer]) -> int:
        self._check_open()
        assert len(buffers) <= MOST_BUFFERS, f"{len(buffers)} buffers in one send"
        if self._broken:
            raise self._error(self._broken)
        space = self._out.window - self._out.outstanding
        if space <= 0:
            raise BlockingIOError
        data = bytearray()
        for buffer in buffers:
            data += memoryview(buffer)[: space - len(data)]
            if len(data) == space:
                break
        whole = memoryview(bytes(data))
        for start in range(0, len(whole), SEGMENT):
            self._transmit(whole[start : start + SEGMENT])
        return len(whole)

    async def wait_readable(self) -> None:
        await self._wait(lambda: self._readable)

    async def wait_writable(self) -> None:
        await self._wait(lambda: self._writable)

    def watch(self, on_readable: OnReady | None, on_writable: OnReady | None) -> None:
        if not self.closed:
            self._on_readable = on_readable
            self._on_writable = on_writable
            self._notice()

    def close(self) -> None:
        """Close: the other end reads what was sent, then the end; or a reset, as TCP has
        it, when we leave bytes unread that it has sent.
        """
        if self.closed:
            return
        self._log("close", self, 0)
        unread = self._in.unread
        self._drop()
        if self._broken is None:
            other = self.other
            parting = other._reset if unread else other._end
            self._out.link.carry(0, Parcel(parting), self._out.flow)

    # --- what happens to it --------------------------------------------------------------

    def crash(self) -> None:
        """Lose the host that we are on: the other end is reset when it hears of it."""
        if not self.closed:
            self._drop()
            self._out.link.carry(0, Parcel(self.other._reset), self._out.flow)

    def _drop(self) -> None:
        self.closed = True
        self._on_readable = self._on_writable = None
        self._traffic.lost += self._in.unread
        self._in.arrived.clear()
        self._waiters.unpark_all()

    def _transmit(self, segment: memoryview) -> None:
        pipe = self._out
        pipe.outstanding += len(segment)
        self._traffic.sent += len(segment)
        parcel = Parcel(partial(self.other._arrive, segment), self._time_out)
        pipe.link.carry(len(segment), parcel, pipe.flow)

    def _arrive(self, segment: memoryview) -> None:
        if self.closed or self._broken:
            self._traffic.lost += len(segment)
            if self.closed:
                self._out.link.carry(0, Parcel(self.other._reset))
            return
        self._log("data", self, len(segment))
        self._in.arrived.append(segment)
        self._notice()

    def _acknowledge(self, count: int) -> None:
        self._out.outstanding -= count
        self._notice()

    def _end(self) -> None:
        self._in.ended = True
        self._notice()

    def _reset(self) -> None:
        self._break("connection reset by peer")

    def _time_out(self) -> None:
        self._break("connection timed out")

    def _break(self, reason: str) -> None:
        if not self.closed and self._broken is None:
            self._log(reason, self, 0)
            self._broken = reason
            self._notice()

    # --- readiness -----------------------------------------------------------------------

    @property
    def _readable(self) -> bool:
        return bool(self._in.arrived or self._in.ended or self._broken or self.closed)

    @property
    def _writable(self) -> bool:
        # Like the kernel, not for a few bytes only.
        room = self._out.outstanding <= self._out.window * 3 // 4
        return bool(room or self._broken or self.closed)

    def _notice(self) -> None:
        """Wake tasks, and plan callbacks, that the present state concerns."""
        if self._waiters:
            self._waiters.unpark_all()
        if not self._due and (
            (self._on_readable is not None and self._readable)
            or (self._on_writable is not None and self._writable)
        ):
            self._due = True
            self._timeline.soon(self._call_back)

    def _call_back(self) -> None:
        self._due = False
        if self._on_readable is not None and self._readable:
            self._on_readable()
        if self._on_writable is not None and self._writable:
            self._on_writable()
        self._notice()

    async def _wait(self, ready: Callable[[], bool]) -> None:
        await trio.lowlevel.checkpoint()
        while not ready():
            await self._waiters.park()
        self._check_open()

    def _check_open(self) -> None:
        if self.closed:
            raise self._error("closed by us")

    def _error(self, reason: str) -> NetworkError:
        return NetworkError(f"{reason}: {self.remote}", str(self.remote))


def connection(
    client: Endpoint,
    server: Endpoint,
    there: Link,
    back: Link,
    timeline: Timeline,
    traffic: Traffic,
    log: Callable[[str, SimStream, int], None],
) -> tuple[SimStream, SimStream]:
    """Make both ends of a connection, the client's first."""
    up = Pipe(there, there.profile.window)
    down = Pipe(back, back.profile.window)
    ends = (
        SimStream(client, server, down, up, timeline, traffic, log),
        SimStream(server, client, up, down, timeline, traffic, log),
    )
    ends[0].other, ends[1].other = ends[1], ends[0]
    return ends
