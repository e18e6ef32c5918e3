"""A torrent keeps to its share of the process, and gives up what others need more."""

import math
import random

from raincore.base.endpoint import Endpoint
from raincore.policy.budget import Budget, Lent, Resources
from raincore.swarm import sharing
from raincore.swarm.commands import Dial, Drop
from raincore.swarm.events import DialFailed, PeerKey, PeersFound
from raincore.swarm.machine import TorrentMachine
from raincore.wire import messages as m
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, info_of, joined, ready_machine

ADDRESSES = tuple(Endpoint(f"20.0.{n}.1", 6881) for n in range(50))


def resources(
    connections: float = math.inf, half_open: float = math.inf, memory: float = math.inf
) -> Resources:
    return Resources(Budget(connections), Budget(half_open), Budget(memory))


def torrent(of: Resources, pieces: int = 4) -> Shell:
    """A torrent that shares with others of the same resources."""
    info = info_of(pieces)
    shell = Shell(ready_machine(info), info)
    shell.machine.state.lent = of.lend()
    return shell


def dialled(machine: TorrentMachine, now: float) -> list[Endpoint]:
    commands = machine.handle(PeersFound("tracker", ADDRESSES), now)
    return [command.endpoint for command in commands if isinstance(command, Dial)]


def test_dials_under_way_are_limited_for_all_together_and_go_on_when_some_are_over() -> None:
    shared = resources(half_open=3)
    one, other = torrent(shared), torrent(shared)
    first = dialled(one.machine, one.now)
    assert len(first) == 3
    assert not dialled(other.machine, other.now)
    one.machine.handle(DialFailed(first[0], "connect", "refused"), one.now)
    assert shared.half_open.used == 2, "the other waits, and has less"
    commands = other.machine.handle_timer(other.now + 1)
    assert sum(isinstance(command, Dial) for command in commands) == 1


def test_a_torrent_that_has_nobody_to_dial_wants_no_place() -> None:
    shared = resources(connections=1)
    one, other = torrent(shared), torrent(shared)
    dialled(one.machine, one.now)
    dialled(other.machine, other.now)
    assert shared.connections.wanted == 1
    other.machine.state.candidates.forget(["tracker"])
    other.machine.handle_timer(other.now + 1)
    assert shared.connections.wanted == 0


def test_when_all_places_are_taken_a_newcomer_is_turned_away() -> None:
    shared = resources(connections=2)
    one = torrent(shared)
    for key in (1, 2):
        one.join(joined(key))
        one.hear(PeerKey(key), m.HaveAll(), m.Interested())
    commands = one.machine.handle(joined(3, host="20.9.9.9"), one.now)
    assert Drop(PeerKey(3), "too_many_peers") in commands


def test_a_torrent_with_many_peers_gives_some_up_for_one_with_none() -> None:
    shared = resources(connections=6)
    rich, poor = torrent(shared), torrent(shared)
    for key in range(1, 7):
        rich.join(joined(key))
        rich.hear(PeerKey(key), m.HaveAll(), m.Interested())
    assert shared.connections.used == 6
    assert not dialled(poor.machine, poor.now)
    rich.wait(15)
    assert len(rich.machine.state.peers) == 5
    commands = poor.machine.handle_timer(poor.now + 1)
    assert sum(isinstance(command, Dial) for command in commands) == 1


def test_pieces_are_begun_as_memory_allows_and_two_always() -> None:
    shared = resources(memory=5 * PIECE_LENGTH)
    one, other = torrent(shared, 20), torrent(shared, 20)
    one.seed(1)
    assert len(one.machine.state.downloads) == 5
    other.seed(1)
    assert len(other.machine.state.downloads) == 2
    assert shared.memory.used == 7 * PIECE_LENGTH


def test_a_download_that_needs_no_memory_any_more_does_not_wait_for_some() -> None:
    shared = resources(memory=2 * PIECE_LENGTH)
    one = torrent(shared, 3)
    one.seed(1)
    assert one.machine.state.lent.memory.wants
    state = one.machine.state
    assert state.picker is not None
    for piece in range(3):
        state.picker.done(piece)
    sharing.count(state)
    assert not state.lent.memory.wants


def test_shares_of_a_torrent_that_is_over_are_free_again(seed: int) -> None:
    rng = random.Random(seed)
    shared = resources(connections=rng.randint(5, 9))
    one = torrent(shared)
    dialled(one.machine, one.now)
    assert shared.connections.used
    lent: Lent = one.machine.state.lent
    lent.give_all_back()
    assert not shared.connections.used
