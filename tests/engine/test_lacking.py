"""One line about what is missing."""

from raincore.base.bitfield import Bitfield
from raincore.engine import lacking
from tests.sim.content import KIB, sample
from tests.swarm.swarm_world import PIECE_LENGTH, info_of


def test_many_missing_pieces_are_not_all_listed():
    many = sample(1, pieces=30, piece_length=16 * KIB).info
    assert "(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …)" in str(lacking.mismatch(many, Bitfield(30)))


def test_the_file_that_lacks_most_is_named():
    info = info_of(files=[("a", PIECE_LENGTH), ("b", 3 * PIECE_LENGTH)])
    error = lacking.mismatch(info, Bitfield(4, [1]))
    assert str(error) == "3 of 4 pieces are missing or do not match (0, 2, 3): n/b and 1 more"
    assert error.pieces == [0, 2, 3]
