import math
import random

import pytest

from raincore.base.config import PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.ids import PeerId
from raincore.documents import events as records
from raincore.policy.candidates import Candidates
from raincore.swarm.commands import Dial, Drop, Finish, Publish
from raincore.swarm.dht_state import DhtState
from raincore.swarm.events import (
    DhtSearched,
    DialFailed,
    Heard,
    PeerKey,
    PeerLeft,
    PeersFound,
    Sealed,
    Started,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.nearby import HOPE_SECONDS
from raincore.swarm.nearby_state import NearbyState
from raincore.swarm.state import Goal, Limits
from raincore.wire.ut_pex import PexMessage, PexPeer
from tests.playbook import Playbook
from tests.swarm.swarm_world import (
    config,
    info_of,
    joined,
    machine_of,
    ready_machine,
)

A, B, C = PeerKey(1), PeerKey(2), PeerKey(3)
GREATER = PeerId(b"-ZZ0000-" + bytes(12))
"""A peer id above ours: of two twins, the connection that they dialled stays."""


def endpoints(count: int) -> tuple[Endpoint, ...]:
    return tuple(joined(key).endpoint for key in range(1, count + 1))


def ready(**limits: int) -> TorrentMachine:
    return ready_machine(settings=config(peers=PeerLimits(**limits)))  # type: ignore[arg-type]


# --- dialling ------------------------------------------------------------------------------


def test_found_peers_are_dialled() -> None:
    with Playbook(ready()) as p:
        p >> PeersFound("manual", endpoints(1)) << Dial(endpoints(1)[0])


def test_peers_found_before_the_start_are_dialled_after_it() -> None:
    with Playbook(machine_of(magnet=info_of())) as p:
        p >> PeersFound("manual", endpoints(1)) >> Started()
        p.wait(0)
        p << Dial(endpoints(1)[0])


def test_no_more_are_dialled_at_once_than_may_be_half_open() -> None:
    with Playbook(ready(max_half_open=2)) as p:
        p >> PeersFound("tracker", endpoints(5))
        first, second = p.skip()
        assert p.machine.state.timers.dial == math.inf, "what makes room is an event"
        p.wait(10)
        assert isinstance(first, Dial)
        assert isinstance(second, Dial)
        p >> DialFailed(first.endpoint, "timed_out", "timed out")
        assert len(p.skip()) == 1
        key = endpoints(5).index(second.endpoint) + 1
        p >> joined(key, incoming=False, fast=False)
        assert len(p.skip()) == 1, "a handshake makes room too"


def test_no_more_are_dialled_than_may_be_connected() -> None:
    with Playbook(ready(max_dialled=1)) as p:
        p >> PeersFound("manual", endpoints(2))
        (dial,) = p.skip()
        assert isinstance(dial, Dial)
        key = endpoints(2).index(dial.endpoint) + 1
        p >> joined(key, incoming=False, fast=False)
        p >> joined(8, incoming=True, fast=False)
        p >> PeerLeft(PeerKey(key), "closed_by_peer")
        assert p.skip() == [Dial(endpoints(2)[2 - key])]


def test_a_seed_dials_the_peers_that_it_was_given() -> None:
    with Playbook(ready_machine(have=range(4), goal=Goal.SEED)) as p:
        p >> PeersFound("manual", endpoints(1)) >> Sealed()
        p.skip()
        p.wait(0)
        assert p.skip() == [Dial(endpoints(1)[0])]


def test_an_address_that_does_not_answer_is_tried_again_later() -> None:
    with Playbook(ready()) as p:
        p >> PeersFound("manual", endpoints(1))
        p.skip()
        p >> DialFailed(endpoints(1)[0], "connect_failed", "connection refused")
        failed = [record for record in p.records if isinstance(record, records.PeerEvent)]
        assert [(record.state, record.reason) for record in failed] == [
            ("failed", "connect_failed")
        ]
        assert p.machine.state.last_failure == "connection refused"
        p.wait(0.9)
        p.wait(0.1)
        p << Dial(endpoints(1)[0])


def test_a_peer_that_left_is_dialled_again() -> None:
    with Playbook(ready()) as p:
        p >> PeersFound("manual", endpoints(1))
        p.skip()
        p >> joined(1, incoming=False, fast=False)
        p.wait(90)
        p >> PeerLeft(A, "closed_by_peer")
        assert p.machine.state.last_failure == "10.0.0.2:6881 left (closed_by_peer)"
        p.wait(1)
        p << Dial(endpoints(1)[0])


# --- greetings -----------------------------------------------------------------------------


def test_a_twin_that_was_refused_is_not_dialled_until_the_other_leaves() -> None:
    home = endpoints(1)[0]
    with Playbook(ready()) as p:
        p >> PeersFound("manual", (home,)) << Dial(home)
        p >> joined(2, identity=GREATER, incoming=True, fast=False)
        p >> joined(1, identity=GREATER, incoming=False, fast=False) << Drop(A, "connected_twice")
        p >> PeerLeft(A, "connected_twice")
        p.wait(90)
        p.skip()
        p >> PeerLeft(B, "closed_by_peer")
        p.wait(1)
        p << Dial(home)


def test_a_twin_that_was_replaced_is_not_dialled_until_the_other_leaves() -> None:
    home = endpoints(1)[0]
    with Playbook(ready()) as p:
        p >> PeersFound("manual", (home,)) << Dial(home)
        p >> joined(1, identity=GREATER, incoming=False, fast=False)
        p >> joined(2, identity=GREATER, incoming=True, fast=False) << Drop(A, "connected_twice")
        p >> PeerLeft(A, "connected_twice")
        assert p.machine.state.peers[B].aliases == [home]
        assert p.machine.state.last_failure == ""


def test_a_refused_peer_makes_room_for_another_dial() -> None:
    with Playbook(ready(max_half_open=1)) as p:
        p >> PeersFound("manual", endpoints(2))
        (first,) = p.skip()
        assert isinstance(first, Dial)
        key = endpoints(2).index(first.endpoint) + 1
        p.machine.state.banned[first.endpoint.host, joined(key).peer_id] = None
        p >> joined(key, incoming=False) << Drop(PeerKey(key), "banned")
        p >> PeerLeft(PeerKey(key), "banned") << Dial(endpoints(2)[2 - key])


def test_dials_keep_a_pace() -> None:
    with Playbook(ready(max_half_open=1000, max_dialled=1000)) as p:
        p >> PeersFound("tracker", tuple(Endpoint(f"10.1.0.{n}", 1) for n in range(100)))
        assert len(p.skip()) == 60
        p.wait(1.0)
        assert len(p.skip()) == pytest.approx(30, abs=1)
        p.wait(1.0)
        assert len(p.skip()) == pytest.approx(10, abs=1)
        assert p.machine.state.timers.dial == math.inf


# --- blocked ------------------------------------------------------------------------------


def test_blocked_addresses_are_not_dialled_and_said_once() -> None:
    machine = ready()
    machine.state.candidates = Candidates(random.Random(1), blocks=lambda endpoint: True)
    told = []
    for count in (2, 3):
        found = machine.handle(PeersFound("manual", endpoints(count)), 1000.0)
        told += [command.record for command in found if isinstance(command, Publish)]
        assert not any(isinstance(command, Dial) for command in found)
    [warning] = told
    assert isinstance(warning, records.Warning)
    assert (warning.code, warning.message) == ("blocked", "2 addresses blocked by the blocklist")


def test_those_that_a_peer_tells_of_are_dialled_if_it_is_listened_to() -> None:
    told = Endpoint("10.9.9.9", 1)
    message = PexMessage((PexPeer(told),))
    with Playbook(ready()) as p:
        p >> joined(1, fast=False)
        p >> Heard(A, (message,), 0, 0) << Dial(told)
    with Playbook(ready_machine(info_of(private=True))) as p:
        p >> joined(1, fast=False)
        p >> Heard(A, (message,), 0, 0)


def test_when_the_hope_for_neighbours_ends_nobody_is_left_to_wait_for() -> None:
    machine = machine_of(magnet=info_of(), limits=Limits())
    machine.state.nearby = NearbyState()
    with Playbook(machine) as p:
        p >> Started()
        p.skip()
        p.wait(HOPE_SECONDS)
        assert isinstance(p.skip()[-1], Finish)


def test_what_the_dht_agrees_on_as_our_address_is_never_dialled() -> None:
    machine = ready()
    machine.state.dht = DhtState(port=1)
    ours = Endpoint("80.1.2.3", 6881)
    with Playbook(machine) as p:
        p >> DhtSearched(9, 8, 8, 1, (ours,)) >> DhtSearched(9, 8, 8, 1, (ours,))
        p >> PeersFound("dht", (ours,))
        assert machine.state.own.includes(ours)


def test_without_a_descriptor_left_nobody_is_dialled_for_a_while_and_it_is_said_once() -> None:
    machine = ready()
    first, second = endpoints(2)
    machine.handle(PeersFound("manual", (first, second)), 1000.0)
    told = []
    for endpoint in (first, second):
        failed = DialFailed(endpoint, "out_of_descriptors", "too many open files")
        told += machine.handle(failed, 1001.0)
    warnings = [c.record for c in told if isinstance(c, Publish)]
    assert [record.code for record in warnings if isinstance(record, records.Warning)] == [
        "open_files"
    ]
    assert len(warnings) == 1, "no peer is to blame"
    assert not any(isinstance(c, Dial) for c in told)
    again = machine.handle_timer(1006.5)
    assert {c.endpoint for c in again if isinstance(c, Dial)} == {first, second}


def test_no_more_are_dialled_than_there_are_places_in_all() -> None:
    with Playbook(ready(max_peers=2)) as p:
        p >> joined(8, incoming=True, fast=False)
        p >> joined(9, incoming=True, fast=False)
        p >> PeersFound("manual", endpoints(2))
        p >> PeerLeft(PeerKey(9), "closed_by_peer")
        (dial,) = p.skip()
        assert isinstance(dial, Dial)
