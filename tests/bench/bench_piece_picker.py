"""Time the piece picker at 65,536 pieces: python -m tests.bench.bench_piece_picker.

Peers are half seeds and half leechers with 10 to 90 % of the pieces, as a swarm in
mid-life looks. Prints microseconds per call, best of five.
"""

from __future__ import annotations

import argparse
import random
import timeit
from collections.abc import Callable

from raincore.base.bitfield import Bitfield
from raincore.policy.piece_download import PieceDownload
from raincore.policy.piece_picker import PiecePicker


def microseconds(action: Callable[[], object], number: int = 500) -> float:
    """Best of five averages over `number` calls."""
    return min(timeit.repeat(action, number=number, repeat=5)) / number * 1e6


def swarm(rng: random.Random, pieces: int, peers: int) -> tuple[PiecePicker, list[Bitfield]]:
    """A picker with a tenth of the pieces done, and what each peer has."""
    picker = PiecePicker(pieces, rng)
    fields = []
    for number in range(peers):
        share = 1.0 if number % 2 == 0 else rng.uniform(0.1, 0.9)
        has = Bitfield(pieces, (i for i in range(pieces) if rng.random() < share))
        fields.append(has)
        picker.peer_joined(has)
    for piece in rng.sample(range(pieces), pieces // 10):
        picker.done(piece)
    return picker, fields


def bench_picker(pieces: int, peers: int) -> None:
    """Print one line for one size of swarm."""
    rng = random.Random(1)
    picker, fields = swarm(rng, pieces, peers)
    seed, last = fields[0], fields[-1]
    stranger = Bitfield(pieces, (i for i in range(pieces) if rng.random() < 0.5))

    def join_and_leave() -> None:
        picker.peer_joined(stranger)
        picker.peer_left(stranger)

    def start_and_release() -> None:
        picker.start(77)
        picker.release(77)

    figures = {
        "pick from a seed": microseconds(lambda: picker.pick(seed)),
        "from the last peer": microseconds(lambda: picker.pick(last)),
        "reverse": microseconds(lambda: picker.pick(last, reverse=True)),
        "interesting": microseconds(lambda: picker.interesting(last)),
        "start + release": microseconds(start_and_release),
        "join + leave": microseconds(join_and_leave),
    }
    print(
        f"{pieces:7} pieces {peers:3} peers: "
        + ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
    )


def bench_plain(pieces: int) -> None:
    """Print what loops over pieces in Python cost, which the picker avoids."""
    rng = random.Random(1)
    counts = [rng.randrange(50) for _ in range(pieces)]
    has = Bitfield(pieces, (i for i in range(pieces) if rng.random() < 0.5))

    def join() -> None:
        for piece in has:
            counts[piece] += 1

    figures = {
        "pick": microseconds(lambda: min(has, key=counts.__getitem__), number=5),
        "join": microseconds(join, number=5),
    }
    print(
        f"{pieces:7} pieces, plain loops: "
        + ", ".join(f"{name} {value:.0f}" for name, value in figures.items())
    )


def bench_blocks(block_count: int = 64, batch: int = 16) -> None:
    """Print the cost per block of taking and receiving a piece in batches."""

    def one_piece() -> None:
        download = PieceDownload(0, block_count)
        while numbers := download.take(1, batch):
            for number in numbers:
                download.receive(1, number)

    print(f"piece of {block_count} blocks: {microseconds(one_piece) / block_count:.3f} µs a block")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=65_536)
    pieces = parser.parse_args().pieces
    for peers in (1, 8, 50):
        bench_picker(pieces, peers)
    bench_plain(pieces)
    bench_blocks()


if __name__ == "__main__":
    main()
