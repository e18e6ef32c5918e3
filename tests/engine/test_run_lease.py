from raincore.engine.run_lease import RunLease
from raincore.storage.piece_cache import PieceCache


def test_a_run_is_given_back_when_it_is_sent() -> None:
    cache = PieceCache(1 << 20)
    run = cache.reserve(3)
    run.view[:] = b"run"
    lease = RunLease(cache, run, 5)
    assert (lease.begin, bytes(lease.view), run.users) == (5, b"run", 1)
    lease.release()
    assert run.users == 0
