"""A hybrid is one torrent in two swarms: found, dialled and let in by either hash."""

from dataclasses import replace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.endpoint import Endpoint
from raincore.base.info_hashes import InfoHashes
from raincore.swarm import both_swarms
from raincore.swarm.commands import (
    Dial,
    Drop,
    JoinSwarm,
    LookNearby,
    SearchDht,
    StopLookingNearby,
)
from raincore.swarm.events import (
    ContentChecked,
    DialFailed,
    Heard,
    PeerKey,
    PeerLeft,
    PeersFound,
    SourceFetched,
    Started,
    StopRequested,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.nearby_state import NearbyState
from raincore.swarm.state import Goal
from raincore.wire.extension import UT_PEX, ExtendedHandshake
from raincore.wire.messages import HashRequest
from raincore.wire.ut_pex import PexFlags, PexMessage, PexPeer
from tests.playbook import Playbook
from tests.sim.v2_content import v2_sample
from tests.swarm.swarm_world import info_of, joined, machine_of, ready_machine

HYBRID = v2_sample(hybrid=True).info
assert HYBRID.info_hash is not None
assert HYBRID.info_hash_v2 is not None
V1, V2 = HYBRID.info_hash, HYBRID.info_hash_v2.truncated()
A, B = Endpoint("192.0.2.9", 6881), Endpoint("192.0.2.10", 6881)
UPGRADE, AS_V2, PLAIN = Dial(A, V1), Dial(A, V2), Dial(A, V1, plain=True)


def refused(endpoint: Endpoint = A, reason: str = "network") -> DialFailed:
    return DialFailed(endpoint, reason, "closed during the handshake")


def by_link(hashes: InfoHashes) -> TorrentMachine:
    return machine_of(magnet=HYBRID, hashes=hashes)


@pytest.mark.parametrize("known_as", [V1, V2], ids=["v1", "v2"])
def test_whoever_asks_by_the_other_hash_is_let_in(known_as: object) -> None:
    hashes = InfoHashes(V1) if known_as == V1 else InfoHashes(None, HYBRID.info_hash_v2)
    machine = machine_of(HYBRID, hashes=hashes)
    assert machine.state.info_hash == known_as
    commands = machine.handle(Started(), 0.0)
    assert [one for one in commands if isinstance(one, JoinSwarm)] == [
        JoinSwarm(V2 if known_as == V1 else V1)
    ]


def test_a_link_with_both_hashes_is_enough_for_that() -> None:
    machine = by_link(InfoHashes(V1, HYBRID.info_hash_v2))
    assert JoinSwarm(V2) in machine.handle(Started(), 0.0)
    assert machine.handle(PeersFound("tracker", (A,)), 0.0)[-1] == UPGRADE


def test_others_have_one_swarm_and_are_dialled_there() -> None:
    with Playbook(ready_machine(info_of())) as p:
        p >> PeersFound("tracker", (A,)) << Dial(A)
        p >> refused()


def test_an_address_is_dialled_as_v1_with_the_offer_of_v2_and_next_as_v2_at_once() -> None:
    with Playbook(ready_machine(HYBRID)) as p:
        p >> PeersFound("tracker", (A,)) << UPGRADE
        p >> refused() << AS_V2
        p >> refused()
        p.wait(60.0) << PLAIN
        p >> refused()


def test_who_is_not_there_at_all_is_not_dialled_twice() -> None:
    with Playbook(ready_machine(HYBRID)) as p:
        p >> PeersFound("tracker", (A,)) << UPGRADE
        p >> refused(reason="connect")
        p.wait(60.0) << UPGRADE


def test_a_failure_of_nobody_whom_we_dial_redials_nobody() -> None:
    with Playbook(ready_machine(HYBRID)) as p:
        p >> refused(B)


def test_who_was_named_in_the_v2_swarm_is_dialled_there() -> None:
    with Playbook(ready_machine(HYBRID)) as p:
        p >> PeersFound("dht", (A,), swarm=V2) << AS_V2
        p >> PeersFound("dht", (B,), swarm=V1) << Dial(B, V1)


def test_a_hybrid_that_goes_by_its_v2_hash_has_its_own_swarm_there() -> None:
    machine = machine_of(HYBRID, hashes=InfoHashes(None, HYBRID.info_hash_v2))
    machine.handle(PeersFound("tracker", (A,)), 0.0)
    machine.handle(Started(), 0.0)
    assert machine.state.swarm_choice.next(A).name == "V2"


@pytest.mark.parametrize("v2", [False, True])
def test_a_peer_tells_of_others_in_its_swarm(v2: bool) -> None:
    machine = ready_machine(HYBRID)
    key = PeerKey(1)
    machine.handle(joined(key, extended=True, v2=v2), 1000.0)
    told = PexMessage((PexPeer(A, PexFlags.NONE),))
    hello = ExtendedHandshake(ids={UT_PEX: 1})
    commands = machine.handle(Heard(key, (hello, told), 0, 0), 1000.0)
    assert (AS_V2 if v2 else UPGRADE) in commands


def test_where_a_peer_of_the_v2_swarm_listens_it_is_dialled_by_that_hash() -> None:
    machine = ready_machine(HYBRID)
    machine.handle(joined(PeerKey(1), extended=True, v2=True, host="192.0.2.9"), 1000.0)
    hello = ExtendedHandshake(ids={}, port=6881)
    machine.handle(Heard(PeerKey(1), (hello,), 0, 0), 1000.0)
    assert machine.state.swarm_choice.next(A).name == "V2"


def test_the_dht_and_the_neighbours_are_asked_for_both() -> None:
    machine = machine_of(HYBRID, dht_port=6881)
    machine.state.nearby = NearbyState()
    machine.handle(Started(), 0.0)
    commands = machine.handle(ContentChecked(Bitfield(HYBRID.geometry.piece_count)), 0.0)
    assert LookNearby(announce=True, also=V2) in commands
    commands = machine.handle_timer(0.0)
    assert SearchDht(announce=True, seed=False, also=V2) in commands
    assert StopLookingNearby(V2) in machine.handle(StopRequested(), 0.0)


def test_what_only_v2_can_give_is_asked_of_peers_that_are_dialled_anew() -> None:
    machine = machine_of(magnet=HYBRID, goal=Goal.METADATA, hashes=InfoHashes(V1), sources=["x"])
    dialled, incoming = PeerKey(1), PeerKey(2)
    with Playbook(machine) as p:
        p >> PeersFound("manual", (A,))
        p >> Started()
        p.skip()
        p.wait(0.0)
        p.skip()
        p >> replace(joined(dialled, incoming=False), endpoint=A)
        p.skip()
        p >> joined(incoming)
        p.skip()
        p >> SourceFetched("x", HYBRID.raw)
        drops = [one for one in p.skip() if isinstance(one, Drop)]
        assert drops == [Drop(dialled, "goes_on_as_v2")]
        p >> PeerLeft(dialled, "goes_on_as_v2") << UPGRADE
        p >> replace(joined(PeerKey(3), incoming=False, v2=True), endpoint=A)
        assert any(isinstance(word, HashRequest) for one in p.skip() for word in one.messages)


def test_a_v2_torrent_dials_nobody_anew() -> None:
    machine = machine_of(v2_sample().info)
    machine.handle(Started(), 0.0)
    machine.handle(joined(PeerKey(1), incoming=False), 0.0)
    assert not machine.state.peers[PeerKey(1)].leaving


def test_what_is_said_in_answers_offers_to_go_on_as_v2_in_the_v1_swarm_only() -> None:
    state = machine_of(HYBRID, hashes=InfoHashes(V1, HYBRID.info_hash_v2)).state
    assert both_swarms.upgrade_of(state, V1) == V2
    assert both_swarms.upgrade_of(state, V2) is None
    assert both_swarms.upgrade_of(ready_machine(info_of()).state, V1) is None


def test_the_other_swarm_is_joined_once() -> None:
    machine = machine_of(
        magnet=HYBRID, hashes=InfoHashes(V1, HYBRID.info_hash_v2), sources=["x"], layers={}
    )
    machine.handle(Started(), 0.0)
    commands = machine.handle(SourceFetched("x", HYBRID.raw), 0.0)
    assert not [one for one in commands if isinstance(one, JoinSwarm)]
