"""Queries per second that one dht.node answers, and what an answer to a lookup costs.

    python -m tests.bench.bench_node

The node knows 200 others and stores 2,000 torrents. Datagrams come from 5,000 addresses;
encoding, the routing table, the stores and the guard against floods are part of the
figure, the socket is not. The best of several rounds, which other load disturbs least.
"""

from __future__ import annotations

import math
import random
import time
import tracemalloc

from raincore.base.config import DhtLimits
from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash, NodeId
from raincore.dht.announced import Announced
from raincore.dht.node import DhtNode
from raincore.formats.compact import Node
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
        start = time.perf_counter()
        for data, sender in datagrams:
            node.receive_datagram(data, sender, now)
            replies = node.datagrams_to_send(now)
            assert replies
        best = min(best, time.perf_counter() - start)
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
    print(f"{'2,000 torrents of 500 peers':28} {memory_of_a_full_store():9.0f} MiB     budget 150")


def report(what: str, seconds: float, budget: str = "") -> None:
    print(f"{what:28} {1 / seconds:9.0f} per second {seconds * 1e6:7.1f} µs  {budget}")


if __name__ == "__main__":
    main()
