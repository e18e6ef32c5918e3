"""Peers that want some files only, and serve what they have of them to each other."""

import hashlib
import random

from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.policy.file_selection import Selection
from raincore.swarm.state import Goal
from tests.sim.content import KIB, Sample
from tests.sim.world import SimPeer, Swarm

PIECE_LENGTH = 64 * KIB
LENGTHS = {"a": 300 * KIB + 7, "b": 500 * KIB + 1, "c": 400 * KIB + 11}
RATE = 1024 * KIB


def three_files(seed: int) -> Sample:
    content = random.Random(seed).randbytes(sum(LENGTHS.values()))
    starts = range(0, len(content), PIECE_LENGTH)
    value = {
        "files": [{"length": length, "path": [name]} for name, length in LENGTHS.items()],
        "name": "three",
        "piece length": PIECE_LENGTH,
        "pieces": b"".join(
            hashlib.sha1(content[start : start + PIECE_LENGTH]).digest() for start in starts
        ),
    }
    return Sample(content, info_format.parse(bencoding.encode(value)))


def pieces_of(peer: SimPeer, *files: int) -> set[int]:
    geometry = peer.swarm.sample.info.geometry
    return {piece for index in files for piece in geometry.pieces_of_file(index)}


async def test_who_wants_some_files_gets_their_pieces_and_no_others(seed, autojump_clock):
    swarm = Swarm(seed, three_files(seed))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=RATE)
        some = swarm.add("10.0.1.1", goal=Goal.COMPLETE, select=Selection(("b",)))
        others = [swarm.add(f"10.0.2.{n}", select=Selection(indices=(0, 2))) for n in range(3)]
        await some.over.wait()
        for other in others:
            await other.complete.wait()
        assert some.outcome is None
        assert some.statuses == ["checking", "downloading", "complete", "stopped"]
        assert set(some.torrent.machine.state.have or ()) == pieces_of(some, 1)
        for other in others:
            assert set(other.torrent.machine.state.have or ()) == pieces_of(other, 0, 2)
            assert other.warnings == []


async def test_partial_seeds_complete_each_other_s_opposites(seed, autojump_clock):
    swarm = Swarm(seed, three_files(seed))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True)
        halves = [
            swarm.add("10.0.1.1", select=Selection(("a", "b"))),
            swarm.add("10.0.1.2", select=Selection(("c",))),
        ]
        for half in halves:
            await half.complete.wait()
        origin.crash()
        late = swarm.add("10.0.2.1", knows=halves)
        await swarm.all_complete([late])
