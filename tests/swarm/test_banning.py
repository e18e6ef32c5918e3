import pytest

from raincore.documents import events as records
from raincore.swarm import banning
from raincore.swarm.commands import Dial, Drop, Publish
from raincore.swarm.events import PeerKey, PeersFound
from tests.swarm.swarm_world import joined, ready_machine
from tests.swarm.web_world import W1, web_shell

A, B = PeerKey(1), PeerKey(2)


def test_a_banned_peer_is_dropped_named_and_refused_from_then_on() -> None:
    machine = ready_machine()
    machine.handle(joined(1), 1000.0)
    banning.ban(machine.state, A, "sent_bad_block")
    commands = machine.state.take_commands(1000.0)
    assert commands[-1] == Drop(A, "sent_bad_block")
    warnings = [c.record for c in commands if isinstance(c, Publish)]
    assert [r.code for r in warnings if isinstance(r, records.Warning)] == ["banned"]
    assert banning.is_banned(machine.state, joined(1))
    assert not banning.is_banned(machine.state, joined(1, host="10.0.0.77")), "its id elsewhere"
    same_host = joined(2, host=joined(1).endpoint.host)
    assert not banning.is_banned(machine.state, same_host), "a neighbour behind one address"


@pytest.mark.parametrize("incoming", [True, False])
def test_the_address_of_a_banned_peer_is_not_dialled_again_if_it_was_dialled(
    incoming: bool,
) -> None:
    machine = ready_machine()
    machine.handle(joined(1, incoming=incoming), 1000.0)
    banning.ban(machine.state, A, "sent_bad_block")
    endpoint = joined(1).endpoint
    dialled = Dial(endpoint) in machine.handle(PeersFound("manual", (endpoint,)), 1000.0)
    assert dialled == incoming


def test_a_suspect_is_remembered_after_it_has_left() -> None:
    machine = ready_machine()
    state = machine.state
    machine.handle(joined(1), 1000.0)
    banning.remember(state, [A, B])
    del state.peers[A]
    banning.ban(state, A, "sent_bad_block")
    assert banning.is_banned(state, joined(1))


def test_who_is_forgotten_cannot_be_banned() -> None:
    state = ready_machine().state
    banning.ban(state, B, "sent_bad_block")
    assert state.banned == {}
    assert state.counters.banned == 0


def test_a_peer_is_banned_once() -> None:
    machine = ready_machine()
    machine.handle(joined(1), 1000.0)
    banning.ban(machine.state, A, "sent_bad_block")
    banning.ban(machine.state, A, "sent_bad_block")
    assert machine.state.counters.banned == 1
    assert [c for c in machine.state.take_commands(0.0) if isinstance(c, Drop)] == [
        Drop(A, "sent_bad_block")
    ]


def test_suspects_beyond_the_limit_are_forgotten_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(banning, "REMEMBERED_MAX", 2)
    machine = ready_machine()
    for key in range(1, 5):
        machine.handle(joined(key), 1000.0)
        banning.remember(machine.state, [key])
    assert list(machine.state.suspected) == [3, 4]


def test_a_web_seed_is_banned_and_no_peer() -> None:
    shell = web_shell(W1)
    banning.ban(shell.machine.state, shell.source().key, "sent_bad_block")
    assert shell.source().told == "banned"
    assert shell.machine.state.banned == {}
