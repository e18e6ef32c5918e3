"""Threads that hash one batch after another while the caller reads the next."""

import threading

import pytest

from raincore.storage.stream_pool import Pool


def test_a_batch_is_done_when_it_was_waited_for():
    done = []
    with Pool(2) as pool:
        for batch in range(50):
            pool.start([lambda n=(batch, n): done.append(n) for n in range(5)])
            pool.wait()
            assert sorted(done) == [(b, n) for b in range(batch + 1) for n in range(5)]
        pool.wait()


def test_jobs_run_beside_each_other_and_the_caller():
    together = threading.Barrier(3, timeout=10)
    with Pool(2) as pool:
        pool.start([together.wait, together.wait])
        together.wait()
        pool.wait()


def test_no_more_threads_than_asked_for_or_needed():
    with Pool(3) as pool:
        pool.start([int] * 2)
        pool.wait()
        assert len(pool.threads) == 2
        pool.start([int] * 20)
        pool.wait()
        assert len(pool.threads) == 3
    assert pool.threads == []
    with Pool(3):
        pass


def test_what_a_job_raises_comes_out_once_all_have_ended():
    done = []

    def fail():
        raise ValueError("broken")

    with Pool(2) as pool:
        pool.start([fail, *[lambda: done.append(1)] * 10])
        with pytest.raises(ValueError, match="broken"):
            pool.wait()
        assert len(done) == 10
        pool.wait()
