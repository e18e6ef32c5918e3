import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.config import PeerLimits
from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import endgame
from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
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

A, B, C = (PeerKey(key) for key in range(1, 4))


def shell_of(pieces: int = 4, *, budget_pieces: int = 1000, reqq: int = 500) -> Shell:
    info = info_of(pieces)
    settings = config(budget_pieces=budget_pieces, peers=PeerLimits(requests_out_default=reqq))
    return Shell(ready_machine(info, settings=settings), info)


def suspect(shell: Shell, key: PeerKey) -> None:
    """A peer that may have lied joins as a seed; it has asked nothing of us yet."""
    shell.join(joined(int(key)))
    shell.machine.state.peers[key].trust = -2
    shell.hear(key, m.HaveAll(), m.Unchoke())


def test_endgame_asks_an_idle_peer_too_and_the_first_answer_cancels_the_other() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.seed(2)
    assert shell.remotes[A].owed == [request(0, 0), request(0, 1)]
    assert shell.remotes[B].owed == [request(0, 1), request(0, 0)], "the last one first"
    shell.said(A)
    shell.deliver(B, 1)
    assert shell.said(A) == [m.Cancel(0, BLOCK_LENGTH, BLOCK_LENGTH)]
    shell.deliver(B, 1)
    assert shell.remotes[A].owed == []
    assert shell.machine.state.endgame is False
    shell.audit()


def test_an_answer_that_crossed_its_cancel_is_waste() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.seed(2)
    shell.deliver(B, 2)
    shell.hear(A, m.Block(0, 0, bytes(BLOCK_LENGTH)))
    assert shell.machine.state.counters.wasted == BLOCK_LENGTH


