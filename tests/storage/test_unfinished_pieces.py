"""Blocks of pieces that are not whole outlive us; what is damaged does not."""

import os
import random
import time
from pathlib import Path

import pytest

from raincore.base.errors import ReadError, WriteError
from raincore.base.geometry import BLOCK_LENGTH, Geometry
from raincore.storage import state_directory, unfinished_pieces
from raincore.storage.unfinished_pieces import HEAD, RECORD, UnfinishedPieces

BLOCKS = 8
GEOMETRY = Geometry(BLOCKS * BLOCK_LENGTH, (10 * BLOCKS * BLOCK_LENGTH + 3 * BLOCK_LENGTH + 5,))
LIMIT = 1 << 30


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "unfinished" / "log")


def content(piece: int) -> memoryview:
    return memoryview(bytearray(random.Random(piece).randbytes(GEOMETRY.length_of(piece))))


def opened(path: str, limit: int = LIMIT) -> UnfinishedPieces:
    return UnfinishedPieces.open(path, GEOMETRY, limit)


def kept(path: str, pieces: dict[int, tuple[int, ...]]) -> None:
    log = opened(path)
    log.keep({piece: (numbers, content(piece)) for piece, numbers in pieces.items()})
    log.close()


def check(path: str, expected: dict[int, tuple[int, ...]]) -> None:
    """The log has these blocks, with the right bytes, and leaves the others alone."""
    log = opened(path)
    assert log.blocks == expected
    for piece, numbers in expected.items():
        whole, buffer = content(piece), memoryview(bytearray(GEOMETRY.length_of(piece)))
        log.read_into(piece, buffer)
        for number in range(GEOMETRY.block_count(piece)):
            part = slice(number * BLOCK_LENGTH, (number + 1) * BLOCK_LENGTH)
            there = whole[part] if number in numbers else bytes(len(whole[part]))
            assert buffer[part] == there
    log.close()


def test_blocks_are_there_in_the_next_run(path):
    kept(path, {3: (0, 5), 10: (3,)})
    check(path, {3: (0, 5), 10: (3,)})


def test_where_nothing_was_kept_nothing_is_made(path):
    log = opened(path)
    assert log.blocks == {}
    log.keep({})
    assert not os.path.exists(path)


def test_blocks_that_come_later_join_the_others(path):
    log = opened(path)
    log.keep({3: ((0,), content(3))})
    size = os.stat(path).st_size
    log.keep({3: ((0, 1), content(3))})
    assert os.stat(path).st_size == size + RECORD.size + BLOCK_LENGTH
    log.close()
    check(path, {3: (0, 1)})


def test_a_piece_that_is_not_named_again_is_forgotten(path):
    log = opened(path)
    log.keep({3: ((0,), content(3)), 4: ((1,), content(4))})
    log.keep({4: ((), memoryview(b""))})
    log.close()
    check(path, {4: (1,)})


def test_a_piece_that_begins_anew_has_only_its_new_blocks(path):
    log = opened(path)
    log.keep({3: ((0,), content(4)), 4: ((1,), content(4))})
    log.keep({4: ((1,), content(4))})
    log.keep({3: ((1,), content(3)), 4: ((1,), content(4))})
    log.close()
    check(path, {3: (1,), 4: (1,)})


def test_when_nothing_is_left_there_is_no_file(path):
    log = opened(path)
    log.keep({3: ((0,), content(3))})
    log.keep({})
    assert not os.path.exists(path)
    log.keep({4: ((2,), content(4))})
    log.close()
    check(path, {4: (2,)})


def test_a_log_that_is_mostly_of_no_use_is_written_anew(path, monkeypatch):
    monkeypatch.setattr(unfinished_pieces, "SLACK_BYTES", 5 * BLOCK_LENGTH)
    log = opened(path)
    for piece in range(10):
        log.keep({piece: ((0, 1, 2), content(piece))})
        assert os.stat(path).st_size < 15 * BLOCK_LENGTH
    log.keep({9: ((0, 1, 2, 4), content(9))})
    log.close()
    check(path, {9: (0, 1, 2, 4)})
    assert os.listdir(os.path.dirname(path)) == ["log"]


def test_what_would_be_too_much_is_not_kept(path):
    log = opened(path, 2 * BLOCK_LENGTH)
    log.keep({3: ((0, 1, 2, 3), content(3))})
    assert log.blocks == {3: (0, 1)}
    log.close()


