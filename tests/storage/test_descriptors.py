"""Open file descriptors, bounded in number, never closed while somebody uses one."""

import os
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from raincore.storage.descriptors import Descriptors


class Files:
    """Opens /dev/null and remembers what was asked."""

    def __init__(self):
        self.opened = []

    def __call__(self, index, writable):
        self.opened.append((index, writable))
        return os.open("/dev/null", os.O_RDWR)


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def use(table, index, **how):
    with table.use(index, **how) as descriptor:
        return descriptor


def test_a_file_is_opened_once():
    files = Files()
    table = Descriptors(files, 2)
    assert use(table, 0) == use(table, 0)
    assert files.opened == [(0, False)]


def test_the_longest_unused_is_closed_first():
    files = Files()
    table = Descriptors(files, 2)
    for index in (0, 1, 0, 2, 0):
        use(table, index)
    assert files.opened == [(0, False), (1, False), (2, False)]
    assert list(table.handles) == [2, 0]


def test_one_in_use_is_never_closed():
    table = Descriptors(Files(), 1)
    with table.use(0) as first:
        use(table, 1)
        use(table, 2)
        assert is_open(first)
    assert len(table.handles) == 1


def test_writing_replaces_a_handle_that_can_only_read():
    files = Files()
    table = Descriptors(files, 2)
    with table.use(0) as reading:
        use(table, 0, writable=True)
        assert is_open(reading)
    assert not is_open(reading)
    use(table, 0)
    assert files.opened == [(0, False), (0, True)]


def test_a_reader_that_opened_late_does_not_replace_a_writer():
    files = Files()
    table = Descriptors(files, 2)

    def open_late(index, writable):
        if not writable:
            use(table, index, writable=True)  # somebody else was faster
        return files(index, writable)

    table.open_file = open_late
    descriptor = use(table, 0)
    assert not is_open(descriptor)
    assert table.handles[0].writable


def test_an_open_file_is_lent_without_opening():
    files = Files()
    table = Descriptors(files, 2)
    with table.use_if_open(0) as descriptor:
        assert descriptor is None
    use(table, 0)
    with table.use_if_open(0) as descriptor:
        assert is_open(descriptor)
    assert len(files.opened) == 1


def test_closing_waits_for_users_and_may_be_repeated():
    table = Descriptors(Files(), 2)
    with table.use(0) as descriptor:
        table.close()
        table.close()
        assert is_open(descriptor)
    assert not is_open(descriptor)


def test_after_closing_a_file_is_opened_for_one_use_only():
    table = Descriptors(Files(), 2)
    table.close()
    assert not is_open(use(table, 0))


def test_a_file_that_cannot_be_opened_is_the_callers_news():
    def broken(index, writable):
        raise FileNotFoundError(index)

    with pytest.raises(FileNotFoundError):
        use(Descriptors(broken, 2), 0)


def test_many_threads_neither_lose_nor_leak_descriptors():
    files = Files()
    table = Descriptors(files, 3)
    before = len(os.listdir("/proc/self/fd"))

    def work(seed):
        rng = Random(seed)
        for _ in range(300):
            with table.use(rng.randrange(8), writable=rng.random() < 0.3) as descriptor:
                os.fstat(descriptor)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(table.handles) <= 3
    table.close()
    assert len(os.listdir("/proc/self/fd")) == before
