import math

import pytest

from raincore.base.config import PeerLimits
from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.file_selection import EVERYTHING
from raincore.swarm.commands import DiscardPiece, Say
from raincore.swarm.events import Heard, PeerKey
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from tests.playbook import Playbook
from tests.swarm.stream_world import stream_shell
from tests.swarm.swarm_world import (
    Shell,
    config,
    info_of,
    joined,
    ready_machine,
    request,
)
from tests.swarm.web_world import W1, web_shell

A, B = PeerKey(1), PeerKey(2)


def shell_of(pieces: int = 4, *, budget_pieces: int = 1000, reqq: int = 500) -> Shell:
    info = info_of(pieces)
    settings = config(budget_pieces=budget_pieces, peers=PeerLimits(requests_out_default=reqq))
    return Shell(ready_machine(info, settings=settings), info)


# --- choke and unchoke ---------------------------------------------------------------------


def test_choke_hands_the_blocks_to_another_peer() -> None:
    with Playbook(ready_machine(info_of(1))) as p:
        p >> joined(1, fast=False) >> joined(2, fast=False)
        p >> Heard(A, (m.PieceBitfield(b"\x80"),), 0, 0) << Say(A, (m.Interested(),))
        p >> Heard(B, (m.PieceBitfield(b"\x80"),), 0, 0) << Say(B, (m.Interested(),))
        both = (request(0, 0), request(0, 1))
        p >> Heard(A, (m.Unchoke(),), 0, 0) << Say(A, both)
        p >> Heard(A, (m.Choke(),), 0, 0) << DiscardPiece(0)
        p >> Heard(B, (m.Unchoke(),), 0, 0) << Say(B, both)


def test_choke_feeds_a_peer_that_is_hungry() -> None:
    shell = shell_of(4, budget_pieces=2)
    shell.seed(1, fast=False)
    shell.leecher(2, [0, 1, 2, 3])
    shell.hear(A, m.Choke())
    assert len(shell.remotes[B].owed) == 4
    shell.audit()


def test_with_the_fast_extension_requests_outlive_a_choke_until_they_are_rejected() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.leecher(2, [])
    shell.hear(B, m.Have(0))
    owed = list(shell.remotes[A].owed)
    shell.hear(B, m.Choke(), m.Unchoke())
    shell.hear(A, m.Choke())
    assert shell.remotes[A].owed == owed
    shell.hear(A, *(m.Reject(*asked) for asked in owed))
    shell.hear(B, m.KeepAlive())
    assert len(shell.remotes[B].owed) == 2
    assert shell.machine.state.peers[A].rest_until == -math.inf, "it only obeyed BEP 6"


def test_a_block_under_way_when_the_choke_came_still_counts() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.hear(A, m.Choke())
    shell.deliver(A, 2)
    assert [check.piece for check in shell.checks] == [0]


def test_a_piece_allowed_fast_is_asked_for_while_choked() -> None:
    shell = shell_of(4)
    shell.join(joined(1))
    shell.hear(A, m.HaveAll(), m.AllowedFast(2))
    assert shell.said(A)[-2:] == [request(2, 0), request(2, 1)]
    shell.audit()


def test_a_piece_allowed_fast_that_is_rejected_is_not_asked_for_again() -> None:
    shell = shell_of(4)
    shell.join(joined(1))
    shell.hear(A, m.HaveAll(), m.AllowedFast(2))
    shell.hear(A, *(m.Reject(*asked) for asked in list(shell.remotes[A].owed)))
    shell.wait(60)
    assert shell.remotes[A].owed == []


# --- rejects -------------------------------------------------------------------------------


def test_a_rejected_block_is_asked_of_another_peer() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.seed(2)
    shell.audit()
    shell.hear(B, *(m.Reject(*asked) for asked in list(shell.remotes[B].owed)))  # duplicates
    shell.wait(1.5)
    refused = shell.remotes[A].owed[0]
    shell.hear(A, m.Reject(*refused))
    assert refused in shell.remotes[B].owed
    shell.audit()


