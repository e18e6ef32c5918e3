"""Open file descriptors, bounded in number, never closed while somebody uses one."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from raincore.storage.descriptors import PATIENCE_SECONDS, Descriptors
from raincore.storage.file_allowance import FileAllowance


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


def test_many_threads_neither_lose_nor_leak_descriptors(tmp_path):
    (tmp_path / "file").touch()
    table = Descriptors(lambda index, writable: os.open(tmp_path / "file", os.O_RDWR), 3)

    def work(seed):
        rng = Random(seed)
        for _ in range(300):
            with table.use(rng.randrange(8), writable=rng.random() < 0.3) as descriptor:
                os.fstat(descriptor)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(table.handles) <= 3
    table.close()
    links = Path("/proc/self/fd").iterdir()
    assert str(tmp_path / "file") not in {os.path.realpath(link) for link in links}


class ShortOfDescriptors(Files):
    """The system has none left until somebody closes something, or time passes."""

    def __init__(self, failures, number=errno.EMFILE):
        super().__init__()
        self.failures = failures
        self.number = number

    def __call__(self, index, writable):
        if self.failures:
            self.failures -= 1
            raise OSError(self.number, os.strerror(self.number))
        return super().__call__(index, writable)


def test_without_a_descriptor_left_unused_files_are_closed_and_it_goes_on():
    files, slept = ShortOfDescriptors(0), []
    table = Descriptors(files, 5, sleep=slept.append)
    first = use(table, 0)
    files.failures = 1
    use(table, 1)
    assert list(table.handles) == [1]
    assert not slept
    del first


def test_files_of_other_torrents_are_closed_too():
    allowance = FileAllowance(100)
    files, slept = ShortOfDescriptors(0), []
    other = Descriptors(files, 5, allowance, slept.append)
    table = Descriptors(files, 5, allowance, slept.append)
    use(other, 7)
    files.failures = 1
    use(table, 0)
    assert not other.handles
    assert not slept


def test_where_nothing_can_be_closed_others_are_waited_for():
    slept = []
    table = Descriptors(ShortOfDescriptors(3), 5, sleep=slept.append)
    use(table, 0)
    assert slept == list(PATIENCE_SECONDS[:3])


def test_patience_has_an_end():
    slept = []
    table = Descriptors(ShortOfDescriptors(100), 5, sleep=slept.append)
    with pytest.raises(OSError, match="Too many open files"):
        use(table, 0)
    assert sum(slept) < 5


def test_another_error_is_not_waited_for():
    slept = []
    table = Descriptors(ShortOfDescriptors(1, errno.EACCES), 5, sleep=slept.append)
    with pytest.raises(PermissionError):
        use(table, 0)
    assert not slept


def test_an_allowance_that_shrinks_closes_files():
    allowance = FileAllowance(8)
    table = Descriptors(Files(), 40, allowance)
    for index in range(8):
        use(table, index)
    assert len(table.handles) == 8
    others = [Descriptors(Files(), 40, allowance) for _ in range(3)]
    use(table, 0)
    assert len(table.handles) == 2
    for other in others:
        other.close()
    for index in range(8):
        use(table, index)
    assert len(table.handles) == 8
    table.close()
    assert allowance.part == 8
