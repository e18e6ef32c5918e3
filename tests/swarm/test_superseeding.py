import pytest

from raincore.swarm.commands import Drop
from raincore.swarm.events import PeerKey
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from tests.swarm.swarm_world import Shell, info_of, joined, ready_machine

PIECES = 12
A, B, C = PeerKey(1), PeerKey(2), PeerKey(3)


def shell_of(*, super_seed: bool = True, have: int = PIECES) -> Shell:
    info = info_of(PIECES)
    machine = ready_machine(info, range(have), goal=Goal.SEED, super_seed=super_seed)
    return Shell(machine, info)


def shown(shell: Shell, key: PeerKey) -> list[int]:
    """The pieces that a peer was told of."""
    return [said.piece for said in shell.remotes[key].said if isinstance(said, m.Have)]


def leecher(shell: Shell, number: int, *messages: m.Message, **facts: bool) -> PeerKey:
    key = shell.join(joined(number, **facts))
    shell.hear(key, *(messages or (m.HaveNone(), m.Interested())))
    return key


def may_have(machine: TorrentMachine, key: PeerKey) -> list[int]:
    return [piece for piece in range(PIECES) if machine.may_send(key, piece)]


def test_a_super_seed_says_that_it_has_nothing_and_shows_two_pieces() -> None:
    shell = shell_of()
    leecher(shell, 1)
    first, *_ = shell.remotes[A].said
    assert first == m.HaveNone()
    assert len(shown(shell, A)) == 2
    assert may_have(shell.machine, A) == sorted(shown(shell, A))


def test_a_usual_seed_shows_all() -> None:
    shell = shell_of(super_seed=False)
    leecher(shell, 1)
    assert shell.remotes[A].said[0] == m.HaveAll()
    assert shown(shell, A) == []
    assert may_have(shell.machine, A) == list(range(PIECES))


def test_it_does_not_give_itself_away_in_its_extended_handshake() -> None:
    shell = shell_of()
    leecher(shell, 1, extended=True)
    (hello,) = [said for said in shell.remotes[A].said if isinstance(said, ExtendedHandshake)]
    assert not hello.upload_only


def test_who_lacks_some_of_the_content_cannot_super_seed() -> None:
    shell = shell_of(have=3)
    assert shell.machine.state.showing is None
    leecher(shell, 1)
    assert may_have(shell.machine, A) == [0, 1, 2]


def test_a_piece_that_was_passed_on_makes_room_for_another() -> None:
    shell = shell_of()
    leecher(shell, 1)
    leecher(shell, 2)
    piece = shown(shell, A)[0]
    shell.hear(A, m.Have(piece))
    shell.hear(A, m.Have(next(p for p in range(PIECES) if p not in shown(shell, A))))
    assert len(shown(shell, A)) == 2
    shell.hear(B, m.Have(piece))
    assert len(shown(shell, A)) == 3


def test_a_piece_that_a_newcomer_has_was_passed_on() -> None:
    shell = shell_of()
    leecher(shell, 1)
    leecher(shell, 2)
    piece = shown(shell, A)[0]
    shell.hear(A, m.Have(piece))
    bits = bytearray(2)
    bits[piece // 8] |= 0x80 >> piece % 8
    leecher(shell, 3, m.PieceBitfield(bytes(bits)))
    assert len(shown(shell, A)) == 3


def test_who_has_or_gets_everything_is_shown_nothing_more() -> None:
    shell = shell_of()
    leecher(shell, 1, *map(m.Have, range(PIECES - 1)))
    assert len(shown(shell, A)) <= 2
    before = len(shell.gone)
    shell.hear(A, m.Have(PIECES - 1))
    assert [reason for _, reason, _ in shell.gone[before:]] == ["both_seeds"]
    leecher(shell, 2, m.HaveAll())
    assert [reason for _, reason, _ in shell.gone[before:]] == ["both_seeds"] * 2


def test_a_peer_of_whose_pieces_nothing_is_known_is_shown_nothing() -> None:
    shell = shell_of()
    shell.join(joined(1))
    assert shown(shell, A) == []
    shell.wait(2)
    assert len(shown(shell, A)) == 2, "without the Fast extension silence means none"


def test_what_was_shown_to_who_leaves_is_shown_to_others() -> None:
    shell = shell_of()
    leecher(shell, 1)
    first = shown(shell, A)
    shell.leave(A)
    for number in range(2, 8):
        leecher(shell, number)
    told = [piece for number in range(2, 8) for piece in shown(shell, PeerKey(number))]
    assert set(first) <= set(told)


def test_who_says_it_wants_more_than_it_was_shown_has_no_use_for_a_slot() -> None:
    shell = shell_of()
    leecher(shell, 1)
    leecher(shell, 2)
    shell.hear(A, m.Interested())
    assert m.Unchoke() in shell.remotes[A].said
    for piece in shown(shell, A):
        shell.hear(A, m.Have(piece))
    assert shell.remotes[A].said[-1] == m.Choke()


def test_who_was_told_to_go_is_shown_nothing() -> None:
    shell = shell_of()
    machine = shell.machine
    shell.join(joined(1))
    peer = machine.state.peers[A]
    machine.state.drop(peer, "test")
    commands = machine.handle_timer(shell.now + 10)
    assert Drop(A, "test") in commands
    assert shown(shell, A) == []


def test_who_does_not_want_what_it_was_shown_is_soon_shown_everything() -> None:
    shell = shell_of()
    leecher(shell, 1, m.HaveNone())
    leecher(shell, 2)
    assert len(shown(shell, A)) == 2
    shell.wait(2)
    assert len(shown(shell, A)) == 2
    shell.wait(3)
    assert sorted(shown(shell, A)) == list(range(PIECES))
    assert len(shown(shell, B)) == 2, "nobody else gains by it"
    assert may_have(shell.machine, A) == [], "it has no slot"
    shell.hear(A, m.Interested())
    assert may_have(shell.machine, A) == [0, 1]


def test_who_has_all_at_once_that_it_may_have_has_no_use_for_a_slot_until_it_was_passed_on() -> (
    None
):
    shell = shell_of()
    leecher(shell, 1, m.HaveNone())
    leecher(shell, 2)
    shell.wait(5)
    shell.hear(A, m.Interested())
    for piece in may_have(shell.machine, A):
        shell.hear(A, m.Have(piece))
    assert shell.remotes[A].said[-1] == m.Choke()
    shell.hear(B, m.Have(0))
    assert shell.remotes[A].said[-1] == m.Unchoke()
    assert may_have(shell.machine, A) == [0, 1, 2]


def test_nothing_wakes_a_super_seed_once_everybody_was_shown_all() -> None:
    shell = shell_of()
    leecher(shell, 1, m.HaveNone())
    shell.wait(5)
    assert shell.machine.state.timers.showing == float("inf")


@pytest.mark.parametrize("has", [(), (0,)])
def test_a_partial_seed_is_shown_nothing_and_stays_since_it_tells_what_was_passed_on(
    has: tuple[int, ...],
) -> None:
    shell = shell_of()
    leecher(shell, 1, m.HaveNone(), *map(m.Have, has), extended=True)
    first = shown(shell, A)
    shell.hear(A, m.Extended(0, ExtendedHandshake(upload_only=True).encode()))
    shell.wait(30)
    assert shown(shell, A) == first
    assert A in shell.machine.state.peers
