"""A SOCKS5 or HTTP proxy for tests: one process, loopback, and it remembers what it was asked."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import trio

__all__ = ["SocksServer", "socks_server"]


class SocksServer:
    """What it was asked, and where it listens."""

    def __init__(self, *, password: bytes = b"", refusal: int = 0, http: bool = False) -> None:
        self.password = password
        self.refusal = refusal
        self.http = http
        self.asked: list[tuple[int, bytes, int]] = []
        self.datagrams: list[tuple[bytes, int]] = []
        self.port = 0
        self.streams: list[trio.SocketStream] = []
        self.names = {b"far.example": "127.0.0.1"}
        self.relay_says_any = False

    async def serve(self, stream: trio.SocketStream) -> None:
        self.streams.append(stream)
        try:
            async with stream:
                await (self._http(stream) if self.http else self._socks(stream))
        except (trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
            pass

    async def _exactly(self, stream: trio.SocketStream, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = await stream.receive_some(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    async def _http(self, stream: trio.SocketStream) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await self._exactly(stream, 1)
        place = head.split()[1]
        host, _, port = place.rpartition(b":")
        self.asked.append((1, host, int(port)))
        if self.refusal:
            await stream.send_all(b"HTTP/1.1 %d No\r\n\r\n" % self.refusal)
            return
        await stream.send_all(b"HTTP/1.1 200 Established\r\n\r\n")
        await self._join(stream, host, int(port))

    async def _socks(self, stream: trio.SocketStream) -> None:
        version, count = await self._exactly(stream, 2)
        assert version == 5
        methods = await self._exactly(stream, count)
        if self.password:
            await stream.send_all(b"\x05\x02" if 2 in methods else b"\x05\xff")
            _, length = await self._exactly(stream, 2)
            await self._exactly(stream, length)
            given = await self._exactly(stream, (await self._exactly(stream, 1))[0])
            await stream.send_all(b"\x01\x00" if given == self.password else b"\x01\x01")
            if given != self.password:
                return
        else:
            await stream.send_all(b"\x05\x00")
        _, command, _, kind = await self._exactly(stream, 4)
        host, port = await self._target(stream, kind)
        self.asked.append((command, host, port))
        if self.refusal:
            await stream.send_all(bytes([5, self.refusal, 0, 1]) + bytes(6))
        elif command == 3:
            await self._relay(stream)
        else:
            await stream.send_all(b"\x05\x00\x00\x03\x01x\x00\x01")
            await self._join(stream, host, port)

    async def _target(self, stream: trio.SocketStream, kind: int) -> tuple[bytes, int]:
        if kind == 3:
            host = await self._exactly(stream, (await self._exactly(stream, 1))[0])
        else:
            packed = await self._exactly(stream, 4 if kind == 1 else 16)
            host = str(ip_address(packed)).encode()
        return host, int.from_bytes(await self._exactly(stream, 2), "big")

    async def _join(self, stream: trio.SocketStream, host: bytes, port: int) -> None:
        other = await trio.open_tcp_stream(self.names.get(host, host.decode()), port)
        async with other, trio.open_nursery() as nursery:
            nursery.start_soon(self._copy, stream, other)
            await self._copy(other, stream)
            nursery.cancel_scope.cancel()

    async def _copy(self, one: trio.SocketStream, other: trio.SocketStream) -> None:
        async for data in one:
            await other.send_all(data)

    async def _relay(self, stream: trio.SocketStream) -> None:
        inside = trio.socket.socket(type=socket.SOCK_DGRAM)
        outside = trio.socket.socket(type=socket.SOCK_DGRAM)
        with inside, outside:
            await inside.bind(("127.0.0.1", 0))
            await outside.bind(("127.0.0.1", 0))
            said = bytes(4) if self.relay_says_any else b"\x7f\x00\x00\x01"
            port = inside.getsockname()[1].to_bytes(2, "big")
            await stream.send_all(b"\x05\x00\x00\x01" + said + port)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._carry, inside, outside)
                await stream.receive_some(1)
                nursery.cancel_scope.cancel()

    async def _carry(self, inside: trio.socket.SocketType, outside: trio.socket.SocketType) -> None:
        client = None

        async def back() -> None:
            while True:
                data, (host, port) = await outside.recvfrom(2000)
                head = b"\0\0\0\1" + ip_address(host).packed + port.to_bytes(2, "big")
                await inside.sendto(head + data, client)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(back)
            while True:
                datagram, client = await inside.recvfrom(2000)
                if datagram[3] == 3:
                    end = 5 + datagram[4]
                    host = datagram[5:end]
                else:
                    end = 4 + 4
                    host = str(ip_address(datagram[4:end])).encode()
                port = int.from_bytes(datagram[end : end + 2], "big")
                self.datagrams.append((host, port))
                place = self.names.get(host, host.decode()), port
                await outside.sendto(datagram[end + 2 :], place)


@asynccontextmanager
async def socks_server(
    *, password: bytes = b"", refusal: int = 0, http: bool = False
) -> AsyncIterator[SocksServer]:
    """A proxy that runs as long as the block."""
    server = SocksServer(password=password, refusal=refusal, http=http)
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    server.port = listener.socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, server.serve, [listener])
        try:
            yield server
        finally:
            nursery.cancel_scope.cancel()
