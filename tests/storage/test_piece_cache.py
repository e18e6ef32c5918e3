"""Recently read runs of content, bounded in bytes, in buffers that are reused."""

from random import Random

import pytest

from raincore.storage.piece_cache import GRAIN, PieceCache


def add(cache, key, length=GRAIN):
    run = cache.reserve(length)
    run.view[:1] = b"%d" % (key % 10)
    cache.publish(key, run)
    cache.release(run)
    return run


def test_a_published_run_is_found_until_evicted():
    cache = PieceCache(2 * GRAIN)
    for key in (1, 2, 3):
        add(cache, key)
    assert cache.acquire(1) is None
    assert bytes(cache.acquire(3).view[:1]) == b"3"


def test_the_longest_unused_goes_first():
    cache = PieceCache(2 * GRAIN)
    add(cache, 1)
    add(cache, 2)
    cache.release(cache.acquire(1))
    add(cache, 3)
    assert list(cache.runs) == [1, 3]


def test_a_view_is_as_long_as_was_asked():
    cache = PieceCache(GRAIN)
    assert len(cache.reserve(GRAIN - 5).view) == GRAIN - 5


def test_evicted_buffers_are_reused():
    cache = PieceCache(GRAIN)
    first = add(cache, 1).buffer
    assert add(cache, 2).buffer is first
    assert cache.allocated_bytes == GRAIN


def test_a_run_in_use_is_neither_evicted_nor_lent():
    cache = PieceCache(GRAIN)
    used = cache.reserve(GRAIN)
    cache.publish(1, used)
    other = cache.reserve(GRAIN)
    assert other.buffer is not used.buffer
    assert cache.acquire(1) is used


def test_what_exceeds_the_limit_is_given_up_on_release():
    cache = PieceCache(GRAIN)
    runs = [cache.reserve(GRAIN) for _ in range(3)]
    for key, run in enumerate(runs):
        cache.publish(key, run)
        cache.release(run)
    assert cache.allocated_bytes == GRAIN
    assert len(cache.runs) == 1


def test_what_users_hold_strains_it_until_they_give_it_back():
    cache = PieceCache(GRAIN)
    used = [cache.reserve(GRAIN) for _ in range(4)]
    assert not cache.is_strained
    used.append(cache.reserve(GRAIN))
    assert cache.is_strained
    for run in used:
        cache.release(run)
    assert not cache.is_strained


def test_free_buffers_of_another_size_make_room():
    cache = PieceCache(4 * GRAIN)
    for _ in range(2):
        cache.release(cache.reserve(GRAIN))
    big = cache.reserve(4 * GRAIN)
    assert cache.allocated_bytes == 4 * GRAIN
    cache.release(big)
    assert len(cache.free[4 * GRAIN]) == 1


def test_cached_runs_of_another_size_make_room():
    cache = PieceCache(4 * GRAIN)
    for key in range(4):
        add(cache, key)
    add(cache, 9, 3 * GRAIN)
    assert list(cache.runs) == [3, 9]
    assert cache.allocated_bytes == 4 * GRAIN


def test_a_run_nobody_can_find_returns_to_the_free_list():
    cache = PieceCache(GRAIN)
    run = cache.reserve(10)
    cache.release(run)
    assert cache.reserve(20).buffer is run.buffer


def test_publishing_twice_keeps_the_newer_and_its_users_the_older():
    cache = PieceCache(4 * GRAIN)
    older = cache.reserve(GRAIN)
    cache.publish(1, older)
    newer = cache.reserve(GRAIN)
    cache.publish(1, newer)
    assert cache.acquire(1) is newer
    assert not any(older.buffer is buffer for buffer in cache.free.get(GRAIN, []))
    cache.release(older)
    assert cache.free[GRAIN] == [older.buffer]


def test_a_forgotten_run_is_not_found_but_stays_with_its_users():
    cache = PieceCache(2 * GRAIN)
    add(cache, 1)
    run = cache.acquire(1)
    cache.forget(1)
    cache.forget(1)
    assert cache.acquire(1) is None
    cache.release(run)
    assert cache.free[GRAIN] == [run.buffer]
    add(cache, 2)
    cache.forget(2)
    assert len(cache.free[GRAIN]) == 1


def test_releasing_too_often_is_a_bug():
    cache = PieceCache(GRAIN)
    run = cache.reserve(1)
    cache.release(run)
    with pytest.raises(AssertionError):
        cache.release(run)


def test_random_use_keeps_the_books_straight():
    rng = Random(1)
    cache = PieceCache(8 * GRAIN)
    held = []
    for _ in range(3000):
        if held and rng.random() < 0.5:
            cache.release(held.pop(rng.randrange(len(held))))
        elif len(held) < 12:
            key = rng.randrange(20)
            run = cache.acquire(key)
            if run is None:
                run = cache.reserve(rng.choice([1, GRAIN, 3 * GRAIN]))
                if rng.random() < 0.9:
                    cache.publish(key, run)
            held.append(run)
        known = {id(run.buffer): run.buffer for run in [*cache.runs.values(), *held]}
        free = [buffer for stack in cache.free.values() for buffer in stack]
        assert not any(id(buffer) in known for buffer in free)
        assert cache.allocated_bytes == sum(len(b) for b in [*known.values(), *free])
    for run in held:
        cache.release(run)
    assert cache.allocated_bytes <= 8 * GRAIN


def test_what_nobody_asks_for_is_given_up_after_some_rounds():
    cache = PieceCache(8 * GRAIN)
    for key in ("a", "b", "used"):
        run = cache.reserve(GRAIN)
        cache.publish(key, run)
        if key != "used":
            cache.release(run)
    cache.grow_old(2)
    cache.grow_old(2)
    again = cache.acquire("a")
    assert again is not None
    cache.release(again)
    cache.grow_old(2)
    assert set(cache.runs) == {"a", "used"}
    assert cache.allocated_bytes == 2 * GRAIN
    for _ in range(3):
        cache.grow_old(2)
    assert set(cache.runs) == {"used"}
    assert cache.allocated_bytes == GRAIN


def test_spare_memory_goes_with_a_round():
    cache = PieceCache(8 * GRAIN)
    cache.release(cache.reserve(GRAIN))
    assert cache.allocated_bytes == GRAIN
    cache.grow_old(2)
    assert (cache.allocated_bytes, cache.free) == (0, {})
