"""How far ahead peers are asked, and how little anybody may be."""

import math

from raincore.base.config import PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.request_pipeline import RequestPipeline
from raincore.swarm import horizon
from raincore.swarm.events import PeerKey
from raincore.swarm.horizon import Horizon
from raincore.wire import messages as m
from tests.swarm.swarm_world import BLOCKS_PER_PIECE, Shell, config, info_of, ready_machine

A, B, C = (PeerKey(key) for key in range(1, 4))


def shell_of(pieces: int, *, memory: int = 1000) -> Shell:
    info = info_of(pieces)
    return Shell(ready_machine(info, settings=config(budget_pieces=memory)), info)


def look(shell: Shell) -> Horizon:
    """What is found out now, whatever was a moment ago."""
    shell.now += horizon.LOOK_SECONDS
    return horizon.look(shell.machine.state, shell.now)


def test_with_nobody_to_ask_nothing_is_bounded() -> None:
    found = look(shell_of(4))
    assert (found.seconds, found.least) == (math.inf, 0)


def test_of_peers_that_have_sent_nothing_yet_all_may_be_asked_for_the_same() -> None:
    shell = shell_of(30)
    for key in (A, B, C):
        shell.seed(key)
    found = look(shell)
    assert found.seconds == math.inf
    assert found.least == 30 * BLOCKS_PER_PIECE // 3 // 2


def test_all_together_are_asked_for_half_of_what_is_left() -> None:
    shell = shell_of(20)
    state = shell.machine.state
    for key, blocks in ((A, 30), (B, 10)):
        shell.seed(key)
        state.peers[key].download.add(blocks * BLOCK_LENGTH, shell.now)
    found = look(shell)
    asked = found.seconds * sum(
        peer.download.per_second(shell.now) for peer in state.peers.values()
    )
    assert round(asked / BLOCK_LENGTH) == 20 * BLOCKS_PER_PIECE // 2


def test_who_may_not_be_asked_has_no_share() -> None:
    shell = shell_of(30)
    for key in (A, B, C):
        shell.seed(key)
    shell.hear(B, m.Choke())
    shell.machine.state.peers[C].snubbed = True
    assert look(shell).least == 30 * BLOCKS_PER_PIECE // 2


def test_no_more_is_asked_for_than_there_is_memory() -> None:
    shell = shell_of(30, memory=4)
    shell.seed(A)
    assert look(shell).least == 4 * BLOCKS_PER_PIECE // 2
    shell.machine.state.lent_bytes *= 100
    missing = sum(one.missing_count for one in shell.machine.state.downloads.values())
    assert look(shell).least == missing // 2


def test_what_has_come_of_a_piece_is_not_to_be_asked_for() -> None:
    shell = shell_of(4)
    shell.seed(A)
    shell.deliver(A, 1)
    assert horizon.in_play(shell.machine.state) == (4 * BLOCKS_PER_PIECE - 1) * BLOCK_LENGTH


def test_of_many_pieces_none_is_looked_at(monkeypatch) -> None:
    monkeypatch.setattr(horizon, "FEW", 1)
    shell = shell_of(4)
    shell.seed(A)
    shell.deliver(A, 1)
    assert horizon.in_play(shell.machine.state) == 4 * BLOCKS_PER_PIECE * BLOCK_LENGTH


def test_the_fewer_are_known_the_more_each_is_asked_for_at_first() -> None:
    shell = shell_of(30)
    shell.seed(A)
    assert look(shell).start == horizon.NEW_BLOCKS
    shell.seed(B)
    assert look(shell).start == horizon.NEW_BLOCKS // 2
    known = [Endpoint(f"192.0.2.{n}", 1) for n in range(1, 101)]
    shell.machine.state.candidates.add("tracker", known)
    assert look(shell).start == 0


def test_who_is_alone_is_asked_for_much_before_it_has_shown_how_fast_it_is() -> None:
    limits = PeerLimits()
    depth = RequestPipeline(limits).depth(0.0, piece_count=4, start=horizon.NEW_BLOCKS)
    assert depth == horizon.NEW_BLOCKS > limits.requests_out_start


def test_an_answer_holds_for_a_moment() -> None:
    shell = shell_of(8)
    shell.seed(A)
    before = look(shell).least
    shell.seed(B)
    assert horizon.look(shell.machine.state, shell.now).least == before
    assert look(shell).least < before
