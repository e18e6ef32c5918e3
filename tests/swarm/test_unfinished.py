"""A piece that was not whole goes on where it was after a restart, and nobody is blamed."""

import pytest

from raincore.policy.piece_download import UNKNOWN_SENDER
from raincore.swarm.events import PeerKey, StopRequested
from raincore.swarm.machine import TorrentMachine
from tests.swarm.swarm_world import (
    BLOCKS_PER_PIECE,
    PIECE_LENGTH,
    Shell,
    config,
    info_of,
    joined,
    machine_of,
    ready_machine,
)
from tests.swarm.web_world import W1, web_shell

A, B = PeerKey(1), PeerKey(2)
BIG = info_of(4, piece_length=8 * PIECE_LENGTH)
BLOCKS = 8 * BLOCKS_PER_PIECE


def begun(blocks: int = 5) -> Shell:
    """One peer has sent so many blocks of a large piece, slowly."""
    settings = config(save_interval=5)
    shell = Shell(ready_machine(BIG, settings=settings), BIG)
    shell.seed(1)
    for _ in range(blocks):
        shell.wait(10)
        shell.deliver(A, 1)
    return shell


def again(shell: Shell) -> Shell:
    fresh: TorrentMachine = machine_of(BIG, settings=config(save_interval=5))
    return shell.restart(fresh)


def complete(shell: Shell) -> None:
    """Whoever is there sends whatever it is asked for."""
    for _ in range(20):
        for key in list(shell.remotes):
            shell.deliver(key, 1000)
        shell.finish_checks()
    assert shell.machine.state.complete


def asked(shell: Shell, key: PeerKey, piece: int) -> list[int]:
    """Which blocks of a piece a peer owes us."""
    return sorted(r.begin // 16384 for r in shell.remotes[key].owed if r.piece == piece)


def test_what_has_come_is_kept_within_the_interval() -> None:
    shell = begun(5)
    [(piece, before)] = shell.kept.items()
    assert len(before) == 4
    shell.wait(6)
    [(same, after)] = shell.kept.items()
    assert (same, len(after)) == (piece, 5)


def test_after_a_crash_only_the_rest_is_asked_for() -> None:
    first = begun(5)
    first.wait(6)
    [(piece, numbers)] = first.kept.items()
    shell = again(first)
    shell.audit()
    assert not shell.blocks  # nobody is there: no memory is taken
    shell.seed(2)
    shell.audit()
    assert asked(shell, B, piece) == [n for n in range(BLOCKS) if n not in numbers]
    complete(shell)


def test_a_clean_stop_keeps_what_came_in_the_last_moment() -> None:
    shell = begun(1)
    shell.deliver(A, 3)
    shell.feed(StopRequested())
    assert [len(numbers) for numbers in shell.kept.values()] == [4]


def test_a_fast_download_keeps_nothing() -> None:
    info = info_of(60)
    shell = Shell(ready_machine(info, settings=config(save_interval=5)), info)
    shell.seed(1)
    for _ in range(21):
        shell.wait(0.5)
        shell.deliver(A, 3)
        shell.finish_checks()
    assert shell.machine.state.downloads
    assert shell.kept == {}


def test_a_piece_that_is_whole_is_kept_no_longer() -> None:
    shell = begun(5)
    shell.wait(6)
    assert shell.kept
    complete(shell)
    shell.seal()
    assert shell.kept == {}


def test_a_piece_that_turned_out_bad_is_kept_no_longer() -> None:
    shell = Shell(ready_machine(BIG, settings=config(save_interval=5)), BIG)
    shell.seed(1, liar=True)
    for _ in range(BLOCKS):
        shell.wait(10)
        shell.deliver(A, 1)
    assert shell.kept
    shell.finish_checks()
    shell.wait(6)
    assert shell.kept == {}


def test_nobody_is_blamed_for_what_was_sent_before_the_restart() -> None:
    first = begun(5)
    first.wait(6)
    [piece] = first.kept
    shell = again(first)
    shell.seed(2)
    shell.blocks[piece][first.kept[piece][0]] = 99  # somebody lied, before
    rest = asked(shell, B, piece)
    while asked(shell, B, piece):
        shell.deliver(B, 1)
    assert not shell.finish_check()
    assert B in shell.remotes
    assert shell.machine.state.banned == {}
    complete(shell)
    assert shell.machine.state.banned == {}
    assert rest


def test_a_liar_after_the_restart_is_found() -> None:
    first = begun(5)
    first.wait(6)
    shell = again(first)
    shell.seed(2, liar=True)
    shell.deliver(B, BLOCKS - 5)
    shell.finish_checks()
    shell.seed(3)
    for _ in range(100):
        for key in list(shell.remotes):
            shell.deliver(key, 1000)
        shell.finish_checks()
        shell.wait(1)
    assert [one for one, reason, _ in shell.gone if reason == "sent_bad_block"] == [joined(2)]


def test_what_does_not_fit_into_memory_waits_for_its_turn() -> None:
    shell = begun(1)
    shell.kept = {0: (0, 1), 1: (3,), 2: (5,)}
    fresh = machine_of(BIG, settings=config(save_interval=5, budget_pieces=16))
    shell = shell.restart(fresh)
    shell.seed(1)
    assert len(shell.machine.state.downloads) == 2
    shell.wait(1)
    shell.deliver(A, 1000)
    shell.finish_checks()
    assert list(shell.machine.state.left_over) == []
    shell.wait(1)
    assert asked(shell, A, 2) == [n for n in range(BLOCKS) if n != 5]


def test_what_is_not_needed_any_more_is_forgotten() -> None:
    shell = begun(2)
    shell.kept = {0: (0, 1), 3: (3,)}
    fresh = machine_of(BIG, settings=config(save_interval=5))
    fresh_shell = Shell(fresh, BIG)
    fresh_shell.kept = dict(shell.kept)
    restarted = fresh_shell.restart(fresh)
    restarted.machine.state.left_over.pop(0)
    restarted.seed(1)
    restarted.wait(10)
    restarted.deliver(A, 1)
    restarted.wait(6)
    assert 0 not in restarted.kept


def test_a_web_seed_brings_the_rest_too() -> None:
    shell = web_shell(W1, info=BIG)
    shell.kept = {1: (0, 1, 2)}
    shell.machine.state.left_over = {1: (0, 1, 2)}
    shell.bring_all()
    shell.wait(2)
    shell.bring_all()
    assert shell.machine.state.complete


@pytest.mark.parametrize("numbers", [(0,), (2, 5)])
def test_blocks_of_an_earlier_run_have_an_unknown_sender(numbers: tuple[int, ...]) -> None:
    shell = begun(1)
    shell.kept = {2: numbers}
    shell = again(shell)
    shell.seed(1)
    senders = shell.machine.state.downloads[2].senders
    assert [n for n, key in enumerate(senders) if key == UNKNOWN_SENDER] == list(numbers)


def test_what_a_web_seed_has_in_its_run_is_left_to_it() -> None:
    shell = web_shell(W1, info=BIG)
    shell.kept = {1: (0, 1, 2)}
    state = shell.machine.state
    assert not state.picker.open_pieces[1]  # the web seed was given all of it
    state.left_over = {1: (0, 1, 2)}
    shell.seed(1)
    assert state.left_over == {}
    assert 1 not in state.downloads or state.downloads[1].received_count == 0
