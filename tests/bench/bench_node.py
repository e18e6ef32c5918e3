"""Queries per second that one dht.node answers, and what an answer to a lookup costs.

    python -m tests.bench.bench_node

The node knows 200 others and stores 2,000 torrents. Datagrams come from 5,000 addresses;
encoding, the routing table, the stores and the guard against floods are part of the
figure. Processor time in the best of several rounds, which other load disturbs least. The last
figure is of the same node behind a real socket of net.dht_line, in which 200 queries from as
many addresses wait at a time.
"""

from __future__ import annotations

import math
import random
import socket
import time
import tracemalloc

import trio

from raincore.base.config import DhtLimits
from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash, NodeId
from raincore.dht.announced import Announced
from raincore.dht.node import DhtNode
from raincore.formats.compact import Node
from raincore.net.dht_line import DhtLine
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from raincore.wire import krpc
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    FindNode,
    GetPeers,
    Ping,
    Query,
    Question,
    Response,
    SampleInfoHashes,
)

BUDGET_PER_SECOND = 15_000
SENDERS, QUERIES, ROUNDS = 5000, 5000, 7
TORRENTS, PEERS = 2000, 500
BURST = 200
"""Queries that wait in the socket at once; its buffer, as the system makes it, holds them."""
NOW = 1000.0


def endpoint(number: int) -> Endpoint:
    return Endpoint(f"{20 + number // 65536}.{number // 256 % 256}.{number % 256}.9", 6881)


def stocked(rng: random.Random) -> tuple[DhtNode, list[InfoHash]]:
    """A node with a full table, and some torrents with a few peers each."""
    limits = DhtLimits(reply_bytes_per_second=math.inf)
    node = DhtNode(ipv6=False, rng=rng, verify=lambda *_: True, now=NOW, limits=limits)
    for number in range(20_000):
        known = Node(NodeId(rng.randbytes(20)), endpoint(number))
        node.table.answered(known, rng.uniform(0.01, 0.3), NOW)
    hashes = [InfoHash(rng.randbytes(20)) for _ in range(TORRENTS)]
    for info_hash in hashes:
        for number in rng.sample(range(SENDERS), 20):
            announce(node, info_hash, endpoint(number), rng)
    return node, hashes


def announce(node: DhtNode, info_hash: InfoHash, sender: Endpoint, rng: random.Random) -> bytes:
    """Ask for a token and use it, as a stranger does; give the datagram of the announce."""
    asking = NodeId(rng.randbytes(20))
    node.receive_datagram(krpc.encode(Query(b"ab", asking, GetPeers(info_hash))), sender, NOW)
    ((data, _),) = node.datagrams_to_send(NOW)
    message = krpc.decode(data)
    assert isinstance(message, Response)
    token = message.reply.token
    assert token is not None
    query = krpc.encode(Query(b"ab", asking, AnnouncePeer(info_hash, 6881, token)))
    node.receive_datagram(query, sender, NOW)
    node.datagrams_to_send(NOW)
    return query


def questions(rng: random.Random, hashes: list[InfoHash]) -> dict[str, list[Question]]:
    """What a node is asked, by kind."""
    targets = [NodeId(rng.randbytes(20)) for _ in range(QUERIES)]
    return {
        "ping": [Ping()] * QUERIES,
        "find_node": [FindNode(target) for target in targets],
        "get_peers, unknown": [GetPeers(InfoHash(target)) for target in targets],
        "get_peers, 20 peers": [GetPeers(rng.choice(hashes)) for _ in targets],
        "sample_infohashes": [SampleInfoHashes(target) for target in targets],
    }


def measure(node: DhtNode, datagrams: list[tuple[bytes, Endpoint]], now: float) -> float:
    """Seconds per query in the best round; twenty virtual seconds pass from each to the next."""
    best = math.inf
    for _ in range(ROUNDS):
        now += 20.0
        start = time.process_time()
        for data, sender in datagrams:
            node.receive_datagram(data, sender, now)
            replies = node.datagrams_to_send(now)
            assert replies
        best = min(best, time.process_time() - start)
    return best / len(datagrams)


def memory_of_a_full_store() -> float:
    """MiB that the announced peers take when the store is full, from a part of it."""
    part = 50
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    stored = []
    for torrent in range(part):
        peers = Announced(ipv6=False)
        for number in range(PEERS):
            peers.add(endpoint(torrent * PEERS + number), seed=False, expires=NOW + number)
        stored.append(peers)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) * TORRENTS / part / 2**20


def askers() -> list[socket.socket]:
    """Sockets at as many loopback addresses."""
    asking = []
    for number in range(BURST):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        sock.bind((f"127.1.0.{number + 1}", 0))
        asking.append(sock)
    return asking


class Counting:
    """Counts what a node is asked; no guard, whose patience with an address would end."""

    def __init__(self, node: DhtNode) -> None:
        self.count = 0
        self._guard = node._guard

    def admits(self, endpoint: Endpoint, now: float) -> bool:
        self.count += 1
        self._guard.admits(endpoint, now)
        return True

    def may_reply(self, length: int, now: float) -> bool:
        return self._guard.may_reply(length, now)


async def through_a_socket(node: DhtNode, datagrams: list[bytes]) -> float:
    """Seconds of processor time per query that waits in a socket; in the best burst."""
    hub = Hub()
    node._guard = counting = Counting(node)  # type: ignore[assignment]
    line = DhtLine(node, lambda: None)
    line.open(TrioNetwork(hub), Endpoint("127.0.0.1", 0))
    line.start(())
    place = (line.endpoint.host, line.endpoint.port)
    asking, best = askers(), math.inf
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        for start in range(0, len(datagrams) - BURST, BURST):
            for sock, data in zip(asking, datagrams[start : start + BURST], strict=True):
                sock.sendto(data, place)
            counting.count, used = 0, time.process_time()
            while counting.count < BURST:
                await trio.sleep(0)
            best = min(best, (time.process_time() - used) / BURST)
            for sock in asking:
                assert sock.recv(4096), "no answer"
        nursery.cancel_scope.cancel()
    for sock in asking:
        sock.close()
    line.close()
    hub.close()
    return best


def main() -> None:
    """Measure and print."""
    rng = random.Random(1)
    node, hashes = stocked(rng)
    mixed: list[tuple[bytes, Endpoint]] = []
    now = NOW
    for name, asked in questions(rng, hashes).items():
        datagrams = [
            (krpc.encode(Query(rng.randbytes(2), NodeId(rng.randbytes(20)), question)), endpoint(n))
            for n, question in enumerate(asked)
        ]
        mixed += datagrams[::5]
        report(name, measure(node, datagrams, now))
        now += 20.0 * ROUNDS
    rng.shuffle(mixed)
    report("all of them mixed", measure(node, mixed, now), f"budget {BUDGET_PER_SECOND}")
    seconds = trio.run(through_a_socket, node, [data for data, _ in mixed])
    report("the same through a socket", seconds, f"budget {BUDGET_PER_SECOND}")
    print(f"{'2,000 torrents of 500 peers':28} {memory_of_a_full_store():9.0f} MiB     budget 150")


def report(what: str, seconds: float, budget: str = "") -> None:
    print(f"{what:28} {1 / seconds:9.0f} per second {seconds * 1e6:7.1f} µs  {budget}")


if __name__ == "__main__":
    main()
