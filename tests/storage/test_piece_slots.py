"""Pieces of content in which each file starts on a piece boundary."""

import hashlib
from random import Random

import pytest

from raincore.base.geometry import Geometry
from raincore.storage import piece_slots
from raincore.storage.piece_slots import Slot

KIB = 1024
PIECE = 32 * KIB


def aligned(*lengths):
    """A geometry with padding after each file that ends inside a piece, but the last."""
    laid = []
    for length in lengths:
        laid += [length, -length % PIECE]
    return Geometry(PIECE, laid[:-1])


def naive(geometry, piece):
    """The oracle: by a search for each piece."""
    begin = geometry.offset_of(piece)
    first = geometry.file_spans(piece)[0]
    height = 1 if geometry.file_lengths[first.file_index] > PIECE else 0
    return Slot(begin, first.length, geometry.length_of(piece), height)


@pytest.mark.parametrize("seed", range(30))
def test_a_slot_is_what_a_search_for_its_piece_finds(seed):
    rng = Random(seed)
    sizes = [0, 1, 16 * KIB, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]
    geometry = aligned(*rng.choices(sizes, k=rng.randrange(1, 9)), 1)
    pieces = range(geometry.piece_count)
    first = rng.choice(pieces)
    run = range(first, rng.randrange(first, geometry.piece_count) + 1)
    assert list(piece_slots.slots(geometry, run)) == [naive(geometry, piece) for piece in run]


@pytest.mark.parametrize(
    ("used", "batches"),
    [
        ([1], [[1]]),
        ([10, 20, 70, 1], [[10, 20, 70], [1]]),
        ([200, 1, 99, 100], [[200], [1, 99], [100]]),
        ([60, 60], [[60], [60]]),
    ],
)
def test_pieces_that_fit_into_a_buffer_are_one_batch(used, batches):
    slots = [Slot(0, length, length, 0) for length in used]
    found = piece_slots.batches(iter(slots), 100)
    assert [[slot.used for slot in batch] for batch in found] == batches


@pytest.mark.parametrize("with_sha1", [False, True])
@pytest.mark.parametrize("sizes", [[5, 16 * KIB, 9 * KIB], [16 * KIB + 1, 3], [PIECE + 7]])
def test_pieces_in_memory_hash_like_pieces_that_are_read(sizes, with_sha1):
    geometry = aligned(*sizes)
    content = Random(1).randbytes(geometry.total_length)

    def read_into(offset, buffer):
        buffer[:] = content[offset : offset + len(buffer)]
        return len(buffer)

    batch = list(piece_slots.slots(geometry, range(geometry.piece_count)))
    buffer = memoryview(bytearray(4 * PIECE))
    views = piece_slots.read_together(read_into, batch, buffer)
    short = memoryview(bytearray(16 * KIB))
    assert piece_slots.hash_loaded(batch, views, with_sha1) == [
        piece_slots.hash_piece(read_into, slot, with_sha1, short) for slot in batch
    ]


def test_a_piece_is_hashed_with_its_padding_as_zeros():
    slot = Slot(0, 3, PIECE, 0)
    found = piece_slots.hash_loaded([slot], [memoryview(b"abc")], True)
    sha1 = hashlib.sha1(b"abc" + bytes(PIECE - 3)).digest()
    assert found == [(sha1, hashlib.sha256(b"abc").digest())]
