from raincore.base.config import UploadLimits
from raincore.swarm.events import BlocksSent, PeerKey
from raincore.swarm.state import Goal
from raincore.swarm.suggesting import WINDOW
from raincore.wire import messages as m
from tests.swarm.swarm_world import Shell, config, info_of, joined, ready_machine

PIECES = 12
A, B = PeerKey(1), PeerKey(2)


def shell_of(*, have: int = PIECES, slots: int = 8, super_seed: bool = False) -> Shell:
    info = info_of(PIECES)
    settings = config(uploads=UploadLimits(slots=slots, allowed_fast=0))
    machine = ready_machine(
        info, range(have), goal=Goal.SEED, settings=settings, super_seed=super_seed
    )
    return Shell(machine, info)


def leecher(shell: Shell, number: int, *, fast: bool = True) -> PeerKey:
    key = shell.join(joined(number, fast=fast))
    shell.hear(key, m.HaveNone() if fast else m.PieceBitfield(bytes(2)), m.Interested())
    return key


def suggested(shell: Shell, key: PeerKey) -> list[int]:
    return [said.piece for said in shell.remotes[key].said if isinstance(said, m.Suggest)]


def test_who_gets_a_slot_is_told_what_to_ask_for_before_it_asks() -> None:
    shell = shell_of()
    leecher(shell, 1)
    *_, first, second, unchoke = shell.remotes[A].said
    assert isinstance(first, m.Suggest)
    assert isinstance(second, m.Suggest)
    assert unchoke == m.Unchoke()
    shell.audit()


def test_peers_are_told_of_different_pieces() -> None:
    shell = shell_of()
    leecher(shell, 1)
    leecher(shell, 2)
    assert len({*suggested(shell, A), *suggested(shell, B)}) == 2 * WINDOW


def test_who_got_a_suggested_piece_is_told_of_another() -> None:
    shell = shell_of()
    leecher(shell, 1)
    shell.hear(A, m.Have(suggested(shell, A)[0]))
    assert len(suggested(shell, A)) == WINDOW + 1


def test_a_piece_that_was_left_to_nobody_changes_nothing() -> None:
    shell = shell_of()
    leecher(shell, 1)
    (other, *_) = set(range(PIECES)) - set(suggested(shell, A))
    shell.hear(A, m.Have(other))
    assert len(suggested(shell, A)) == WINDOW


def test_who_waits_for_a_slot_is_told_nothing() -> None:
    shell = shell_of(slots=1)
    leecher(shell, 1)
    leecher(shell, 2)
    assert suggested(shell, B) == []


def test_what_a_peer_did_not_get_is_suggested_to_the_next() -> None:
    shell = shell_of(slots=1)
    leecher(shell, 1)
    left_to_a = suggested(shell, A)
    for piece in set(range(PIECES)) - set(left_to_a):
        shell.machine.state.picker.peer_has(piece)
    leecher(shell, 2)
    shell.leave(A)
    assert sorted(suggested(shell, B)) == sorted(left_to_a)


def test_who_loses_its_slot_leaves_what_it_did_not_get() -> None:
    shell = shell_of(slots=1)
    leecher(shell, 1)
    assert shell.machine.state.suggestions.somebody_has(suggested(shell, A)[0]) == A
    shell.hear(A, m.NotInterested())
    leecher(shell, 2)
    shell.wait(11)
    assert shell.machine.state.peers[A].we_choke
    assert shell.machine.state.suggestions.somebody_has(suggested(shell, A)[1]) in (None, B)


def test_the_faster_a_peer_takes_the_more_it_is_told() -> None:
    shell = shell_of()
    leecher(shell, 1)
    length = shell.machine.state.geometry.piece_length
    shell.machine.state.peers[A].took_rate = float(length)
    shell.hear(A, m.Have(suggested(shell, A)[0]))
    assert len(suggested(shell, A)) == WINDOW + 1 + 3


def test_without_the_fast_extension_nothing_can_be_suggested() -> None:
    shell = shell_of()
    leecher(shell, 1, fast=False)
    assert not shell.machine.state.peers[A].we_choke
    assert suggested(shell, A) == []


def test_who_is_no_seed_suggests_nothing() -> None:
    shell = shell_of(have=6)
    leecher(shell, 1)
    assert not shell.machine.state.peers[A].we_choke
    assert suggested(shell, A) == []


def test_a_super_seed_suggests_nothing() -> None:
    shell = shell_of(super_seed=True)
    leecher(shell, 1)
    assert suggested(shell, A) == []


def interrupted(shell: Shell) -> tuple[int, int]:
    """A loses its slot in the middle of the first of its pieces, and never began the second."""
    leecher(shell, 1)
    first, second, *_ = suggested(shell, A)
    assert shell.machine.may_send(A, first)
    shell.hear(A, m.NotInterested())
    leecher(shell, 2)
    shell.wait(11)
    assert shell.machine.state.peers[A].we_choke
    return first, second


def test_who_loses_its_slot_may_finish_what_it_has_begun() -> None:
    shell = shell_of(slots=1)
    first, second = interrupted(shell)
    said = shell.remotes[A].said
    assert said.index(m.AllowedFast(first)) < said.index(m.Choke())
    assert m.AllowedFast(second) not in said
    assert shell.machine.may_send(A, first)
    assert not shell.machine.may_send(A, second)
    assert first not in suggested(shell, B)


def test_what_is_finished_so_is_sent_once() -> None:
    shell = shell_of(slots=1)
    first, _ = interrupted(shell)
    length = shell.machine.state.geometry.piece_length
    shell.feed(BlocksSent(A, 1, length - 1))
    assert shell.machine.may_send(A, first)
    shell.feed(BlocksSent(A, 1, 1))
    assert not shell.machine.may_send(A, first)


def test_a_leecher_that_chokes_lets_nobody_finish_anything() -> None:
    shell = shell_of(have=6, slots=1)
    leecher(shell, 1)
    assert shell.machine.may_send(A, 0)
    shell.hear(A, m.NotInterested())
    leecher(shell, 2)
    shell.wait(11)
    assert not shell.machine.may_send(A, 0)
    assert not any(isinstance(said, m.AllowedFast) for said in shell.remotes[A].said)
