"""Processor time that one HTTP announce costs us: `python -m tests.bench.announces`.

A tracker in another process answers at once. Four tasks announce, as many as may ask one host
at a time: over connections that it keeps, and to one of HTTP/1.0, which closes each. Processor
time in the best of several rounds, which other load disturbs least.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import multiprocessing
import random
import time
from typing import TYPE_CHECKING

import trio

from raincore.net.hub import Hub
from raincore.net.tracker_client import TrackerClient
from raincore.net.trio_network import TrioNetwork
from tests.wire.trackers import request

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ROUNDS, AT_ONCE = 7, 4
BODY = b"d8:completei1e10:incompletei0e8:intervali1800e5:peers6:\x7f\x00\x00\x01\x1a\xe1e"
HEAD = b" 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"


class Answers(asyncio.Protocol):
    """Says the same to every request."""

    def __init__(self, *, keeps: bool) -> None:
        self._keeps = keeps
        self._said = (b"HTTP/1.1" if keeps else b"HTTP/1.0") + HEAD % len(BODY) + BODY
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            asked, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._transport.write(self._said)
            if not self._keeps or b"connection: close" in asked.lower():
                self._transport.close()


def serve(tell: Connection) -> None:
    """Be two trackers, one of which keeps its connections, and tell their ports."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        ports = []
        for keeps in (True, False):
            server = await loop.create_server(
                lambda keeps=keeps: Answers(keeps=keeps),  # type: ignore[misc]
                "127.0.0.1",
                backlog=100,
            )
            ports.append(server.sockets[0].getsockname()[1])
        tell.send(ports)
        await asyncio.Event().wait()

    asyncio.run(run())


async def cost(url: str, count: int) -> float:
    """Seconds of processor time per announce, in the best round."""
    hub, best = Hub(), math.inf
    client = TrackerClient(TrioNetwork(hub), random.Random(1))
    said = request()

    async def several(count: int) -> None:
        for _ in range(count):
            assert (await client.announce(url, said)).peers

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        for _ in range(2):  # all that is done once
            await several(1)
        for _ in range(ROUNDS):
            used = time.process_time()
            async with trio.open_nursery() as asking:
                for _ in range(AT_ONCE):
                    asking.start_soon(several, count // AT_ONCE)
            best = min(best, (time.process_time() - used) / (count // AT_ONCE * AT_ONCE))
        await client.aclose()
        nursery.cancel_scope.cancel()
    hub.close()
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--announces", type=int, default=500, help="in each round")
    count: int = parser.parse_args().announces
    hears, tells = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(tells,), daemon=True)
    server.start()
    kept, closed = hears.recv()
    for name, port in (("kept connections", kept), ("a connection for each", closed)):
        seconds = trio.run(cost, f"http://127.0.0.1:{port}/announce", count)
        print(f"{name:22} {seconds * 1000:6.3f} ms of processor time per announce")
    server.terminate()


if __name__ == "__main__":
    main()
