"""Trees are hashed by several threads in turn, all else by one, and behind what restores."""

from raincore.base.geometry import Geometry
from raincore.engine import hashers
from raincore.net.hub import Hub
from raincore.net.offload import Offload
from raincore.storage.piece_hashes import PieceHashes

GEOMETRY = Geometry(piece_length=4, file_lengths=(4,))


def workers(*, trees: bool, restoring: bool = False) -> list[str]:
    hub = Hub()
    offload = Offload(hub, {"tree": 2})
    hashes = PieceHashes(GEOMETRY, b"" if trees else bytes(20), [bytes(32)] if trees else [])
    found = [hashers.worker(offload, hashes, restoring=restoring) for _ in range(4)]
    offload.close()
    hub.close()
    return found


def test_pieces_with_trees_take_turns_between_two_threads() -> None:
    found = workers(trees=True)
    assert len(set(found)) == 2
    assert found[:2] == found[2:]


def test_pieces_that_have_a_sha1_only_are_hashed_by_one_thread() -> None:
    assert set(workers(trees=False)) == {"hash"}


def test_what_is_being_restored_is_hashed_by_the_thread_that_restores_it() -> None:
    assert set(workers(trees=True, restoring=True)) == {"hash"}
