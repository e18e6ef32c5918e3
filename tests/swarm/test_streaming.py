import math

import pytest

from raincore.policy.file_selection import EVERYTHING
from raincore.swarm.events import PeerKey, Started
from raincore.swarm.state import Limits, Phase
from raincore.swarm.wish_events import StreamMoved
from tests.swarm.stream_world import ON_DEMAND, StreamShell, stream_shell
from tests.swarm.swarm_world import PIECE_LENGTH, info_of, machine_of
from tests.swarm.web_world import W1

A, B = PeerKey(1), PeerKey(2)


def test_on_demand_nothing_is_fetched_that_nobody_waits_for() -> None:
    shell = stream_shell(W1)
    shell.seed(1)
    shell.wait(5)
    assert shell.owed(A) == []
    assert shell.runs() == {}
    assert shell.machine.state.peers[A].we_interested
    shell.audit()


def test_nothing_is_fetched_beyond_what_a_reader_needs() -> None:
    shell = stream_shell()
    shell.seed(1)
    shell.read(3, 5)
    shell.bring_at(A, 10, 3)
    assert shell.machine.state.have is not None
    assert list(shell.machine.state.have) == [3, 4]
    assert shell.owed(A) == []
    shell.read(4, 7)
    assert shell.owed(A) == [5, 5, 6, 6]
    shell.audit()


def test_of_two_readers_both_get_what_they_need() -> None:
    shell = stream_shell()
    shell.seed(1)
    shell.read(30, 32, stream=2)
    shell.read(0, 2, stream=1)
    assert shell.machine.state.deadlines.order[:2] == [0, 30]
    shell.read(0, 0, stream=1)
    assert shell.machine.state.deadlines.order == [30, 31]
    shell.read(0, 0, stream=2)
    assert not shell.machine.state.deadlines


def test_otherwise_the_rest_comes_beside_what_somebody_reads() -> None:
    shell = stream_shell(select=EVERYTHING)
    shell.read(10, 12)
    shell.seed(1)
    assert shell.owed(A)[:4] == [10, 10, 11, 11]
    assert len(shell.owed(A)) > 4
    shell.read(0, 0)
    shell.wait(1)
    assert shell.machine.state.picker is not None
    assert shell.machine.state.timers.deadlines == math.inf
    shell.audit()


def test_what_is_there_already_is_not_due() -> None:
    shell = stream_shell(have=[0, 1, 2])
    shell.read(0, 5)
    assert shell.machine.state.deadlines.order == [3, 4]


def test_who_begins_to_read_before_anything_is_known_is_not_forgotten() -> None:
    info = info_of(4)
    machine = machine_of(info, select=ON_DEMAND)
    shell = StreamShell(machine, info)
    shell.feed(StreamMoved(1, 0, 2 * PIECE_LENGTH))
    shell.feed(Started())
    shell.wait(1)
    machine.state.timers.deadlines = shell.now
    shell.wait(1)
    shell.check_content([0])
    shell.seed(1)
    assert shell.owed(A) == [1, 1]


def test_when_all_is_there_nobody_is_asked_and_nothing_is_due() -> None:
    shell = stream_shell(pieces=2, have=[0, 1])
    assert shell.machine.state.phase is Phase.SEALING
    shell.seal()
    shell.read()
    assert not shell.machine.state.deadlines
    assert shell.machine.state.timers.deadlines == math.inf


def test_a_reader_that_stands_still_is_no_stall() -> None:
    shell = stream_shell(limits=Limits(stall_seconds=10, waits_for_peers=True))
    shell.seed(1)
    shell.read(0, 2)
    shell.bring_at(A, 10, 2)
    shell.wait(100)
    assert shell.finish is None
    shell.read(2, 4)
    shell.wait(9)
    assert shell.finish is None
    shell.wait(2)
    assert shell.finish is not None
    assert "no progress for 10s" in str(shell.finish.error)


def test_a_piece_that_is_being_checked_is_not_waited_for_again() -> None:
    shell = stream_shell()
    shell.read(0, 1)
    shell.seed(1)
    shell.deliver(A, 2)
    assert [check.piece for check in shell.checks] == [0]
    shell.wait(1)
    assert not shell.machine.state.deadlines
    shell.finish_checks()
    shell.audit()


def test_a_piece_that_turned_out_bad_is_due_again() -> None:
    shell = stream_shell()
    shell.read(0, 2)
    shell.seed(1, liar=True)
    shell.deliver(A, 2)
    shell.wait(0.3)
    assert 0 not in shell.machine.state.deadlines.order
    shell.finish_checks()
    shell.wait(0.3)
    assert 0 in shell.machine.state.deadlines.order


@pytest.mark.parametrize("budget_pieces", [1, 1000])
def test_an_idle_peer_takes_over_what_is_due_from_one_that_has_fallen_silent(
    budget_pieces: int,
) -> None:
    shell = stream_shell(budget_pieces=budget_pieces)
    shell.read(0, 1)
    shell.seed(1)
    assert shell.owed(A) == [0, 0]
    shell.seed(2)
    shell.wait(5)
    assert shell.owed(B) == []
    shell.wait(20)
    assert set(shell.owed(B)) == {0}
    shell.bring_at(B, 1.0, 3.0)
    assert shell.machine.state.have[0]
    shell.audit()
