"""A whole internet in one process, on trio's clock, from one seed.

    network = SimNetwork(seed)
    nursery.start_soon(network.run)
    alice, bob = network.host("10.0.0.1"), network.host("10.0.0.2")
    network.at(30.0, network.crash, "10.0.0.2")

A `Host` is a net.interface.Network with one address. Everything happens by one timeline
and is written into the trace: same seed, same trace (tests/sim/scheduler.py).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, ListenError
from raincore.net.interface import OnConnection, OnDatagram
from tests.sim.lines import Line, Pace
from tests.sim.links import Link, Parcel, Profile, SimStream, Traffic, connection
from tests.sim.timeline import Timeline

CONNECT_PATIENCE_SECONDS = 127.0
"""When a system gives up to connect, unless the caller did before."""

FIRST_EPHEMERAL_PORT = 49152
ANY_HOST = ("0.0.0.0", "::")

Draw = Callable[[random.Random], Profile]


def home_connections(rng: random.Random) -> Profile:
    """Links as between homes: 5–80 ms one way, 0.5–4 MB/s."""
    return Profile(latency=rng.uniform(0.005, 0.08), rate=rng.uniform(0.5e6, 4e6))


class SimNetwork:
    """All hosts and the links between them.

    Args:
        seed: Everything that is drawn, is drawn from this.
        draw: Makes the profile of a link when it is first used.
        grain: Of the timeline.
    """

    def __init__(self, seed: int, draw: Draw = lambda _: Profile(), grain: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self.names: dict[str, list[str]] = {}
        """What `resolve` knows: host name to addresses."""
        self.lans: dict[str, str] = {}
        """Who shares a local network: address to its first member. Others are alone."""
        self.traffic = Traffic()
        self.timeline = Timeline(grain)
        self._draw = draw
        self._hosts: dict[str, Host] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._trace = hashlib.sha256()

    async def run(self) -> None:
        """Deliver until cancelled: the one task of the network."""
        await self.timeline.run()

    def at(self, when: float, action: Callable[..., Any], *args: Any) -> None:
        """Plan an action, such as a fault, for a time of trio's clock."""
        self.timeline.at(when, action, *args)

    def host(self, address: str) -> Host:
        """The host that has this address."""
        if address not in self._hosts:
            self._hosts[address] = Host(self, address)
        return self._hosts[address]

    def link(self, source: str, target: str) -> Link:
        """The link from one host to another."""
        key = (source, target)
        if key not in self._links:
            ends = self.host(source), self.host(target)
            self._links[key] = Link(self.timeline, self.rng, self._draw(self.rng), *ends)
        return self._links[key]

    def configure(self, source: str, target: str, **changes: Any) -> None:
        """Change the profile of a link, in one direction: `latency=`, `rate=`, `loss=`…"""
        link = self.link(source, target)
        link.change(replace(link.profile, **changes))

    def lan(self, *addresses: str) -> None:
        """Put hosts into one local network: multicast of one reaches the others, and itself."""
        for address in addresses:
            self.lans[self.host(address).address] = addresses[0]

    # --- faults --------------------------------------------------------------------------

    def partition(self, a: str, b: str) -> None:
        """Let nothing pass between two hosts, until `heal`."""
        self.link(a, b).cut()
        self.link(b, a).cut()

    def heal(self, a: str, b: str) -> None:
        """End a partition."""
        self.link(a, b).heal()
        self.link(b, a).heal()

    def crash(self, address: str) -> None:
        """Kill what runs on a host: listeners vanish, peers are reset. See `restart`."""
        self.log("crash", address, "", 0)
        self.host(address).crash()

    def restart(self, address: str) -> None:
        """Let a crashed host connect and listen again."""
        self.log("restart", address, "", 0)
        self.host(address).up = True

    def behind_nat(self, address: str) -> None:
        """Drop what tries to connect to a host; it can still connect to others."""
        self.host(address).reachable = False

    def slow(self, address: str, rate: float, *, down: bool = True) -> None:
        """Limit a host to `rate` bytes per second over all its links, each way or only up."""
        host = self.host(address)
        host.uplink = Line(self.timeline, rate)
        host.downlink = Pace(rate) if down else None

    # --- what happened ---------------------------------------------------------------------

    @property
    def trace(self) -> str:
        """Hash of everything that happened so far, times included."""
        return self._trace.hexdigest()

    @property
    def open_streams(self) -> list[SimStream]:
        """Streams that nobody has closed yet: none, after a clean end."""
        return [s for host in self._hosts.values() for s in host.streams if not s.closed]

    def log(self, kind: str, source: str, target: str, size: int) -> None:
        """Write an event into the trace."""
        line = f"{trio.current_time():.9f} {kind} {source} {target} {size}\n"
        self._trace.update(line.encode())

    def log_stream(self, kind: str, stream: SimStream, size: int) -> None:
        self.log(kind, str(stream.remote), str(stream.local), size)