def owing(blocks: int, rates: tuple[int, int], *, fast: bool = True) -> Shell:
    """A owes all blocks there are; B comes, idle; both have sent so much in the last second."""
    shell = shell_of(blocks // 2)
    shell.seed(1)
    shell.join(joined(2, fast=fast))
    shell.hear(B, m.PieceBitfield(Bitfield.full(blocks // 2).to_bytes()))
    for key, rate in zip((A, B), rates, strict=True):
        shell.machine.state.peers[key].download.add(rate, shell.now - 1)
    shell.said(A)
    shell.hear(B, m.Unchoke())
    return shell


def cancelled(shell: Shell, key: PeerKey) -> list[int]:
    """Which blocks a peer was told not to send, counted over the content."""
    said = [message for message in shell.said(key) if isinstance(message, m.Cancel)]
    return [(one.piece * PIECE_LENGTH + one.begin) // BLOCK_LENGTH for one in said]


def owed(shell: Shell, key: PeerKey) -> list[int]:
    return [
        (one.piece * PIECE_LENGTH + one.begin) // BLOCK_LENGTH for one in shell.remotes[key].owed
    ]


def test_who_stands_idle_takes_over_what_another_one_would_bring_last() -> None:
    shell = owing(16, (8 * BLOCK_LENGTH, 8 * BLOCK_LENGTH))
    before = sorted([*owed(shell, A), *owed(shell, B)])
    assert len(before) == 16, "nothing is asked twice"
    assert len(owed(shell, B)) == 8, "both are as fast"
    assert sorted(cancelled(shell, A)) == sorted(owed(shell, B))
    assert shell.machine.state.endgame is False
    shell.audit()


def test_who_is_slow_takes_over_little() -> None:
    shell = owing(16, (12 * BLOCK_LENGTH, 4 * BLOCK_LENGTH))
    assert len(owed(shell, B)) == 4
    shell.audit()


def test_who_will_be_done_soon_needs_no_help() -> None:
    shell = owing(16, (400 * BLOCK_LENGTH, 400 * BLOCK_LENGTH))
    assert owed(shell, B) == []
    shell.wait(0.1)
    assert owed(shell, B), "it has been silent for so long that it will not be"


def test_what_may_be_on_its_way_is_asked_twice_and_not_taken_back() -> None:
    shell = owing(16, (1, 100 * BLOCK_LENGTH))
    assert len(owed(shell, B)) == 16
    assert len(cancelled(shell, A)) == 14
    assert set(owed(shell, A)) < set(owed(shell, B))
    assert shell.machine.state.endgame
    shell.audit()


def test_few_blocks_are_taken_over_at_once() -> None:
    shell = owing(32, (32 * BLOCK_LENGTH, 10**9))
    assert len(owed(shell, B)) == 16
    shell.audit()


def test_a_block_is_owed_by_two_peers_at_most_of_which_none_is_snubbed() -> None:
    shell = shell_of(1)
    for key in (A, B, C):
        shell.seed(key)
    assert [len(remote.owed) for remote in shell.remotes.values()] == [2, 2, 0]
    shell.wait(25)  # A and B keep silent and one request each
    shell.audit()
    assert [len(shell.remotes[key].owed) for key in (A, B)] == [1, 1]
    assert len(shell.remotes[C].owed) == 2, "owed by nobody else but the snubbed"


def test_endgame_leaves_alone_what_a_peer_does_not_have() -> None:
    shell = shell_of(2)
    shell.seed(1)
    shell.leecher(2, [1])
    assert {asked.piece for asked in shell.remotes[B].owed} == {1}


def test_a_duplicate_that_is_rejected_stays_with_the_other_peer() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.seed(2)
    shell.hear(B, m.Reject(0, 0, BLOCK_LENGTH))
    assert shell.remotes[A].owed == [request(0, 0), request(0, 1)]
    shell.audit()


def test_a_piece_on_parole_is_not_shared_while_its_holder_goes_on() -> None:
    shell = shell_of(1, reqq=1)
    shell.seed(1)
    shell.machine.state.downloads[0].exclusive = A
    shell.seed(2)
    assert shell.remotes[B].owed == []
    shell.audit()


def test_a_web_seed_is_met_halfway_at_the_end() -> None:
    shell = web_shell(W1, pieces=1)
    peer = shell.seed(1)
    shell.wait(1)
    numbers = [request.begin // BLOCK_LENGTH for request in shell.remotes[peer].owed]
    assert numbers == sorted(numbers, reverse=True)


def test_nothing_is_asked_twice_while_pieces_wait_that_memory_allows() -> None:
    shell = web_shell(pieces=2)
    shell.leecher(1, [0])
    second = shell.leecher(2, [0])
    assert shell.remotes[second].owed == []
    assert shell.machine.state.picker is not None
    assert shell.machine.state.picker.unstarted == 1


def test_while_the_disk_is_busy_nothing_is_fetched_twice() -> None:
    shell = shell_of(8, budget_pieces=2)
    shell.seed(1)
    shell.deliver(A, 2)
    assert len(shell.machine.state.checking) == 1
    shell.seed(2)
    assert not shell.remotes[B].owed


def test_a_peer_on_parole_has_no_part_in_the_endgame() -> None:
    shell = shell_of(1)
    shell.seed(2)
    suspect(shell, A)
    assert shell.remotes[A].owed == []


def test_in_the_endgame_nobody_waits_for_a_slow_peer_on_parole() -> None:
    shell = shell_of(1)
    suspect(shell, A)
    shell.seed(2)
    assert shell.remotes[B].owed == []
    shell.machine.state.peers[B].download.add(1_000_000, shell.now)
    shell.wait(1)
    assert len(shell.remotes[B].owed) == 2


@pytest.mark.parametrize(("most", "owed"), [(0, 0), (1, 0), (2, 2), (20, 2)])
def test_at_the_end_no_more_peers_are_asked_for_a_block_than_settings_say(
    most: int, owed: int
) -> None:
    info = info_of(1)
    settings = config(peers=PeerLimits(endgame_max=most))
    shell = Shell(ready_machine(info, settings=settings), info)
    shell.seed(1)
    shell.seed(2)
    assert len(shell.remotes[A].owed) == 2
    assert len(shell.remotes[B].owed) == owed


def test_a_web_seed_between_two_pieces_owes_nothing() -> None:
    shell = web_shell(W1, pieces=1)
    (fetch,) = shell.machine.state.web.fetches.values()
    fetch.download = None
    peer = shell.seed(1)
    assert shell.remotes[peer].owed == []


def test_who_is_read_from_in_order_has_nothing_taken_from_who_is_not_silent() -> None:
    shell = shell_of(8)
    state = shell.machine.state
    shell.seed(1)
    shell.join(joined(2))
    shell.hear(B, m.HaveAll())
    shell.now += 1
    asked: list[m.Request] = []
    endgame.duplicate_blocks(state, state.peers[B], 9, asked, shell.now, only_silent=True)
    assert asked == []
    state.peers[A].snubbed = True
    endgame.duplicate_blocks(state, state.peers[B], 9, asked, shell.now, only_silent=True)
    assert len(asked) == 9
    assert not any(isinstance(one, m.Cancel) for one in shell.said(A))
