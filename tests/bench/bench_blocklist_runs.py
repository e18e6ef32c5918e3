"""Time the reading of lists with 500,000 lines in each of the usual notations.

Run as `python -m tests.bench.bench_blocklist_runs`. Prints processor time, the best of three.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from raincore.formats import blocklist_text
from raincore.formats.blocklist import Blocklist

LINES = 500_000
BLOCK = 256 * 1024


def dots(number: int, width: int = 1) -> str:
    """An IPv4 address, its octets padded."""
    return ".".join(f"{octet:0{width}}" for octet in number.to_bytes(4, "big"))


def p2p(starts: list[int]) -> Iterator[str]:
    """As PeerGuardian writes it, in order."""
    for number, start in enumerate(sorted(starts)):
        yield f"Some company {number}:{dots(start)}-{dots(start + 200)}\n"


def dat(starts: list[int]) -> Iterator[str]:
    """As eMule writes it, in order."""
    for start in sorted(starts):
        yield f"{dots(start, 3)} - {dots(start + 200, 3)} , 100 , Some company\r\n"


def networks(starts: list[int]) -> Iterator[str]:
    """CIDR, in no order."""
    for start in starts:
        yield f"{dots(start)}/24\n"


def main() -> None:
    """Print everything."""
    starts = random.Random(1).sample(range(0, 2**32, 256), LINES)
    for make in (p2p, dat, networks):
        data = "".join(make(starts)).encode()
        blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
        took = []
        for _ in range(3):
            start = time.process_time()
            found = blocklist_text.parse(blocks)
            count = len(Blocklist(found.v4, found.v6))
            took.append(time.process_time() - start)
        print(f"{make.__name__}: {len(data):,} bytes, {count:,} ranges, {min(took):.2f} s")


if __name__ == "__main__":
    main()
