"""Ways to damage a valid input: every truncation, every change of one byte, random ones."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes that mean something in bencode and in links, and some that never do.
TELLING = b"019:-deil%&=.\x00\xff"


def truncations(data: bytes) -> Iterator[bytes]:
    """Every proper prefix."""
    for end in range(len(data)):
        yield data[:end]


def single_byte_changes(data: bytes) -> Iterator[bytes]:
    """Every byte replaced by each telling one, left out, and doubled."""
    for at in range(len(data)):
        for byte in TELLING:
            if byte != data[at]:
                yield data[:at] + bytes([byte]) + data[at + 1 :]
        yield data[:at] + data[at + 1 :]
        yield data[:at] + data[at : at + 1] + data[at:]


def mutations(seeds: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Random damage: bytes changed, runs cut, moved and repeated, two inputs spliced."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 5)):
            at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
            match rng.randrange(5):
                case 0:
                    data[at : at + 1] = rng.choice(TELLING).to_bytes()
                case 1:
                    del data[at:end]
                case 2:
                    data[at:at] = data[at:end]
                case 3:
                    other = rng.choice(seeds)
                    data[at:] = other[rng.randrange(len(other) + 1) :]
                case 4:
                    data[at:at] = b"%d" % rng.choice([0, 1, -1, 2**31, 2**63, 10**30])
        yield bytes(data)
