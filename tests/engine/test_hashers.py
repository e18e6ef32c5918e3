"""Trees are hashed by several threads in turn, all else by one, and behind what restores."""

from raincore.engine import hashers
from raincore.net.hub import Hub
from raincore.net.offload import Offload


def workers(*, trees: bool, restoring: bool = False) -> list[str]:
    hub = Hub()
    offload = Offload(hub, {"tree": 2})
    found = [hashers.worker(offload, trees=trees, restoring=restoring) for _ in range(4)]
    offload.close()
    hub.close()
    return found


def test_pieces_with_trees_take_turns_between_two_threads() -> None:
    found = workers(trees=True)
    assert len(set(found)) == 2
    assert found[:2] == found[2:]


def test_where_only_a_sha1_is_wanted_one_thread_hashes() -> None:
    assert set(workers(trees=False)) == {"hash"}


def test_what_is_being_restored_is_hashed_by_the_thread_that_restores_it() -> None:
    assert set(workers(trees=True, restoring=True)) == {"hash"}


def test_short_pieces_need_a_thread_only_where_there_is_a_processor_for_it() -> None:
    assert hashers.small_piece(1) == hashers.small_piece(2) == 1024 * 1024
    assert hashers.small_piece(3) == hashers.small_piece(64) == 0
