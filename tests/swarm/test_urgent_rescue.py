import pytest

from raincore.policy.file_selection import EVERYTHING
from raincore.swarm import streaming, urgent_rescue
from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
from tests.swarm.stream_world import StreamShell, stream_shell
from tests.swarm.web_world import W1

A, B, C = (PeerKey(key) for key in range(1, 4))


def with_a_silent_peer() -> StreamShell:
    """B owes the first pieces and sends nothing; A sends ten blocks a second."""
    shell = stream_shell()
    shell.read()
    shell.seed(2)
    shell.seed(1)
    assert shell.owed(B) == [0, 0, 1, 1, 2, 2, 3, 3]
    shell.bring_at(A, 10, 0.7)
    return shell


def test_blocks_that_are_late_are_asked_of_a_faster_peer_as_well() -> None:
    shell = with_a_silent_peer()
    assert {0, 1, 2, 3} & set(shell.owed(A))
    assert set(shell.owed(B)) == {0, 1, 2, 3}
    shell.audit()


def test_the_first_answer_calls_the_other_request_off() -> None:
    shell = with_a_silent_peer()
    shell.bring_at(A, 20, 2.0)
    have = shell.machine.state.have
    assert have is not None
    assert all(have[piece] for piece in range(4))
    assert not {0, 1, 2, 3} & set(shell.owed(B))
    assert [type(said) for said in shell.said(B)].count(m.Cancel) >= 8
    shell.audit()


def test_who_is_in_time_is_not_doubted() -> None:
    shell = stream_shell(pieces=100)
    shell.read()
    shell.seed(1)
    shell.seed(2)
    for _ in range(40):
        shell.bring_at(A, 20, 0.05)
        shell.bring_at(B, 20, 0.05)
    assert shell.machine.state.counters.wasted == 0
    assert not set(shell.remotes[A].owed) & set(shell.remotes[B].owed)


def test_nobody_helps_who_is_not_known_to_bring_anything() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(2)
    shell.seed(1)
    shell.wait(3)
    assert not set(shell.owed(A)) & set(shell.owed(B))


def test_a_piece_on_parole_is_asked_of_one_alone() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(2)
    shell.machine.state.downloads[0].exclusive = B
    shell.seed(1)
    shell.bring_at(A, 10, 1.0)
    assert 0 not in shell.owed(A)
    assert 1 in shell.owed(A) or shell.machine.state.have[1]  # type: ignore[index]


def test_what_nobody_is_fast_enough_for_the_fastest_is_asked_for() -> None:
    shell = stream_shell(pieces=60)
    shell.read(20)
    shell.seed(1)
    shell.bring_at(A, 4, 3.0)
    shell.read(0)
    shell.wait(0.3)
    assert 0 in shell.owed(A)
    shell.audit()


def test_what_is_due_is_taken_back_from_a_web_seed_that_is_too_slow() -> None:
    shell = stream_shell(W1)
    shell.read()
    shell.begin()
    assert shell.runs() == {W1: [range(40)]}
    shell.bring(shell.fetch(W1), 100)
    shell.read(10)
    shell.seed(1)
    shell.wait(2)
    assert shell.owed(A), "the last of the run was freed for it"
    shell.bring_at(A, 10, 3.0)
    assert shell.machine.state.have is not None
    assert shell.machine.state.have[10]
    shell.audit()


def test_what_a_fast_web_seed_brings_soon_is_left_to_it() -> None:
    shell = stream_shell(W1)
    shell.read()
    shell.begin()
    key = shell.fetch(W1)
    for _ in range(3):
        shell.wait(0.3)
        shell.bring(key, 200_000)
        shell.finish_checks()
    shell.seed(1)
    shell.bring_at(A, 10, 0.5)
    assert key not in shell.stopped
    assert shell.runs()[W1][0].stop > 20
    shell.audit()


def test_blocks_of_a_web_seed_that_stands_still_are_asked_of_peers() -> None:
    shell = stream_shell(W1)
    shell.read()
    shell.begin()
    shell.bring(shell.fetch(W1), 100)
    shell.wait(6)
    shell.seed(1)
    shell.bring_at(A, 10, 4.0)
    assert shell.machine.state.have is not None
    assert shell.machine.state.have[0]
    shell.audit()


def test_no_more_than_so_much_is_asked_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = stream_shell(pieces=200)
    shell.read()
    for key in range(2, 14):
        shell.seed(key)
    shell.seed(1)
    shell.bring_at(A, 40, 0.2)
    monkeypatch.setattr(urgent_rescue, "RESCUES_MAX", 5)
    urgent_rescue.rescue(shell.machine.state, shell.now + 0.9)
    assert sum(map(len, shell.machine.state.saying.values())) == 5


def test_where_there_is_no_memory_for_it_nothing_is_begun() -> None:
    shell = stream_shell(pieces=60, budget_pieces=2)
    shell.read(20, 23)
    shell.seed(1)
    shell.bring_at(A, 4, 2.0)
    shell.read(0, 3)
    shell.wait(0.6)
    assert len(shell.machine.state.downloads) <= 2
    shell.audit()


def test_pieces_that_are_due_later_are_not_looked_at() -> None:
    shell = stream_shell(select=EVERYTHING)
    shell.seed(2)
    shell.seed(1)
    shell.bring_at(A, 10, 1.0)
    owed = set(shell.owed(B))
    shell.machine.state.deadlines.set(dict.fromkeys(owed, shell.now + 100))
    streaming.plan(shell.machine.state, shell.now)
    before = len(shell.owed(A))
    shell.wait(0.3)
    assert len(shell.owed(A)) == before
    shell.audit()
