"""Blocks of unfinished pieces reach the log and come back, and no memory is mixed up."""

import os
from types import SimpleNamespace

import pytest
import trio

from raincore.base.bitfield import Bitfield
from raincore.engine.keeping import Keeping
from raincore.engine.piece_io import PieceIO
from raincore.engine.spare_buffers import SpareBuffers
from raincore.net.offload import result_of
from raincore.policy.budget import Budget
from raincore.storage import unfinished_pieces
from raincore.storage.piece_hashes import PieceHashes
from raincore.swarm.commands import CheckAndWrite
from raincore.swarm.events import PieceStored
from tests.engine.desk import BLOCK, Desk, FaultyStorage, ManualOffload, ScriptedPeer, open_store
from tests.sim.content import sample

PIECE = 4 * BLOCK
SAMPLE = sample(1, pieces=4, piece_length=PIECE)
NOTHING = Bitfield(4)


class Bench:
    def __init__(self, path: str | None, *prompt: str) -> None:
        self.offload = ManualOffload(*prompt)
        self.storage = FaultyStorage(SAMPLE.info)
        owner = SimpleNamespace(
            storage=self.storage,
            hashes=PieceHashes.of(SAMPLE.info, {}),
            note_unreadable=None,
        )
        self.io = PieceIO(owner, self.offload, SpareBuffers(Budget()))
        self.io.open(SAMPLE.info)
        self.warnings: list[tuple[str, str]] = []
        warn = lambda code, text: self.warnings.append((code, text))  # noqa: E731
        self.keeping = Keeping(path, 1 << 20, self.io, self.offload, warn)

    async def open(self, have: Bitfield = NOTHING) -> dict[int, tuple[int, ...]]:
        self.offload.prompt = ("disk",)
        geometry = SAMPLE.info.geometry
        found = await result_of(lambda done: self.keeping.open(geometry, have, done))
        self.offload.prompt = ()
        return found

    def fill(self, piece: int, *numbers: int) -> None:
        for number in numbers:
            at = piece * PIECE + number * BLOCK
            self.io.place(piece, number * BLOCK, BLOCK)[:] = SAMPLE.content[at : at + BLOCK]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "log")


async def test_blocks_are_kept_and_come_back(path):
    first = Bench(path)
    assert await first.open() == {}
    first.fill(1, 0, 2)
    first.keeping.keep({1: (0, 2)})
    first.offload.finish()
    first.keeping.close()
    second = Bench(path)
    assert await second.open() == {1: (0, 2)}
    second.keeping.restore(1)
    second.fill(1, 1, 3)
    told: list[object] = []
    second.io.check_and_write(CheckAndWrite(1, False), told.append)
    second.offload.finish()
    assert told == [PieceStored(1, ())]
    assert second.storage.content[PIECE : 2 * PIECE] == SAMPLE.content[PIECE : 2 * PIECE]


async def test_pieces_that_are_there_are_not_gone_on_with(path):
    first = Bench(path)
    await first.open()
    first.fill(1, 0, 2)
    first.fill(2, 1)
    first.keeping.keep({1: (0, 2), 2: (1,)})
    first.offload.finish()
    first.keeping.close()
    assert await Bench(path).open(Bitfield(4, [1])) == {2: (1,)}


async def test_memory_that_is_being_kept_is_not_given_to_another_piece(path):
    bench = Bench(path)
    await bench.open()
    bench.fill(1, 0, 1)
    first = bench.io.place(1, 0, 1).obj
    bench.keeping.keep({1: (0,)})
    bench.keeping.keep({1: (0, 1)})
    bench.io.discard(1)
    assert bench.io.place(2, 0, 1).obj is not first
    bench.offload.finish()
    bench.keeping.close()
    assert await Bench(path).open() == {1: (0, 1)}


async def test_what_was_kept_before_stays_without_a_buffer(path):
    bench = Bench(path)
    await bench.open()
    bench.fill(1, 0)
    bench.keeping.keep({1: (0,)})
    bench.keeping.keep({1: None})
    bench.offload.finish()
    bench.keeping.close()
    assert await Bench(path).open() == {1: (0,)}


async def test_one_can_wait_until_all_is_kept(path, autojump_clock):
    bench = Bench(path)
    await bench.open()
    bench.fill(1, 0)
    bench.keeping.keep({1: (0,)})
    with trio.move_on_after(5) as waiting:
        await bench.keeping.wait()
    assert waiting.cancelled_caught
    bench.offload.finish()
    await bench.keeping.wait()


async def test_without_a_place_nothing_is_kept():
    bench = Bench(None)
    assert await bench.open() == {}
    bench.keeping.keep({1: (0,)})
    assert not bench.offload.jobs
    bench.keeping.close()


async def test_a_log_that_is_opened_for_a_torrent_that_is_over_is_closed(path):
    first = Bench(path)
    await first.open()
    first.fill(1, 0)
    first.keeping.keep({1: (0,)})
    first.offload.finish()
    first.keeping.close()
    late = Bench(path)
    late.keeping.open(SAMPLE.info.geometry, NOTHING, lambda kept: None)
    late.keeping.close()
    late.offload.finish()
    assert await Bench(path).open() == {1: (0,)}  # so nobody holds it
    late.keeping.open(SAMPLE.info.geometry, NOTHING, lambda kept: None)
    assert not late.offload.jobs


async def test_a_log_that_cannot_be_used_is_one_warning(path):
    os.mkdir(path)
    bench = Bench(path)
    assert await bench.open() == {}
    [(code, message)] = bench.warnings
    assert code == "resume_state"
    assert "is a directory" in message


async def test_a_log_that_fails_warns_once(path):
    bench = Bench(path)
    await bench.open()
    os.mkdir(path)
    bench.fill(1, 0)
    for _ in range(3):
        bench.keeping.keep({1: (0,)})
    bench.offload.finish()
    assert len(bench.warnings) == 1


async def test_a_bug_is_not_hidden(path):
    bench = Bench(path)
    await bench.open()
    bench.fill(1, 0)
    bench.keeping.keep({1: ("0",)})
    with pytest.raises(TypeError):
        bench.offload.finish()


async def test_a_torrent_goes_on_with_the_piece_it_was_at(tmp_path, path, autojump_clock):
    store = open_store(tmp_path)
    desk = Desk(own_sample=SAMPLE, store=store, unfinished=path)
    async with desk.running():
        peer = ScriptedPeer(desk)
        asked = peer.seed()
        piece = asked[0].piece
        got = [one for one in asked if one.piece == piece][:3]
        peer.give(*got)
        await desk.settle()
    again = Desk(own_sample=SAMPLE, store=store, unfinished=path)
    async with again.running():
        peer = ScriptedPeer(again)
        asked = peer.seed()
        assert [one.begin for one in asked if one.piece == piece] == [3 * BLOCK]
        peer.give(*asked)
        await again.over.wait()
    store.close()
    assert again.storage.content == SAMPLE.content
    assert not os.path.exists(path)
    assert unfinished_pieces.UnfinishedPieces.open(path, SAMPLE.info.geometry, 1).blocks == {}
