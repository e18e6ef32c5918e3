"""CPU-seconds per GiB of the RC4 key stream, and what a whole MSE handshake costs.

    python -m tests.bench.bench_rc4

The best of several rounds, which other load on the machine disturbs least. The plain key
stream, which stands in where the library has none, runs beside.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from raincore.base.ids import InfoHash
from raincore.wire import mse_keys, rc4
from raincore.wire.mse import Crypto, Initiator, Responder

if TYPE_CHECKING:
    from collections.abc import Callable

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
ROUNDS = 7
HASH = InfoHash(bytes(20))
BOTH = Crypto.PLAINTEXT | Crypto.RC4


def seconds(call: Callable[[], object], calls: int) -> float:
    """CPU time of one call in the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(calls):
            call()
        best = min(best, (time.process_time() - start) / calls)
    return best


def applying(what: str, stream: rc4.KeyStream, length: int, calls: int) -> None:
    data = memoryview(bytearray(length))
    took = seconds(lambda: stream.apply(data), calls)
    print(
        f"{what:34} {took * 1e6:10.2f} µs {length / MIB / took:8.0f} MiB/s "
        f"{took / length * GIB:8.2f} CPU-s/GiB"
    )


def handshake(crypto: Crypto) -> None:
    """Both sides of one handshake, in this process."""
    rng = random.Random(1)
    table = {mse_keys.key_hash(HASH): HASH}
    a = Initiator(HASH, crypto, bytes(68), rng)
    b = Responder(table.get, crypto, rng)
    to_a = b""
    while not a.agreed:
        to_b = a.data_to_send()
        while to_b and b.wanted:
            to_b = _feed(b, to_b)
        to_a += b.data_to_send()
        while to_a and a.wanted:
            to_a = _feed(a, to_a)


def _feed(machine: Initiator | Responder, data: bytes) -> bytes:
    count = machine.wanted
    machine.receive_data(data[:count])
    return data[count:]


def main() -> None:
    """Measure and print."""
    stream = rc4.key_stream(bytes(20))
    print(f"the library does the work: {rc4.is_fast()}")
    applying("a message of 13 bytes", stream, 13, 5000)
    applying("a block of 16 KiB", stream, 16 * KIB, 500)
    applying("a send of 256 KiB, budget 1.5", stream, 256 * KIB, 50)
    applying("a read of 512 KiB, budget 1.5", stream, 512 * KIB, 25)
    applying("a block of 16 KiB, plainly", rc4.PlainKeyStream(bytes(20)), 16 * KIB, 3)
    begun = seconds(lambda: rc4.key_stream(bytes(20)), 500)
    print(f"{'to begin a key stream':34} {begun * 1e6:10.2f} µs")
    rng = random.Random(1)
    theirs = mse_keys.KeyPair(rng).public()
    public = seconds(lambda: mse_keys.KeyPair(rng).public(), 50)
    secret = seconds(lambda: mse_keys.KeyPair(rng).secret(theirs), 50)
    print(f"{'a public key':34} {public * 1e6:10.2f} µs")
    print(f"{'a shared secret':34} {secret * 1e6:10.2f} µs")
    one = seconds(lambda: handshake(BOTH), 20) / 2
    print(f"{'one side of a handshake':34} {one * 1e6:10.2f} µs {1 / one:8.0f} handshakes/s")


if __name__ == "__main__":
    main()
