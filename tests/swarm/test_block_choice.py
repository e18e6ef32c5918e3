from raincore.base.bitfield import Bitfield
from raincore.base.config import PeerLimits
from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.file_selection import EVERYTHING
from raincore.swarm import block_choice
from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
from tests.swarm.stream_world import stream_shell
from tests.swarm.swarm_world import (
    PIECE_LENGTH,
    Shell,
    config,
    info_of,
    joined,
    ready_machine,
    request,
)
from tests.swarm.web_world import W1, web_shell

A, B, C, D, E = (PeerKey(key) for key in range(1, 6))


def shell_of(pieces: int = 4, *, budget_pieces: int = 1000, reqq: int = 500) -> Shell:
    info = info_of(pieces)
    settings = config(budget_pieces=budget_pieces, peers=PeerLimits(requests_out_default=reqq))
    return Shell(ready_machine(info, settings=settings), info)


# --- unasked blocks ------------------------------------------------------------------------


def test_a_piece_that_is_open_is_finished_before_a_new_one_is_started() -> None:
    shell = shell_of(4, reqq=1)
    shell.seed(1)
    first = shell.remotes[A].owed[0]
    shell.seed(2)
    assert [asked.piece for asked in shell.remotes[B].owed] == [first.piece]
    shell.audit()


def test_an_open_piece_is_left_alone_by_peers_that_lack_it() -> None:
    shell = shell_of(4, reqq=1)
    shell.leecher(1, [0])
    shell.leecher(2, [3])
    assert shell.remotes[B].owed == [request(3, 0)]


def test_the_rarest_piece_comes_first_once_some_are_done() -> None:
    info = info_of(8)
    settings = config(peers=PeerLimits(requests_out_default=2))
    shell = Shell(ready_machine(info, [0, 1, 2, 3], settings=settings), info)
    for key in range(2, 5):
        shell.join(joined(key))
        shell.hear(PeerKey(key), m.PieceBitfield(b"\x0b"))  # 4, 6 and 7
    shell.seed(1)
    assert shell.remotes[A].owed == [request(5, 0), request(5, 1)]


def test_the_last_block_of_the_content_is_asked_for_at_its_own_length() -> None:
    info = info_of(2, last_length=BLOCK_LENGTH + 5)
    shell = Shell(ready_machine(info), info)
    shell.seed(1)
    assert sorted(shell.remotes[A].owed)[-2:] == [request(1, 0), request(1, 1, 5)]


def test_a_choking_peer_is_only_asked_for_open_pieces_that_it_allows() -> None:
    shell = shell_of(4, reqq=1)
    shell.leecher(1, [0])
    shell.join(joined(2))
    shell.hear(B, m.HaveAll(), m.AllowedFast(3))
    assert shell.remotes[B].owed == [request(3, 0)]
    shell.join(joined(3))
    shell.hear(C, m.HaveAll(), m.AllowedFast(0))
    assert shell.remotes[C].owed == [request(0, 1)]


# --- the budget ----------------------------------------------------------------------------


def test_no_more_pieces_are_started_than_the_budget_pays_for() -> None:
    shell = shell_of(8, budget_pieces=3)
    shell.seed(1)
    assert len({asked.piece for asked in shell.remotes[A].owed}) == 3
    shell.audit()


def test_two_pieces_fit_however_small_the_budget() -> None:
    shell = shell_of(8, budget_pieces=0)
    shell.seed(1)
    assert len({asked.piece for asked in shell.remotes[A].owed}) == 2


def test_a_stuck_piece_is_abandoned_when_it_holds_the_budget() -> None:
    shell = shell_of(4, budget_pieces=2)
    shell.leecher(1, [0, 1])
    shell.deliver(A, 1)
    shell.hear(A, shell.block(A, shell.remotes[A].owed[-1]))
    shell.leave(A)
    assert len(shell.machine.state.downloads) == 2
    shell.leecher(2, [2])
    assert shell.remotes[B].owed == [request(2, 0), request(2, 1)]
    assert len(shell.blocks) == 1, "the buffer was given back"
    shell.audit()


def test_nothing_is_abandoned_while_a_peer_could_go_on_with_it() -> None:
    shell = shell_of(4, budget_pieces=2)
    shell.leecher(1, [0, 1])
    shell.leecher(2, [2])
    shell.wait(3)
    assert sorted(shell.machine.state.downloads) == [0, 1]
    assert shell.remotes[B].owed == []


def test_nothing_is_abandoned_when_there_is_nothing_else_to_start() -> None:
    shell = shell_of(2, budget_pieces=2)
    shell.leecher(1, [0])
    shell.leecher(2, [1])
    shell.deliver(A, 1)
    shell.leave(A)
    shell.deliver(B, 2)
    shell.wait(3)
    assert 0 in shell.machine.state.downloads


def test_a_piece_that_nobody_is_asked_for_and_of_which_nothing_came_is_forgotten() -> None:
    shell = shell_of(4)
    shell.leecher(1, [0])
    shell.leave(A)
    assert shell.machine.state.downloads == {}
    assert shell.machine.state.lent_bytes == 0


# --- parole --------------------------------------------------------------------------------


