"""A piece that turns out bad is taken back, and fetched again where that may be."""

import math

from raincore.base.bitfield import Bitfield
from raincore.documents import events as records
from raincore.swarm import commands as c
from raincore.swarm.events import PeerKey, PieceLost, Sealed
from raincore.swarm.state import Goal, Phase
from raincore.wire import messages as m
from raincore.wire.extension import LT_DONTHAVE, ExtendedHandshake
from raincore.wire.lt_donthave import DontHave
from tests.swarm.stream_world import stream_shell
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, info_of, joined, ready_machine

A = PeerKey(1)
WHY = "content has changed"


def seeding() -> Shell:
    """Everything is there and served."""
    info = info_of(4)
    shell = Shell(ready_machine(info, range(4), goal=Goal.SEED), info)
    shell.feed(Sealed())
    assert shell.machine.state.phase is Phase.SEEDING
    return shell


def statuses(shell: Shell, events: list[PieceLost]) -> list[str]:
    told: list[str] = []
    for event in events:
        for command in shell.machine.handle(event, shell.now):
            if isinstance(command, c.Publish) and isinstance(command.record, records.Status):
                told.append(command.record.status)
    return told


def test_a_seed_downloads_again_what_it_has_lost() -> None:
    shell = seeding()
    shell.seed(1)
    assert shell.gone  # two seeds have nothing to say to each other
    shell.feed(PieceLost(2, WHY))
    state = shell.machine.state
    assert state.phase is Phase.DOWNLOADING
    shell.seed(2)
    assert {request.piece for request in shell.remotes[PeerKey(2)].owed} == {2}
    shell.deliver(PeerKey(2), 2)
    shell.finish_checks()
    shell.seal()
    assert state.phase is Phase.SEEDING
    assert state.complete
    assert [w.message for w in shell.warnings] == [f"{WHY}; what is bad is fetched again"]


def test_the_status_tells_of_it_once() -> None:
    shell = seeding()
    assert statuses(shell, [PieceLost(2, WHY), PieceLost(1, WHY)]) == ["downloading"]


def test_a_reason_is_told_once_however_many_pieces_it_costs() -> None:
    shell = seeding()
    for piece in range(3):
        shell.feed(PieceLost(piece, WHY))
    shell.feed(PieceLost(3, "another"))
    assert len(shell.warnings) == 2


def test_what_is_not_ours_is_served_without_it() -> None:
    shell = seeding()
    shell.feed(PieceLost(2, WHY, may_replace=False))
    state = shell.machine.state
    assert state.phase is Phase.SEEDING
    assert state.have == Bitfield(4, [0, 1, 3])
    assert state.finished
    assert not state.complete
    assert [w.message for w in shell.warnings] == [f"{WHY}; what is bad is not served"]


def test_peers_that_understand_are_told() -> None:
    shell = seeding()
    shell.join(joined(1, extended=True))
    shell.join(joined(2))
    peer = shell.machine.state.peers[A]
    theirs = ExtendedHandshake(ids={LT_DONTHAVE: 7})
    shell.hear(A, m.Extended(0, theirs.encode()))
    assert peer.extended is not None
    shell.said(A)
    shell.feed(PieceLost(2, WHY))
    assert DontHave(2) in shell.said(A)
    assert DontHave(2) not in shell.said(PeerKey(2))


def test_a_piece_that_is_lost_while_it_is_sealed_is_not_sealed() -> None:
    info = info_of(4)
    shell = Shell(ready_machine(info, range(4), goal=Goal.SEED), info)
    shell.feed(PieceLost(1, WHY))
    shell.feed(Sealed())
    assert shell.machine.state.phase is Phase.DOWNLOADING
    assert not shell.machine.state.reached_goal


def test_a_download_only_gets_one_more_piece_to_fetch() -> None:
    info = info_of(4)
    shell = Shell(ready_machine(info, [0, 1]), info)
    shell.seed(1)
    shell.feed(PieceLost(1, WHY))
    shell.audit()
    assert {request.piece for request in shell.remotes[A].owed} == {1, 2, 3}


def test_files_become_complete_once_more() -> None:
    shell = seeding()
    before = list(shell.machine.state.file_pieces_missing)
    shell.feed(PieceLost(2, WHY))
    assert shell.machine.state.file_pieces_missing == [before[0] + 1]


def test_what_we_do_not_have_cannot_be_lost() -> None:
    info = info_of(4)
    shell = Shell(ready_machine(info, [0]), info)
    shell.feed(PieceLost(3, WHY))
    assert shell.warnings == []
    assert shell.machine.state.timers.stall == math.inf


def test_those_who_are_there_are_asked_for_it_at_once() -> None:
    shell = seeding()
    shell.leecher(1, [2])
    shell.said(A)
    shell.feed(PieceLost(2, WHY))
    assert m.Interested() in shell.said(A)
    assert {request.piece for request in shell.remotes[A].owed} == {2}


def test_a_lost_piece_that_somebody_reads_is_asked_for_before_others() -> None:
    shell = seeding()
    shell.machine.state.streams[0] = range(3 * PIECE_LENGTH, 4 * PIECE_LENGTH)
    for piece in range(4):
        shell.feed(PieceLost(piece, WHY))
    shell.seed(1)
    assert shell.remotes[A].owed[0].piece == 3


def test_a_lost_piece_that_somebody_waits_for_is_due_again() -> None:
    shell = stream_shell(pieces=4, have=[0, 1, 2, 3])
    shell.seal()
    shell.read()
    assert not shell.machine.state.deadlines
    shell.feed(PieceLost(2, "content has changed", may_replace=True))
    assert shell.machine.state.deadlines.order == [2]