def test_a_peer_that_rejects_rests_and_longer_each_time() -> None:
    shell = shell_of(1)
    shell.seed(1)
    waits = []
    for _ in range(9):
        shell.hear(A, *(m.Reject(*asked) for asked in list(shell.remotes[A].owed)))
        assert shell.remotes[A].owed == []
        shell.audit()
        began = shell.now
        while not shell.remotes[A].owed:
            shell.wait(0.5)
        waits.append(round(shell.now - began))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 64, 64]


def test_a_block_ends_the_long_rests_of_a_peer_that_rejected() -> None:
    shell = shell_of(4)
    shell.seed(1)
    shell.hear(A, m.Reject(*shell.remotes[A].owed[0]))
    shell.deliver(A, 1)
    assert shell.machine.state.peers[A].refusals == 0


@pytest.mark.parametrize(
    "reject",
    [m.Reject(0, 1, BLOCK_LENGTH), m.Reject(0, 0, BLOCK_LENGTH - 1), m.Reject(3, 0, BLOCK_LENGTH)],
)
def test_a_reject_of_what_was_not_asked_is_ignored(reject: m.Reject) -> None:
    shell = shell_of(4)
    shell.leecher(1, [0])
    owed = list(shell.remotes[A].owed)
    shell.hear(A, reject)
    assert list(shell.machine.state.peers[A].outstanding.values()) == [BLOCK_LENGTH] * 2
    assert shell.remotes[A].owed == owed
    assert shell.machine.state.peers[A].refusals == 0


# --- asking --------------------------------------------------------------------------------


def test_a_pipeline_is_filled_up_to_what_the_peer_can_take() -> None:
    shell = shell_of(4, reqq=3)
    shell.seed(1)
    assert len(shell.remotes[A].owed) == 3
    shell.deliver(A, 2)
    assert len(shell.remotes[A].owed) == 3


def test_requests_leave_when_an_eighth_of_a_deep_pipeline_has_room() -> None:
    shell = shell_of(100, reqq=32)
    shell.seed(1)
    assert len(shell.remotes[A].owed) == 32
    asked = []
    for _ in range(8):
        shell.deliver(A, 1)
        asked.append(len(shell.remotes[A].owed))
    assert asked == [31, 30, 29, 32, 31, 30, 29, 32]
    shell.audit()


def test_nobody_is_asked_who_chokes_us_or_has_nothing_we_want() -> None:
    shell = shell_of(2)
    shell.join(joined(1))
    shell.hear(A, m.HaveAll())
    shell.leecher(2, [])
    assert shell.remotes[A].owed == shell.remotes[B].owed == []
    assert not shell.machine.state.hungry


def test_what_frees_budget_feeds_the_hungry() -> None:
    shell = shell_of(4, budget_pieces=2)
    shell.leecher(1, [0, 1])
    shell.leecher(2, [2, 3])
    assert shell.remotes[B].owed == []
    shell.deliver(A, 2)
    shell.finish_check()
    assert len(shell.remotes[B].owed) == 2
    shell.audit()


def test_who_has_nothing_more_for_us_hears_so_as_soon_as_its_last_piece_is_stored() -> None:
    shell = shell_of(2)
    shell.leecher(1, [0])
    shell.deliver(A, 2)
    assert m.NotInterested() not in shell.said(A)
    shell.finish_check()
    assert m.NotInterested() in shell.said(A)
    shell.audit()


def test_one_event_feeds_some_of_the_hungry_and_the_next_second_all() -> None:
    info = info_of(1, piece_length=64 * BLOCK_LENGTH)
    shell = Shell(ready_machine(info), info)
    shell.seed(1, fast=False)
    shell.machine.state.downloads[0].exclusive = A
    for key in range(2, 32):
        shell.join(joined(key, extended=True))
        one = m.Extended(0, ExtendedHandshake(request_queue=1).encode())
        shell.hear(PeerKey(key), m.HaveAll(), one, m.Unchoke())
    assert len(shell.machine.state.hungry) == 30
    shell.hear(A, m.Choke())
    assert sum(len(remote.owed) for remote in shell.remotes.values()) == 16
    shell.audit()
    shell.wait(1)
    assert sum(len(remote.owed) for remote in shell.remotes.values()) == 30
    shell.audit()


