from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.storage.bad_blocks import bad_blocks
from raincore.storage.piece_checks import Checked

GEOMETRY = Geometry(4 * BLOCK_LENGTH, (6 * BLOCK_LENGTH, 2 * BLOCK_LENGTH, 100))
"""Two pieces of a file, padding, and a file of one block."""

GOOD = b"".join(bytes([n]) * 32 for n in range(4))


def leaves(*blocks: int, count: int = 4) -> bytes:
    """The hashes of a piece of which these blocks have changed."""
    return b"".join(bytes([n + 100 * (n in blocks)]) * 32 for n in range(count))


def test_blocks_are_counted_in_the_file() -> None:
    assert bad_blocks(GEOMETRY, Checked(0, False, leaves=leaves(0, 2, 3)), GOOD) == (
        0,
        [(0, 0), (2, 3)],
    )
    second = Checked(1, False, leaves=leaves(1, count=2))
    assert bad_blocks(GEOMETRY, second, GOOD[:64]) == (0, [(5, 5)])


def test_a_piece_of_one_block_needs_no_other_hashes() -> None:
    assert bad_blocks(GEOMETRY, Checked(2, False, leaves=bytes(32)), b"") == (2, [(0, 0)])


def test_what_is_not_known_is_not_said() -> None:
    assert bad_blocks(GEOMETRY, Checked(0, False, leaves=leaves(0)), b"") == (0, [])
    assert bad_blocks(GEOMETRY, Checked(0, False, leaves=leaves(0)), GOOD[:64]) == (0, [])
    assert bad_blocks(GEOMETRY, Checked(0, False), GOOD) == (0, [])
