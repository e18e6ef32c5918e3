"""The hashes of a torrent of which some are known: the other pieces are read and hashed."""

import pytest

from raincore.base.errors import Incomplete
from raincore.base.geometry import Geometry
from raincore.storage import content_hashing, creation_rehash
from raincore.storage.creation_reuse import KnownPieces
from tests.storage import archives

PIECE = 16 * 1024
SIZES = [3 * PIECE + 5, PIECE - 5, 100, PIECE - 100, 2 * PIECE]
PADDING = {1, 3}
GEOMETRY = Geometry(PIECE, SIZES)


class Reader:
    def __init__(self):
        self.data = archives.content(SIZES[0]) + bytes(SIZES[1])
        self.data += archives.content(SIZES[2]) + bytes(SIZES[3]) + archives.content(SIZES[4])
        self.ranges = []

    def read_into(self, offset, buffer):
        self.ranges.append((offset, len(buffer)))
        buffer[:] = self.data[offset : offset + len(buffer)]
        return len(buffer)


def pieces_but(*missing):
    right = content_hashing.hash_pieces(Reader().read_into, GEOMETRY, jobs=1)
    pieces = KnownPieces(bytearray(right), bytearray(b"\1" * GEOMETRY.piece_count))
    for piece in missing:
        pieces.hashes[20 * piece : 20 * piece + 20] = bytes(20)
        pieces.known[piece] = 0
    return right, pieces


@pytest.mark.parametrize("missing", [(), (0,), (6,), (1, 2, 4), range(7)])
def test_only_the_pieces_that_are_not_known_are_read(missing):
    right, pieces = pieces_but(*missing)
    reader = Reader()
    told = []
    found = creation_rehash.hash_pieces(
        reader.read_into, GEOMETRY, PADDING, pieces, jobs=1, on_progress=lambda *n: told.append(n)
    )
    assert found.pieces == right
    assert sum(length for _, length in reader.ranges) == PIECE * len(missing)
    files = {3: 5, 4: 100}
    assert found.bytes_read == sum(files.get(piece, PIECE) for piece in missing)
    assert told[-1:] == ([(found.bytes_read, found.bytes_read)] if missing else [])


@pytest.mark.parametrize("jobs", [1, 3])
def test_only_files_whose_trees_are_not_known_are_read(jobs):
    right, _ = content_hashing.hash_trees(
        Reader().read_into, GEOMETRY, PADDING, with_pieces=False, jobs=1
    )
    for missing in ([], [0], [2, 4], [0, 2, 4]):
        reader = Reader()
        known = {index: tree for index, tree in right.items() if index not in missing}
        found = creation_rehash.hash_trees(
            reader.read_into, GEOMETRY, PADDING, None, known, jobs=jobs
        )
        assert (found.trees, found.pieces) == (right, b"")
        read = sum(length for _, length in reader.ranges)
        assert read == found.bytes_read == sum(SIZES[index] for index in missing)


def test_of_a_hybrid_also_pieces_that_are_not_known_of_files_that_are():
    trees, _ = content_hashing.hash_trees(
        Reader().read_into, GEOMETRY, PADDING, with_pieces=False, jobs=1
    )
    right, pieces = pieces_but(1, 4, 5, 6)
    reader = Reader()
    del trees[4]
    found = creation_rehash.hash_trees(reader.read_into, GEOMETRY, PADDING, pieces, trees, jobs=1)
    assert found.pieces == right
    assert sorted(found.trees) == [0, 2, 4]
    assert found.bytes_read == PIECE + 100 + 2 * PIECE


def test_a_stop_ends_it():
    for stop_at in (creation_rehash.hash_pieces, creation_rehash.hash_trees):
        more = [{}] if stop_at is creation_rehash.hash_trees else []
        with pytest.raises(Incomplete):
            stop_at(
                Reader().read_into, GEOMETRY, PADDING, pieces_but(0)[1], *more, stop=lambda: True
            )
