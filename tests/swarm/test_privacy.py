"""A private torrent knows only peers that its trackers or the user named (BEP 27)."""

from raincore.base.endpoint import Endpoint
from raincore.swarm import privacy
from raincore.swarm.commands import CheckContent, Dial, Drop
from raincore.swarm.events import PeersFound, Started
from tests.playbook import Playbook
from tests.swarm.swarm_world import Shell, info_of, joined, machine_of, ready_machine

OPEN, SECRET = info_of(), info_of(private=True)
PEER, OTHER = Endpoint("10.0.0.2", 6881), Endpoint("10.0.0.3", 6881)


def test_only_a_private_torrent_refuses_public_sources():
    for info, admitted in ((OPEN, True), (SECRET, False)):
        state = machine_of(info).state
        for source in privacy.PUBLIC_SOURCES:
            assert privacy.admits(state, source) is admitted
        assert privacy.admits(state, "tracker")
        assert privacy.admits(state, "manual")
    assert privacy.admits(machine_of(magnet=SECRET).state, "dht")


def test_what_public_sources_name_is_not_dialled_for_a_private_torrent():
    with Playbook(ready_machine(SECRET)) as p:
        p.wait(0)
        p >> PeersFound("dht", (PEER,))
        p >> PeersFound("tracker", (OTHER,))
        p << Dial(OTHER)


def test_peers_from_public_sources_leave_when_a_magnet_turns_out_private():
    shell = Shell(machine_of(magnet=SECRET), SECRET)
    shell.feed(Started())
    shell.feed(PeersFound("pex", (PEER,)))
    shell.feed(PeersFound("tracker", (OTHER,)))
    public = shell.join(joined(1, incoming=False))
    trusted = shell.join(joined(2, incoming=False))
    assert shell.remotes[public].event.endpoint == PEER
    state = shell.machine.state
    state.info = SECRET
    privacy.on_info(state)
    drops = [command for command in state.take_commands(shell.now) if isinstance(command, Drop)]
    assert drops == [Drop(public, "private")]
    assert not state.candidates.knows(PEER)
    assert state.candidates.knows(OTHER)
    assert trusted in shell.remotes


def test_where_a_peer_said_that_it_listens_is_forgotten_when_a_magnet_turns_out_private():
    state = machine_of(magnet=SECRET).state
    state.candidates.add("incoming", [PEER])
    state.info = SECRET
    privacy.on_info(state)
    assert not state.candidates.knows(PEER)


def test_who_was_being_dialled_when_the_torrent_turned_out_private_is_refused():
    shell = Shell(machine_of(magnet=SECRET), SECRET)
    shell.feed(Started())
    shell.feed(PeersFound("lsd", (PEER,)))
    state = shell.machine.state
    state.info = SECRET
    privacy.on_info(state)
    shell.join(joined(1, incoming=False))
    assert [(event.endpoint, reason) for event, reason, _ in shell.gone] == [(PEER, "private")]


def test_who_dials_us_may_stay():
    assert privacy.may_join(machine_of(SECRET).state, joined(1))
    assert privacy.may_join(machine_of(OPEN).state, joined(1, incoming=False))


def test_nothing_is_forgotten_of_a_public_torrent():
    with Playbook(machine_of(magnet=OPEN)) as p:
        p >> PeersFound("dht", (PEER,)) >> Started()
        p.wait(0) << Dial(PEER)
        state = p.machine.state
        state.info = OPEN
        privacy.on_info(state)
        assert state.candidates.knows(PEER)


def test_a_torrent_that_is_private_from_the_start_has_nothing_to_forget():
    with Playbook(machine_of(SECRET)) as p:
        p >> Started() << CheckContent(SECRET)
