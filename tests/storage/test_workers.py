"""Independent tasks spread over threads, each thread with one buffer of its own."""

import ctypes
import threading
import time

import pytest

from raincore.storage import workers
from raincore.storage.workers import spread


def still_running():
    return [thread for thread in threading.enumerate() if thread.name == "spread"]


def double(task, buffer):
    return 2 * task


@pytest.mark.parametrize("jobs", [None, 1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_every_task_is_done_once(jobs, count):
    results = spread(range(count), double, buffer_length=1, jobs=jobs)
    assert sorted(results) == list(range(0, 2 * count, 2))


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_the_callers_thread_and_work_uses_as_many_as_asked(jobs):
    ready = threading.Barrier(jobs)

    def meet(task, buffer):
        ready.wait(10)
        return threading.get_ident()

    idents = set(spread(range(jobs * 3), meet, buffer_length=1, jobs=jobs))
    assert len(idents) == jobs
    assert (threading.get_ident() in idents) is (jobs == 1)


def test_each_thread_has_a_buffer_of_its_own():
    def fill(task, buffer):
        buffer[:] = bytes([task]) * 64
        time.sleep(0)
        return bytes(buffer) == bytes([task]) * 64

    assert all(spread(range(200), fill, buffer_length=64, jobs=4))


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_first_failure_ends_all(jobs):
    def fail(task, buffer):
        if task == 5:
            raise KeyError(task)
        return task

    with pytest.raises(KeyError):
        list(spread(range(1000), fail, buffer_length=1, jobs=jobs))
    assert not still_running()


@pytest.mark.parametrize("jobs", [1, 3])
def test_stopping_ends_early(jobs):
    seen = []
    for result in spread(
        range(100_000), double, buffer_length=1, jobs=jobs, stop=lambda: len(seen) > 4
    ):
        seen.append(result)
    assert len(seen) == 5
    assert not still_running()


def test_stopping_is_noticed_while_no_result_comes(monkeypatch):
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.001)
    release = threading.Event()
    asked = []

    def stop():
        asked.append(1)
        if len(asked) > 3:
            release.set()
        return len(asked) > 3

    def hang(task, buffer):
        release.wait(10)

    assert list(spread(range(2), hang, buffer_length=1, jobs=2, stop=stop)) == []


def test_closing_the_iteration_ends_the_threads():
    results = spread(range(1000), double, buffer_length=1, jobs=3)
    next(results)
    results.close()
    assert not still_running()


def test_there_is_at_least_one_core():
    assert workers.core_count() >= 1


def test_buffers_begin_on_a_page():
    buffer = workers.page_buffer(5)
    assert bytes(buffer) == bytes(5)
    assert ctypes.addressof(ctypes.c_char.from_buffer(buffer)) % 4096 == 0
