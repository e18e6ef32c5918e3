from raincore.documents import events as records
from raincore.policy.file_selection import Selection
from raincore.swarm import file_progress
from raincore.swarm.commands import Publish
from raincore.swarm.machine import TorrentMachine
from tests.swarm.swarm_world import PIECE_LENGTH, info_of, ready_machine

FILES = [("a", PIECE_LENGTH - 100), ("empty", 0), ("b", 2 * PIECE_LENGTH), ("c", 50)]
INFO = info_of(files=FILES, padding=100)
"""Piece 0 is a and its padding, 1 and 2 are b, 3 is c."""


def stored(machine: TorrentMachine, *pieces: int) -> list[tuple[int, str, int]]:
    """Store pieces; return (index, path, length) of each file that this completes."""
    for piece in pieces:
        file_progress.on_piece_stored(machine.state, piece)
    told = [c.record for c in machine.state.take_commands(0.0) if isinstance(c, Publish)]
    return [(r.index, r.path, r.length) for r in told if isinstance(r, records.FileDone)]


def test_a_file_is_told_when_its_last_piece_is_stored() -> None:
    machine = ready_machine(INFO)
    assert stored(machine, 2) == []
    assert stored(machine, 1) == [(2, "n/b", 2 * PIECE_LENGTH)]


def test_padding_is_neither_told_nor_counted() -> None:
    machine = ready_machine(INFO)
    assert stored(machine, 0, 3) == [(0, "n/a", PIECE_LENGTH - 100), (3, "n/c", 50)]


def test_what_was_there_before_needs_not_be_stored() -> None:
    machine = ready_machine(INFO, [1])
    assert stored(machine, 2) == [(2, "n/b", 2 * PIECE_LENGTH)]


def test_files_that_share_a_piece_are_complete_together() -> None:
    machine = ready_machine(info_of(files=[("a", 10), ("b", 20)]))
    assert stored(machine, 0) == [(0, "n/a", 10), (1, "n/b", 20)]


def test_only_wanted_files_are_told() -> None:
    info = info_of(files=[("a", 10), ("b", 20), ("c", 5)])
    machine = ready_machine(info, select=Selection(("b",)))
    assert stored(machine, 0) == [(1, "n/b", 20)]


def test_files_that_come_to_be_wanted_are_published_if_they_are_there() -> None:
    files = [("a", PIECE_LENGTH), ("b", PIECE_LENGTH), ("c", 0)]
    machine = ready_machine(info_of(files=files), [0])
    file_progress.on_wanted(machine.state, [2, 1, 0])
    told = [command.record for command in machine.state.commands]  # type: ignore[union-attr]
    assert [record.path for record in told if isinstance(record, records.FileDone)] == ["n/a"]
