import math

from raincore.base.config import PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.swarm import commands as c
from raincore.swarm.events import Heard, PeerKey, PeerLeft, PeersFound
from raincore.wire import messages as m
from tests.playbook import Playbook
from tests.swarm.swarm_world import config, info_of, joined, ready_machine

PLACES = 10
INTERVAL = 300


def playbook(*, incoming: bool, count: int = PLACES, **limits: int) -> Playbook:
    """A torrent whose peers all want something, but for the first."""
    limits = limits or ({"max_accepted": PLACES} if incoming else {"max_dialled": PLACES})
    patient = PeerLimits(idle_timeout_seconds=1e6, keep_alive_seconds=1e6, **limits)
    p = Playbook(ready_machine(info_of(4), [0], settings=config(peers=patient)))
    p.skip()
    for key in range(1, count + 1):
        p >> joined(key, incoming=incoming, host=f"20.{key}.1.1")
        p.skip()
        if key > 1:
            p >> Heard(PeerKey(key), (m.Interested(),), 0, 0)
            p.skip()
    return p


def told_to_go(p: Playbook) -> list[int]:
    return [int(one.peer) for one in p.skip() if isinstance(one, c.Drop)]


def after(p: Playbook, seconds: float) -> list[int]:
    p.wait(seconds)
    return told_to_go(p)


def someone_to_dial(p: Playbook) -> None:
    p >> PeersFound("tracker", (Endpoint("30.1.1.1", 6881),))
    p.skip()


def test_the_least_useful_peer_makes_way_for_one_that_can_be_dialled():
    p = playbook(incoming=False)
    someone_to_dial(p)
    assert after(p, INTERVAL - 1) == []
    assert after(p, 2) == [1]
    assert p >> PeerLeft(PeerKey(1), "made_way")
    assert c.Dial(Endpoint("30.1.1.1", 6881)) in p.skip()


def test_nobody_makes_way_for_nobody():
    assert after(playbook(incoming=False), 2 * INTERVAL) == []
    assert after(playbook(incoming=True), 2 * INTERVAL) == []


def test_nobody_makes_way_while_there_are_places():
    p = playbook(incoming=False, count=8)
    p.machine.state.dialling[Endpoint("30.9.9.9", 1)] = None
    p.machine.state.dialling[Endpoint("30.9.9.8", 1)] = None
    someone_to_dial(p)
    assert after(p, INTERVAL + 1) == []


def test_a_place_is_freed_after_somebody_was_turned_away():
    p = playbook(incoming=True)
    for peer in p.machine.state.peers.values():
        peer.we_choke = False  # nobody is idle, nobody makes way at once
        peer.we_interested = True
    p >> joined(99, host="40.1.1.1")
    assert told_to_go(p) == [99]
    p.machine.state.peers[PeerKey(1)].we_interested = False
    assert after(p, INTERVAL + 1) == [1]
    p >> PeerLeft(PeerKey(1), "made_way")
    assert after(p, INTERVAL + 1) == [], "that was for that one"


def test_a_torrent_with_few_peers_in_all_changes_them_too():
    p = playbook(incoming=True, max_peers=PLACES)
    someone_to_dial(p)
    assert after(p, INTERVAL + 1) == [1]


def test_without_peers_nothing_is_looked_at():
    p = playbook(incoming=True, count=1)
    p >> PeerLeft(PeerKey(1), "closed_by_peer")
    p.wait(INTERVAL + 1)
    assert p.machine.state.timers.turnover == math.inf
