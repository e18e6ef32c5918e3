import math

from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
from tests.swarm.swarm_world import Shell, info_of, joined, ready_machine

A, B = PeerKey(1), PeerKey(2)


def shell_of(pieces: int) -> Shell:
    """One seed, and one that has nothing."""
    info = info_of(pieces)
    shell = Shell(ready_machine(info), info)
    shell.seed(1)
    shell.join(joined(2))
    shell.said(A)
    shell.said(B)
    return shell


def store(shell: Shell) -> int:
    """Get one more piece; which one it was."""
    shell.deliver(A, 2)
    piece = shell.checks[-1].piece
    shell.finish_checks()
    return piece


def heard_by(shell: Shell, key: PeerKey) -> list[int]:
    """The pieces that a peer was told of since last time."""
    return [message.piece for message in shell.said(key) if isinstance(message, m.Have)]


def test_a_seed_hears_of_pieces_once_a_second_and_others_sooner() -> None:
    shell = shell_of(8)
    pieces = []
    for _ in range(3):
        pieces.append(store(shell))
        shell.wait(0.1)
    assert heard_by(shell, B) == pieces
    assert heard_by(shell, A) == []
    shell.wait(1.0)
    assert heard_by(shell, A) == pieces
    assert heard_by(shell, B) == []
    assert shell.machine.next_timer() > shell.now
    shell.audit()


def test_a_seed_that_lost_a_piece_is_told_what_it_was_owed_and_nothing_twice() -> None:
    shell = shell_of(8)
    shell.seed(3)
    pieces = [store(shell)]
    shell.wait(0.1)
    pieces.append(store(shell))
    state = shell.machine.state
    has = state.peers[A].has
    assert has is not None
    has.discard(pieces[0])
    assert not state.peers[A].is_seed
    shell.wait(0.1)
    pieces.append(store(shell))
    shell.wait(1.0)
    assert heard_by(shell, A) == pieces
    pieces.append(store(shell))
    assert heard_by(shell, A) == pieces[3:], "an ordinary peer now"


def test_who_becomes_a_seed_hears_nothing_twice() -> None:
    shell = shell_of(8)
    pieces = [store(shell)]
    shell.wait(0.1)
    pieces.append(store(shell))
    assert heard_by(shell, B) == pieces
    shell.hear(B, *(m.Have(piece) for piece in range(8)))
    shell.wait(0.1)
    pieces.append(store(shell))
    assert heard_by(shell, B) == []
    shell.wait(1.0)
    assert heard_by(shell, B) == pieces[2:]


def test_a_seed_that_has_left_is_owed_nothing() -> None:
    shell = shell_of(8)
    shell.seed(3)
    store(shell)
    shell.wait(0.1)
    store(shell)
    shell.leave(PeerKey(3), "closed_by_peer")
    shell.wait(1.0)
    assert shell.machine.state.have_news.owed == {}


def test_pieces_stored_soon_after_another_are_told_together() -> None:
    shell = shell_of(8)
    pieces = [store(shell) for _ in range(3)]
    assert heard_by(shell, B) == pieces[:1]
    shell.wait(0.05)
    assert heard_by(shell, B) == pieces[1:]


def test_a_seed_hears_of_every_piece_before_we_leave_it() -> None:
    shell = shell_of(4)
    seed = shell.remotes[A]
    pieces = [store(shell) for _ in range(4)]
    assert [(event.peer, reason) for event, reason, _ in shell.gone] == [(A, "both_seeds")]
    assert [message.piece for message in seed.said if isinstance(message, m.Have)] == pieces
    assert shell.machine.state.have_news.owed == {}
    assert shell.machine.state.timers.haves == math.inf, "nobody is left to be told"
    shell.audit()
