"""Time what the machine adds to a block: python -m tests.bench.bench_machine.

One seed delivers everything in reads of 16 blocks. Counted are `place` for each block,
`Heard` for each read with the requests that refill the pipeline, and `PieceStored` for
each piece; not counted are sockets, copies, hashing and disk. The aim is 3 µs a block.
A second table has the same seed beside many peers that are idle and hungry.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import time

from raincore.base.bitfield import Bitfield
from raincore.base.config import Config
from raincore.base.endpoint import Endpoint
from raincore.base.ids import PeerId
from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.swarm.commands import CheckAndWrite, Command, Say
from raincore.swarm.events import (
    ContentChecked,
    Heard,
    PeerJoined,
    PeerKey,
    PieceStored,
    Started,
)
from raincore.swarm.given import Given
from raincore.swarm.machine import TorrentMachine
from raincore.wire import messages as m

BLOCKS_PER_READ = 16
SEED = PeerKey(0)


def machine_with_peers(piece_length: int, total: int, hungry: int) -> TorrentMachine:
    """A torrent with nothing yet, one seed, and peers of whom nothing can be asked."""
    pieces = -(-total // piece_length)
    raw = bencoding.encode(
        {
            "length": total,
            "name": "bench",
            "piece length": piece_length,
            "pieces": bytes(20 * pieces),
        }
    )
    info = info_format.parse(raw)
    assert info.info_hash is not None
    machine = TorrentMachine(
        Given(info_hash=info.info_hash, own_id=PeerId(bytes(20)), info=info),
        config=Config(),
        rng=random.Random(1),
    )
    machine.handle(Started(), 0.0)
    machine.handle(ContentChecked(Bitfield(pieces)), 0.0)
    for number in range(hungry + 1):
        machine.handle(
            PeerJoined(
                peer=PeerKey(number),
                endpoint=Endpoint("10.0.0.1", 1000 + number),
                peer_id=PeerId(hashlib.sha1(bytes([number % 256])).digest()),
                fast=True,
                extended=False,
                incoming=True,
            ),
            0.0,
        )
    return machine


def requests_in(commands: list[Command]) -> list[m.Request]:
    """What the seed is asked for."""
    return [
        message
        for command in commands
        if isinstance(command, Say) and command.peer == SEED
        for message in command.messages
        if isinstance(message, m.Request)
    ]


def deliver(machine: TorrentMachine) -> tuple[float, int]:
    """Download everything; return CPU seconds spent inside the machine, and the blocks."""
    clock = time.process_time  # of this process: the machine may be busy
    now = 1.0
    queue: list[m.Request] = []
    spent = 0.0
    blocks = 0
    for key in reversed(list(machine.state.peers)):  # the seed last: it takes what is there
        if key == SEED:
            messages: tuple[m.Message, ...] = (m.HaveAll(), m.Unchoke())
            queue += requests_in(machine.handle(Heard(key, messages, 0, 0), now))
        else:
            machine.handle(Heard(key, (m.HaveNone(), m.Have(0), m.Unchoke()), 0, 0), now)
    position = 0
    while position < len(queue):
        read = queue[position : position + BLOCKS_PER_READ]
        position += len(read)
        now += 0.0005
        start = clock()
        length = 0
        placed = 0
        for piece, begin, size in read:
            if machine.place(SEED, piece, begin, size):
                length += size
                placed += 1
        commands = machine.handle(Heard(SEED, (), placed, length), now)
        spent += clock() - start
        blocks += placed
        queue += requests_in(commands)
        for command in commands:
            if isinstance(command, CheckAndWrite):
                start = clock()
                stored = machine.handle(PieceStored(command.piece), now)
                spent += clock() - start
                queue += requests_in(stored)
    return spent, blocks


def main() -> None:
    """Print microseconds per block, best of five."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    total = parser.parse_args().mib << 20
    for hungry in (0, 200):
        for piece_length in (64 << 10, 256 << 10, 1 << 20, 4 << 20):
            best = min(
                spent / blocks
                for spent, blocks in (
                    deliver(machine_with_peers(piece_length, total, hungry)) for _ in range(5)
                )
            )
            print(
                f"pieces of {piece_length >> 10:5} KiB, {hungry:3} hungry peers:"
                f" {best * 1e6:6.2f} µs a block"
            )


if __name__ == "__main__":
    main()