def on_parole(shell: Shell) -> None:
    """Have piece 0 fail its hash with two senders, of whom one lied and left."""
    shell.seed(1)
    shell.seed(2, liar=True)
    shell.hear(A, shell.block(A, request(0, 0)))
    shell.hear(B, shell.block(B, request(0, 1)))
    assert shell.finish_check() is False


def test_a_piece_on_parole_is_asked_of_one_peer_alone() -> None:
    shell = shell_of(1)
    on_parole(shell)
    shell.wait(1.5)
    assert sorted(len(remote.owed) for remote in shell.remotes.values()) == [0, 2]
    shell.audit()


def test_a_piece_on_parole_passes_to_another_peer_when_the_first_cannot_go_on() -> None:
    shell = shell_of(1)
    on_parole(shell)
    holder = next(key for key, remote in shell.remotes.items() if remote.owed)
    other = B if holder == A else A
    shell.deliver(holder, 1)
    shell.hear(holder, *(m.Reject(*asked) for asked in list(shell.remotes[holder].owed)))
    assert len(shell.remotes[other].owed) == 1
    shell.audit()


def test_a_piece_on_parole_passes_on_when_its_holder_has_choked_us() -> None:
    shell = shell_of(1, reqq=1)
    shell.seed(1)
    shell.machine.state.downloads[0].exclusive = A
    shell.hear(A, shell.block(A, shell.remotes[A].owed[0]), m.Choke())
    shell.seed(2)
    assert shell.remotes[B].owed == [request(0, 1)]
    assert shell.machine.state.downloads[0].exclusive == B


def test_a_piece_that_somebody_is_being_asked_for_is_not_stuck() -> None:
    shell = shell_of(4, budget_pieces=2, reqq=1)
    shell.leecher(1, [0])
    shell.leecher(2, [1])
    shell.leecher(3, [2])
    shell.wait(3)
    assert sorted(shell.machine.state.downloads) == [0, 1]
    assert shell.remotes[C].owed == []


def test_all_that_one_sender_owes_is_given_back() -> None:
    shell = web_shell(W1, pieces=2)
    state, source = shell.machine.state, shell.source()
    download = state.downloads[0]
    download.exclusive = source.key
    download.receive(source.key, 0)
    block_choice.give_back_all(state, source.key, download)
    assert download.exclusive is None
    assert state.open_downloads == {0: download}
    download.take(source.key, 9)
    state.open_downloads.clear()
    download.receive(source.key, 1)
    block_choice.give_back_all(state, source.key, download)
    assert state.open_downloads == {}


def test_a_piece_that_nobody_else_has_begun_is_given_up() -> None:
    shell = web_shell(W1, pieces=2)
    state = shell.machine.state
    block_choice.give_back_all(state, shell.source().key, state.downloads[0])
    assert state.downloads == {}
    assert state.lent_bytes == 0


# --- peers on parole -----------------------------------------------------------------------


def suspect(shell: Shell, key: PeerKey) -> None:
    """A peer that may have lied joins as a seed; it has asked nothing of us yet."""
    shell.join(joined(int(key)))
    shell.machine.state.peers[key].trust = -2
    shell.hear(key, m.HaveAll(), m.Unchoke())


def test_a_peer_on_parole_has_pieces_of_its_own_that_others_leave_alone() -> None:
    shell = shell_of(4, reqq=1)
    suspect(shell, A)
    (own,) = shell.remotes[A].owed
    shell.seed(2)
    (other,) = shell.remotes[B].owed
    assert own.piece != other.piece
    shell.deliver(A)
    assert shell.remotes[A].owed == [request(own.piece, 1)]


def test_a_peer_on_parole_starts_a_piece_rather_than_go_on_with_one_of_others() -> None:
    shell = shell_of(4, reqq=1)
    shell.seed(2)
    (begun,) = shell.remotes[B].owed
    suspect(shell, A)
    assert shell.remotes[A].owed[0].piece != begun.piece


def test_a_peer_on_parole_goes_on_with_a_piece_of_others_rather_than_do_nothing() -> None:
    shell = shell_of(1, reqq=1)
    shell.seed(2)
    suspect(shell, A)
    assert len(shell.remotes[A].owed) == 1


def test_while_pieces_are_due_half_of_the_memory_is_theirs() -> None:
    shell = stream_shell(select=EVERYTHING, budget_pieces=4)
    state = shell.machine.state
    shell.read(0, 1)
    state.lent_bytes = PIECE_LENGTH
    assert block_choice.budget_allows_piece(state)
    state.lent_bytes = 2 * PIECE_LENGTH
    assert not block_choice.budget_allows_piece(state)
    assert block_choice.budget_allows_piece(state, urgent=True)
    assert block_choice.something_to_ask(state)
    state.lent_bytes = 4 * PIECE_LENGTH
    assert not block_choice.something_to_ask(state)


def test_open_pieces_that_are_due_are_left_to_who_is_fast_enough() -> None:
    shell = stream_shell(select=EVERYTHING, pieces=2)
    shell.read(0, 1)
    shell.seed(1)
    shell.deliver(A)
    shell.leave(A)
    state = shell.machine.state
    shell.leecher(2, [])
    state.peers[B].has = Bitfield.full(2)
    asked = block_choice.choose(state, state.peers[B], 9)
    assert {request.piece for request in asked} == {1}
