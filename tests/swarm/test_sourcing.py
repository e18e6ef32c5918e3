from raincore.policy.source_queue import AT_ONCE
from raincore.swarm import sourcing
from raincore.swarm.commands import Command, DropSources, FetchSource
from raincore.swarm.events import Started
from raincore.swarm.machine import TorrentMachine
from tests.swarm.swarm_world import info_of, machine_of

SOURCES = tuple(f"http://a.example/{n}" for n in range(AT_ONCE + 2))


def searching() -> tuple[TorrentMachine, list[Command]]:
    machine = machine_of(magnet=info_of(), sources=SOURCES)
    commands = machine.handle(Started(), 0.0)
    return machine, [command for command in commands if isinstance(command, FetchSource)]


def test_a_few_sources_are_asked_at_once() -> None:
    _, asked = searching()
    assert asked == [FetchSource(source) for source in SOURCES[:AT_ONCE]]


def test_when_one_fails_the_next_is_asked() -> None:
    machine, _ = searching()
    sourcing.failed(machine.state, SOURCES[0], "gone")
    assert machine.state.take_commands(0.0) == [FetchSource(SOURCES[AT_ONCE])]


def test_dropping_them_is_told_only_if_any_is_under_way() -> None:
    machine, _ = searching()
    sourcing.drop(machine.state)
    sourcing.drop(machine.state)
    assert machine.state.take_commands(0.0) == [DropSources()]


def test_a_torrent_that_is_known_asks_nobody() -> None:
    machine = machine_of(info_of(), sources=SOURCES)
    commands = machine.handle(Started(), 0.0)
    assert not any(isinstance(command, FetchSource | DropSources) for command in commands)
