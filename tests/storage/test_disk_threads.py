import threading

from raincore.storage.disk_threads import DiskThreads


def test_jobs_of_one_disk_are_done_one_after_the_other_in_order() -> None:
    threads, done, last = DiskThreads(), [], threading.Event()
    names = set()

    def job(number: int) -> None:
        names.add(threading.get_ident())
        done.append(number)
        if number == 9:
            last.set()

    for number in range(10):
        threads.submit(1, lambda number=number: job(number))  # type: ignore[misc]
    assert last.wait(10)
    threads.close()
    assert done == list(range(10))
    assert len(names) == 1


def test_disks_work_at_the_same_time() -> None:
    threads = DiskThreads()
    meeting = threading.Barrier(3, timeout=10)
    met = []

    def job() -> None:
        meeting.wait()
        met.append(True)

    for device in (1, 2, 3):
        threads.submit(device, job)
    for _ in range(1000):
        if len(met) == 3:
            break
        threading.Event().wait(0.01)
    threads.close()
    assert len(met) == 3


def test_a_close_ends_the_running_job_and_begins_no_other() -> None:
    threads, begun, done = DiskThreads(), threading.Event(), []

    def long_job() -> None:
        begun.set()
        while not threads.is_stopping():
            threading.Event().wait(0.001)
        done.append("first")

    threads.submit(1, long_job)
    threads.submit(1, lambda: done.append("second"))
    assert begun.wait(10)
    threads.close()
    assert done == ["first"]
