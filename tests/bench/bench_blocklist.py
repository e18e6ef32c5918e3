"""Time look-ups among 500,000 ranges, and what the ranges take in memory.

Run as `python -m tests.bench.bench_blocklist`.
"""

from __future__ import annotations

import random
import time
import timeit
import tracemalloc

from raincore.base.endpoint import Endpoint
from raincore.formats.blocklist import Blocklist, pack_v4

RANGES = 500_000
PROBES = 10_000


def made(family: int, rng: random.Random) -> Blocklist:
    """Ranges all over the addresses of one family."""
    if family == 4:
        starts = rng.sample(range(0, 2**32, 256), RANGES)
        return Blocklist([pack_v4(start, start + 200) for start in starts])
    return Blocklist(v6=[(s := rng.getrandbits(128), s + 2**40) for _ in range(RANGES)])


def main() -> None:
    """Print everything."""
    rng = random.Random(1)
    for family in (4, 6):
        tracemalloc.start()
        blocklist = made(family, rng)
        memory, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        size = 4 if family == 4 else 16
        probes = [Endpoint.from_packed(rng.randbytes(size + 2)) for _ in range(PROBES)]
        action = lambda probes=probes, blocks=blocklist.blocks: [blocks(p) for p in probes]  # noqa: E731
        seconds = min(timeit.repeat(action, timer=time.process_time, number=1, repeat=20)) / PROBES
        print(
            f"IPv{family}: {len(blocklist):,} ranges, {memory / 1e6:.1f} MB, "
            f"{seconds * 1e6:.2f} µs a look-up"
        )


if __name__ == "__main__":
    main()