class SimListener:
    """A listening port; implements net.interface.Listener."""

    def __init__(self, host: Host, endpoint: Endpoint, on_connection: OnConnection) -> None:
        self.endpoint = endpoint
        self.on_connection = on_connection
        self._host = host

    def close(self) -> None:
        if self._host.listeners.get(self.endpoint.port) is self:
            del self._host.listeners[self.endpoint.port]


class SimDatagrams:
    """A UDP port; implements net.interface.Datagrams."""

    def __init__(self, host: Host, endpoint: Endpoint, on_datagram: OnDatagram) -> None:
        self.endpoint = endpoint
        self.on_datagram = on_datagram
        self._host = host

    def send(self, data: bytes, remote: Endpoint) -> bool:
        if self._host.sockets.get(self.endpoint.port) is not self:
            return False
        self._host.throw(data, Endpoint(self._host.address, self.endpoint.port), remote)
        return True

    def close(self) -> None:
        if self._host.sockets.get(self.endpoint.port) is self:
            del self._host.sockets[self.endpoint.port]


class SimMulticast:
    """A host's membership in a group; implements net.interface.Multicast."""

    def __init__(self, host: Host, group: Endpoint, on_datagram: OnDatagram) -> None:
        self.group = group
        self._host = host
        self._on_datagram = on_datagram

    def send(self, data: bytes) -> None:
        if self in self._host.groups:
            self._host.multicast_to_lan(self.group, data)

    def take(self, data: bytes, source: Endpoint) -> None:
        if self in self._host.groups:
            self._on_datagram(data, source)

    def close(self) -> None:
        if self in self._host.groups:
            self._host.groups.remove(self)


class Attempt:
    """A connection that is being made: becomes a stream or an error."""

    def __init__(self, remote: Endpoint) -> None:
        self.stream: SimStream | None = None
        self.abandoned = False
        self.over = trio.Event()
        self._remote = remote
        self._reason = ""

    def fail(self, reason: str) -> None:
        if not self.over.is_set():
            self._reason = reason
            self.over.set()

    def establish(self, stream: SimStream) -> None:
        if self.abandoned or self.over.is_set():
            stream.close()
        else:
            self.stream = stream
            self.over.set()

    def abandon(self) -> None:
        self.abandoned = True
        if self.stream is not None:
            self.stream.close()

    def result(self) -> SimStream:
        if self.stream is None:
            raise ConnectError(f"{self._reason}: {self._remote}", str(self._remote))
        return self.stream


