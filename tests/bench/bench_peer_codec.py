"""Microseconds per message in wire.peer_codec and wire.peer_protocol.

    python -m tests.bench.bench_peer_codec

The best of several rounds, which other load on the machine disturbs least. Budgets are
those of the module's docstring; a plain decoder, the one of the tests, runs beside.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from raincore.base.config import PeerLimits
from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.wire import messages as m
from raincore.wire import peer_codec
from raincore.wire.peer_protocol import PeerProtocol
from tests.wire.test_peer_codec import plain_decode

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BLOCKS = 15
"""Blocks in one read of 256 KiB."""

BATCH_REQUESTS = 64
MAX_LENGTH = 2**21
ROUNDS, CALLS = 9, 1000

GEOMETRY = Geometry(BATCH_REQUESTS * BLOCK_LENGTH, [BATCH_REQUESTS * BLOCK_LENGTH * 100])


def microseconds(call: Callable[[], object], messages: int) -> float:
    """Time of one call in the best round, shared by the messages it deals with."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        best = min(best, time.perf_counter() - start)
    return best / CALLS / messages * 1e6


def protocol() -> PeerProtocol:
    new = PeerProtocol(fast=True, extended=True, limits=PeerLimits(), geometry=GEOMETRY)
    unchoke = peer_codec.encode(m.Unchoke())
    new.receive(memoryview(unchoke), len(unchoke))
    return new


def decoding(kind: str, data: bytes, messages: int, budget: str) -> None:
    buffer = memoryview(bytearray(data))
    end = len(buffer)
    link = protocol()
    plain = microseconds(lambda: plain_decode(data, MAX_LENGTH), messages) if end < 10_000 else None
    report(
        f"decode {kind}",
        microseconds(lambda: peer_codec.decode(buffer, end, MAX_LENGTH, []), messages),
        budget,
    )
    report(
        f"decode and judge {kind}", microseconds(lambda: link.receive(buffer, end), messages), ""
    )
    if plain is not None:
        report(f"decode {kind}, plainly", plain, "")


def report(what: str, figure: float, budget: str) -> None:
    print(f"{what:32} {figure:6.2f} µs {budget and 'budget ' + budget}")


def main() -> None:
    """Measure and print."""
    block = bytes(BLOCK_LENGTH)
    blocks = b"".join(
        peer_codec.encode(m.Block(7, number * BLOCK_LENGTH, block)) for number in range(READ_BLOCKS)
    )
    requests = [
        m.Request(7, number * BLOCK_LENGTH, BLOCK_LENGTH) for number in range(BATCH_REQUESTS)
    ]
    haves = b"".join(peer_codec.encode(m.Have(number)) for number in range(BATCH_REQUESTS))
    link = protocol()
    decoding("a block", blocks, READ_BLOCKS, "1.0")
    decoding("a request", peer_codec.encode_requests(requests), BATCH_REQUESTS, "0.5")
    decoding("a have", haves, BATCH_REQUESTS, "")
    report(
        "encode a request",
        microseconds(lambda: peer_codec.encode_requests(requests), BATCH_REQUESTS),
        "0.4",
    )
    report(
        "judge and encode a request",
        microseconds(lambda: link.send_all(requests), BATCH_REQUESTS),
        "",
    )
    report(
        "encode a block's header",
        microseconds(lambda: peer_codec.block_header(7, 0, BLOCK_LENGTH), 1),
        "",
    )


if __name__ == "__main__":
    main()
