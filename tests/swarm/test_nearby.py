import math

from raincore.base.endpoint import Endpoint
from raincore.formats.info import Info
from raincore.swarm import nearby
from raincore.swarm.commands import CheckContent, Finish, LookNearby, SaveState, StopLookingNearby
from raincore.swarm.events import PeersFound, Started, StopRequested
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.nearby_state import NearbyState
from raincore.swarm.state import Goal, Limits, Phase
from tests.playbook import Playbook
from tests.swarm.swarm_world import info_of, machine_of, ready_machine

OPEN, SECRET = info_of(), info_of(private=True)


def with_lan(machine: TorrentMachine) -> TorrentMachine:
    """The same, in a process that looks for neighbours."""
    machine.state.nearby = NearbyState()
    return machine


def begun(info: Info, **limits: bool) -> Playbook:
    p = Playbook(with_lan(ready_machine(info, limits=Limits(**limits))))
    nearby.begin(p.machine.state, p.now)
    return p


def commands(p: Playbook) -> list[object]:
    return list(p.machine.state.take_commands(p.now))


def test_a_torrent_that_lets_others_in_is_announced() -> None:
    assert commands(begun(OPEN)) == [LookNearby(announce=True)]


def test_a_torrent_whose_info_is_unknown_only_listens() -> None:
    with Playbook(with_lan(machine_of(magnet=OPEN))) as p:
        p >> Started() << LookNearby(announce=False)


def test_a_torrent_without_a_port_only_listens() -> None:
    p = Playbook(with_lan(ready_machine(OPEN)))
    p.machine.state.port = 0
    nearby.begin(p.machine.state, p.now)
    assert commands(p) == [LookNearby(announce=False)]


def test_a_private_torrent_does_neither() -> None:
    assert commands(begun(SECRET)) == []
    with Playbook(with_lan(machine_of(SECRET))) as p:
        p >> Started() << StopLookingNearby() << CheckContent(SECRET)


def test_a_magnet_that_turns_out_private_listens_no_more() -> None:
    p = Playbook(with_lan(machine_of(magnet=SECRET)))
    p >> Started() << LookNearby(announce=False)
    state = p.machine.state
    state.info = SECRET
    nearby.on_info(state)
    assert commands(p) == [StopLookingNearby()]
    assert state.timers.nearby == math.inf
    assert not nearby.may_help(state, p.now)


def test_the_end_is_told() -> None:
    with Playbook(with_lan(ready_machine(OPEN))) as p:
        p >> StopRequested() << SaveState() << StopLookingNearby() << Finish(None)


def test_where_nobody_looks_nothing_happens() -> None:
    p = Playbook(ready_machine(OPEN))
    state = p.machine.state
    nearby.begin(state, p.now)
    nearby.on_info(state)
    nearby.end(state)
    assert commands(p) == []
    assert not nearby.may_help(state, p.now)


def test_there_is_hope_for_a_while_and_only_once() -> None:
    p = Playbook(with_lan(machine_of(magnet=OPEN, limits=Limits())))
    p >> Started() << LookNearby(announce=False)
    p.wait(nearby.HOPE_SECONDS - 1)
    assert p.machine.state.phase is Phase.METADATA
    nearby.begin(p.machine.state, p.now)
    commands(p)
    p.wait(1)
    assert p.machine.state.phase is Phase.STOPPED
    assert isinstance(p.skip()[-1], Finish)


def test_whoever_was_found_meanwhile_is_hope_enough() -> None:
    with Playbook(with_lan(machine_of(magnet=OPEN, limits=Limits()))) as p:
        p >> Started() << LookNearby(announce=False)
        p >> PeersFound("lsd", (Endpoint("10.0.0.2", 6881),))
        p.skip()
        p.wait(nearby.HOPE_SECONDS)
        assert p.machine.state.phase is Phase.METADATA


def test_a_seed_is_announced_too() -> None:
    p = Playbook(with_lan(ready_machine(OPEN, range(4), goal=Goal.SEED)))
    nearby.begin(p.machine.state, p.now)
    assert LookNearby(announce=True) in commands(p)