class Host:
    """One address of the simulated internet; implements net.interface.Network."""

    def __init__(self, network: SimNetwork, address: str) -> None:
        self.address = Endpoint(address, 0).host
        self.up = True
        self.reachable = True
        self.uplink: Line | None = None
        self.downlink: Pace | None = None
        self.listeners: dict[int, SimListener] = {}
        self.sockets: dict[int, SimDatagrams] = {}
        self.streams: list[SimStream] = []
        self._asked: set[Endpoint] = set()
        self.groups: list[SimMulticast] = []
        self._network = network
        self._last_port = FIRST_EPHEMERAL_PORT - 1

    async def connect(self, remote: Endpoint) -> SimStream:
        network, attempt = self._network, Attempt(remote)
        if not self.up:
            raise ConnectError(f"network is down: {remote}", str(remote))
        local = Endpoint(self.address, self._free_port())
        link = network.link(self.address, remote.host)
        target = network.host(remote.host)
        link.carry(0, Parcel(lambda: target.greet(local, remote, attempt)))
        network.timeline.after(CONNECT_PATIENCE_SECONDS, attempt.fail, "connection timed out")
        try:
            await attempt.over.wait()
        except trio.Cancelled:
            attempt.abandon()
            raise
        return attempt.result()

    def listen(self, local: Endpoint, on_connection: OnConnection) -> SimListener:
        own = Endpoint(self.address, local.port)
        if local.host in ANY_HOST and local.is_ipv6 != own.is_ipv6:
            raise self._cannot_listen("address family not supported by protocol", local)
        if local.host not in (*ANY_HOST, self.address):
            raise self._cannot_listen("cannot assign requested address", local)
        if not self.up:
            raise self._cannot_listen("network is down", local)
        if local.port in self.listeners:
            raise self._cannot_listen("address already in use", local)
        endpoint = Endpoint(local.host, local.port or self._free_port())
        listener = SimListener(self, endpoint, on_connection)
        self.listeners[endpoint.port] = listener
        return listener

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> SimDatagrams:
        own = Endpoint(self.address, local.port)
        if local.is_ipv6 != own.is_ipv6 or not self.up:
            raise self._cannot_listen("cannot assign requested address", local)
        if local.port in self.sockets:
            raise self._cannot_listen("address already in use", local)
        endpoint = Endpoint(local.host, local.port or self._free_port())
        made = self.sockets[endpoint.port] = SimDatagrams(self, endpoint, on_datagram)
        return made

    def throw(self, data: bytes, local: Endpoint, remote: Endpoint) -> None:
        """Send a datagram, which may get lost."""
        network = self._network
        network.log("datagram", str(local), str(remote), len(data))
        target = network.host(remote.host)
        self._asked.add(remote)
        link = network.link(self.address, remote.host)
        link.throw(len(data), lambda: target.catch(data, local, remote))

    def catch(self, data: bytes, sender: Endpoint, local: Endpoint) -> None:
        """Take a datagram, unless nobody is there or a router in between keeps it out."""
        socket = self.sockets.get(local.port)
        if socket is not None and (self.reachable or sender in self._asked):
            socket.on_datagram(data, sender)

    def multicast(self, group: Endpoint, on_datagram: OnDatagram) -> SimMulticast:
        if group.is_ipv6 != Endpoint(self.address, 0).is_ipv6:
            raise self._cannot_listen("address family not supported by protocol", group)
        member = SimMulticast(self, group, on_datagram)
        self.groups.append(member)
        return member

    def multicast_to_lan(self, group: Endpoint, data: bytes) -> None:
        """Send to all members of a group that share our network, ourselves included."""
        network = self._network
        source = Endpoint(self.address, group.port)
        network.log("multicast", str(source), str(group), len(data))
        lan = network.lans.get(self.address)
        for address in [a for a, of in network.lans.items() if of == lan] or [self.address]:
            for member in network.host(address).groups if self.up else ():
                if member.group == group:
                    link = network.link(self.address, address)
                    link.carry(len(data), Parcel(partial(member.take, data, source)))

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        await trio.lowlevel.checkpoint()
        try:
            return [Endpoint(address, port) for address in self._network.names.get(host, [host])]
        except FormatError as error:
            raise ConnectError(f"cannot resolve host: {host}", host) from error

    def greet(self, client: Endpoint, local: Endpoint, attempt: Attempt) -> None:
        """Answer, or not, what came to connect."""
        network = self._network
        if not self.reachable:
            network.log("dropped", str(client), str(local), 0)
            return
        back = network.link(self.address, client.host)
        listener = self.listeners.get(local.port)
        if listener is None:
            network.log("refused", str(client), str(local), 0)
            back.carry(0, Parcel(lambda: attempt.fail("connection refused")))
            return
        network.log("accepted", str(client), str(local), 0)
        theirs, ours = connection(
            client,
            local,
            network.link(client.host, self.address),
            back,
            network.timeline,
            network.traffic,
            network.log_stream,
        )
        network.host(client.host).add(theirs)
        self.add(ours)
        back.carry(0, Parcel(lambda: attempt.establish(theirs)))
        listener.on_connection(ours)

    def add(self, stream: SimStream) -> None:
        """Remember a stream of this host, and forget those that are over."""
        self.streams = [*(s for s in self.streams if not s.closed), stream]

    def crash(self) -> None:
        self.up = False
        self.listeners.clear()
        self.sockets.clear()
        for stream in self.streams:
            stream.crash()
        self.streams.clear()
        self.groups.clear()

    def _free_port(self) -> int:
        """The next port of the range that systems choose from."""
        while True:
            self._last_port = (
                self._last_port + 1 if self._last_port < 65535 else FIRST_EPHEMERAL_PORT
            )
            if self._last_port not in self.listeners:
                return self._last_port

    def _cannot_listen(self, reason: str, local: Endpoint) -> ListenError:
        return ListenError(f"{reason}: {local}", str(local))