def test_a_hungry_peer_that_is_of_no_use_is_not_asked_to_death() -> None:
    shell = shell_of(2)
    shell.leecher(1, [0])
    shell.wait(5)
    shell.audit()
    assert len(shell.remotes[A].owed) == 2


# --- silence -------------------------------------------------------------------------------


def test_a_silent_peer_keeps_one_request_and_the_others_get_the_rest() -> None:
    shell = shell_of(2)
    shell.seed(1)
    shell.leecher(2, [])
    first, *rest = shell.remotes[A].owed
    shell.said(A)
    shell.wait(21)
    assert shell.said(A) == [m.Cancel(*asked) for asked in rest]
    assert shell.remotes[A].owed == [first]
    shell.hear(B, m.Have(first.piece), m.Have(1 - first.piece))
    assert set(rest) <= set(shell.remotes[B].owed)
    shell.audit()


def test_a_peer_is_snubbed_once_and_asked_for_more_when_it_makes_up_for_it() -> None:
    shell = shell_of(4)
    shell.seed(1)
    shell.wait(45)
    assert len(shell.remotes[A].owed) == 1
    shell.said(A)
    shell.deliver(A, 1)
    assert not shell.machine.state.peers[A].snubbed
    assert len(shell.remotes[A].owed) > 1


def test_what_a_silent_peer_held_on_parole_is_free_for_others() -> None:
    shell = shell_of(1)
    shell.seed(1)
    download = next(iter(shell.machine.state.downloads.values()))
    download.exclusive = A
    shell.seed(2)
    assert shell.remotes[B].owed == []
    shell.wait(25)
    assert len(shell.remotes[B].owed) == 1
    shell.deliver(B)
    assert len(shell.remotes[B].owed) == 1, "the one that the silent peer was left with"
    shell.audit()


def test_a_peer_that_left_owes_nothing_and_the_others_get_its_blocks() -> None:
    shell = shell_of(4, budget_pieces=2)
    shell.seed(1)
    shell.seed(2)
    shell.hear(B, *(m.Reject(*asked) for asked in list(shell.remotes[B].owed)))
    shell.wait(1.5)
    shell.leave(A)
    assert len(shell.remotes[B].owed) == 4
    shell.audit()


def test_no_timer_runs_when_nobody_owes_anything_and_nobody_is_hungry() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.leave(A)
    assert shell.machine.state.timers.housekeeping == math.inf


def test_the_clock_of_a_peer_that_rejected_all_starts_anew_with_the_next_request() -> None:
    shell = shell_of(4)
    shell.seed(1)
    shell.wait(15)
    shell.hear(A, *(m.Reject(*asked) for asked in list(shell.remotes[A].owed)))
    shell.wait(10)
    assert len(shell.remotes[A].owed) == 8
    assert not shell.machine.state.peers[A].snubbed


def test_an_idle_peer_takes_over_what_is_reserved_for_a_web_seed() -> None:
    shell = web_shell(W1)
    peer = shell.seed(1)
    assert {request.piece for request in shell.remotes[peer].owed} == {7}


def test_who_is_held_back_by_our_own_limit_has_not_snubbed_us() -> None:
    shell = shell_of(4)
    shell.seed(1)
    held = {A}
    shell.machine.state.held_back = held.__contains__
    shell.wait(100)
    assert not shell.machine.state.peers[A].snubbed
    assert len(shell.remotes[A].owed) > 1
    held.clear()
    shell.wait(19)
    assert not shell.machine.state.peers[A].snubbed
    shell.wait(3)
    assert shell.machine.state.peers[A].snubbed


def test_what_is_due_comes_first_and_then_the_rest() -> None:
    shell = stream_shell(select=EVERYTHING)
    shell.read(30, 32)
    key = shell.seed(1)
    assert shell.owed(key)[:4] == [30, 30, 31, 31]
    assert len(shell.owed(key)) == 8