def test_of_a_larger_log_no_more_than_allowed_is_believed(path):
    kept(path, {3: (0, 1, 2, 3)})
    assert opened(path, 2 * BLOCK_LENGTH).blocks == {3: (0, 1)}


def test_never_all_of_a_piece_is_there(path):
    kept(path, {3: tuple(range(BLOCKS)), 10: (0, 1, 2, 3)})
    blocks = opened(path).blocks
    assert [len(blocks[3]), len(blocks[10])] == [BLOCKS - 1, 3]


def test_a_log_that_was_cut_anywhere_has_what_is_before_the_cut(path, seed):
    kept(path, {3: (0, 5), 4: (7,)})
    whole = Path(path).read_bytes()
    rng = random.Random(seed)
    cuts = [0, 1, len(HEAD), len(whole) - 1, *(rng.randrange(len(whole)) for _ in range(20))]
    for cut in cuts:
        Path(path).write_bytes(whole[:cut])
        found = (cut - len(HEAD)) // (RECORD.size + BLOCK_LENGTH)
        log = opened(path)
        assert sum(map(len, log.blocks.values())) == max(0, found)
        log.close()


def test_a_log_with_a_changed_byte_gives_no_wrong_block(path, seed):
    kept(path, {3: (0, 5), 4: (7,)})
    whole = Path(path).read_bytes()
    rng = random.Random(seed)
    for at in [*range(len(HEAD) + RECORD.size), *(rng.randrange(len(whole)) for _ in range(60))]:
        spoilt = bytearray(whole)
        spoilt[at] ^= 1 << rng.randrange(8)
        Path(path).write_bytes(spoilt)
        log = opened(path)
        for piece, numbers in log.blocks.items():
            buffer = memoryview(bytearray(GEOMETRY.length_of(piece)))
            log.read_into(piece, buffer)
            for number in numbers:
                part = slice(number * BLOCK_LENGTH, (number + 1) * BLOCK_LENGTH)
                assert buffer[part] == content(piece)[part]
        log.close()


def test_a_log_that_was_cut_goes_on_behind_what_is_good(path):
    kept(path, {3: (0, 5)})
    with open(path, "r+b") as file:
        file.truncate(os.stat(path).st_size - 1)
    kept(path, {3: (0, 6)})
    check(path, {3: (0, 6)})


def test_a_file_of_something_else_is_begun_anew(path):
    os.makedirs(os.path.dirname(path))
    Path(path).write_text("something else")
    kept(path, {3: (0,)})
    check(path, {3: (0,)})


def test_another_process_that_has_it_is_left_alone(path):
    first = opened(path)
    first.keep({3: ((0,), content(3))})
    with pytest.raises(ReadError):
        opened(path)
    first.close()
    check(path, {3: (0,)})


def test_what_stands_in_the_way_is_an_error(path):
    os.makedirs(path)
    with pytest.raises(ReadError, match="is a directory"):
        opened(path)
    log = UnfinishedPieces(path, GEOMETRY, LIMIT)
    with pytest.raises(WriteError, match="is a directory"):
        log.keep({3: ((0,), content(3))})


def test_a_log_that_is_closed_keeps_and_gives_nothing(path):
    log = opened(path)
    log.keep({3: ((0,), content(3))})
    log.close()
    log.close()
    log.keep({3: ((0, 1), content(3))})
    with pytest.raises(ReadError):
        log.read_into(3, content(3))
    check(path, {3: (0,)})


def test_logs_that_nobody_went_on_with_are_removed_one_day(path):
    kept(path, {3: (0,)})
    old = time.time() - unfinished_pieces.OLD_SECONDS - 1
    os.utime(path, (old, old))
    opened(f"{path}2")
    assert os.path.exists(path), "they were looked for when the first one was opened"
    unfinished_pieces.remove_old.cache_clear()  # the next day, or the next run
    opened(f"{path}2")
    assert not os.path.exists(path)


def test_a_torrent_can_be_forgotten(path):
    unfinished_pieces.remove(path)
    kept(path, {3: (0,)})
    unfinished_pieces.remove(path)
    check(path, {})
    os.makedirs(path)
    with pytest.raises(WriteError):
        unfinished_pieces.remove(path)


def test_each_torrent_and_directory_has_a_log_of_its_own():
    one = unfinished_pieces.place_of("ab" * 20, Path("/a"))
    assert one.startswith(state_directory.path("unfinished"))
    assert one != unfinished_pieces.place_of("ab" * 20, Path("/b"))
    assert one != unfinished_pieces.place_of("cd" * 20, Path("/a"))
