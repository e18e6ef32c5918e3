"""Time of one wake-up through the hub, by number of busy socket pairs.

python -m tests.bench.bench_hub
"""

import socket
import time

import trio

from raincore.net.hub import Hub

WAKES = 60_000
MESSAGE = b"keepalive"


async def measure(pairs: int) -> float:
    """Play ping-pong on `pairs` socket pairs; seconds per message."""
    hub = Hub()
    done = trio.Event()
    count = 0
    ends = []

    def pong(end: socket.socket) -> None:
        nonlocal count
        end.recv(100)
        count += 1
        if count >= WAKES:
            done.set()
        else:
            end.send(MESSAGE)

    for _ in range(pairs):
        for end in socket.socketpair():
            end.setblocking(False)
            hub.watch(end.fileno(), lambda end=end: pong(end), None)
            ends.append(end)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        started = time.perf_counter()
        for end in ends[::2]:
            end.send(MESSAGE)
        await done.wait()
        elapsed = time.perf_counter() - started
        nursery.cancel_scope.cancel()
    for end in ends:
        hub.forget(end.fileno())
        end.close()
    hub.close()
    return elapsed / WAKES


def main() -> None:
    for pairs in (1, 8, 100):
        print(f"{pairs:4} busy pairs: {trio.run(measure, pairs) * 1e6:6.2f} µs a message")


if __name__ == "__main__":
    main()
