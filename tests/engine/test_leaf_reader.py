"""Leaf hashes are read beside the loop, from what is still good, and remembered."""

from types import SimpleNamespace

import pytest

from raincore.base.errors import ReadError
from raincore.engine import leaf_reader
from raincore.engine.leaf_reader import LeafReader
from raincore.formats import merkle
from raincore.storage.piece_hashes import PieceHashes
from raincore.swarm.events import LeavesRead, PeerKey
from raincore.swarm.leaf_events import ReadLeaves
from raincore.wire.messages import HashRequest
from tests.engine.desk import FaultyStorage, ManualOffload
from tests.sim.v2_content import v2_sample

SAMPLE = v2_sample()
REQUEST = HashRequest(bytes(32), 0, 0, 2, 0)


class Bench:
    """A reader whose thread is the test's."""

    def __init__(self) -> None:
        self.storage = FaultyStorage(SAMPLE.info, SAMPLE.content)
        self.offload = ManualOffload()
        self.told: list[LeavesRead] = []
        content = SimpleNamespace(
            storage=self.storage, hashes=PieceHashes.of(SAMPLE.info, SAMPLE.layers)
        )
        self.reader = LeafReader(content, self.offload, self.told.append)

    def read(self, start: int, stop: int) -> LeavesRead:
        command = ReadLeaves(PeerKey(1), REQUEST, range(start, stop))
        self.reader.read(command)
        self.offload.finish()
        assert self.told[-1].asked is command
        return self.told.pop()

    def leaves(self, piece: int) -> bytes:
        geometry = SAMPLE.info.geometry
        begin = geometry.offset_of(piece)
        return merkle.leaves(SAMPLE.content[begin : begin + geometry.length_of(piece)])


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_each_piece_has_its_leaves(bench):
    assert bench.read(0, 2).leaves == (bench.leaves(0), bench.leaves(1))
    last = SAMPLE.info.geometry.piece_count - 1
    assert bench.read(last, last + 1).leaves == (bench.leaves(last),)


def test_what_was_read_is_remembered(bench):
    bench.read(0, 2)
    bench.storage.done.clear()
    assert bench.read(1, 2).leaves == (bench.leaves(1),)
    assert bench.storage.done == []
    assert bench.read(1, 3).leaves == (bench.leaves(1), bench.leaves(2))
    assert bench.storage.done == ["read"], "of the two only the new one"


def test_memory_is_bounded(bench, monkeypatch):
    monkeypatch.setattr(leaf_reader, "REMEMBERED_BYTES", 3 * 64)
    for piece in range(6):
        bench.read(piece, piece + 1)
    bench.storage.done.clear()
    bench.read(5, 6)
    assert bench.storage.done == []
    bench.read(0, 1)
    assert bench.storage.done == ["read"]


def test_content_that_is_not_good_any_more_gives_none(bench):
    bench.storage.content[0] ^= 1
    assert bench.read(0, 1).leaves is None
    assert bench.read(0, 2).leaves is None
    assert bench.read(1, 2).leaves == (bench.leaves(1),)


def test_a_disk_that_fails_gives_none(bench):
    bench.storage.read_error = ReadError("cannot read: x", "x")
    assert bench.read(0, 1).leaves is None


def test_a_bug_surfaces(bench):
    bench.storage.read_error = ValueError("bug")
    with pytest.raises(ValueError, match="bug"):
        bench.read(0, 1)
