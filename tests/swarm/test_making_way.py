from raincore.base.config import PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.policy.own_addresses import OwnAddresses
from raincore.policy.peer_priority import priority
from raincore.swarm import making_way
from raincore.swarm.events import PeerJoined, PeerKey
from raincore.wire import messages as m
from tests.swarm.swarm_world import Shell, config, info_of, joined, ready_machine

OURS = Endpoint("80.1.2.3", 6881)


def full(*hosts: str, own: Endpoint | None = OURS) -> Shell:
    """A torrent of which all places are taken by peers that want something."""
    info = info_of()
    machine = ready_machine(info, settings=config(peers=PeerLimits(max_accepted=len(hosts))))
    if own is not None:
        machine.state.own = OwnAddresses([own.host], own.port)
    shell = Shell(machine, info)
    for number, host in enumerate(hosts, 1):
        shell.join(joined(number, host=host))
        shell.hear(PeerKey(number), m.Interested())
    for peer in machine.state.peers.values():
        peer.we_choke = True
    return shell


def newcomer(host: str) -> PeerJoined:
    return joined(99, host=host)


def by_worth(count: int) -> list[str]:
    """Hosts of different networks, the least worth first."""
    hosts = [f"20.{n}.1.1" for n in range(count)]
    return sorted(hosts, key=lambda host: priority(OURS, Endpoint(host, 6881)))


def room(shell: Shell, host: str) -> tuple[bool, list[int]]:
    """Whether there is room, and who has to leave for it."""
    state = shell.machine.state
    found = making_way.make_room(state, newcomer(host), shell.now)
    drops = [int(drop.peer) for drop in state.drops]
    state.drops.clear()
    return found, drops


def test_while_there_are_places_nobody_leaves() -> None:
    shell = full("20.1.1.1", "20.2.1.1")
    shell.leave(PeerKey(1))
    assert room(shell, "20.3.1.1") == (True, [])


def test_the_peer_of_least_worth_makes_way_for_one_of_greater() -> None:
    worst, middle, best = by_worth(3)
    assert room(full(best, worst), middle) == (True, [2])
    assert room(full(best, middle), worst) == (False, [])


def test_a_peer_of_the_same_worth_finds_no_room() -> None:
    assert room(full("20.1.1.1"), "20.1.1.1") == (False, [])


def test_who_waits_for_nothing_makes_way_for_anybody() -> None:
    worst, middle, best = by_worth(3)
    shell = full(best, middle)
    shell.hear(PeerKey(1), m.NotInterested())
    shell.now += making_way.IDLE_SECONDS
    assert room(shell, worst) == (True, [1])


def test_who_gives_or_gets_content_stays() -> None:
    worst, middle, best = by_worth(3)
    shell = full(worst, middle)
    state = shell.machine.state
    state.peers[PeerKey(1)].we_choke = False
    state.peers[PeerKey(2)].download.add(shell.now, 100_000)
    assert room(shell, best) == (False, [])
    shell.now += 3600
    assert room(shell, best) == (True, [2])


def test_who_is_leaving_already_makes_no_way() -> None:
    worst, middle, best = by_worth(3)
    shell = full(worst, middle)
    shell.machine.state.peers[PeerKey(1)].leaving = True
    assert room(shell, best) == (True, [2])


def test_without_knowing_our_address_the_first_stay() -> None:
    worst, _, best = by_worth(3)
    assert room(full(worst, own=None), best) == (False, [])


def test_those_who_would_be_missed_least_go_first() -> None:
    shell = full("20.1.1.1", "20.2.1.1", "20.3.1.1", "20.4.1.1")
    peers = shell.machine.state.peers
    peers[PeerKey(1)].upload.add(10**6, shell.now)
    peers[PeerKey(2)].we_choke = False
    peers[PeerKey(3)].they_interested = False
    peers[PeerKey(3)].joined_at = shell.now - 60
    peers[PeerKey(4)].leaving = True
    now = shell.now + 1
    order = [int(peer.key) for peer in making_way.worst(shell.machine.state, 9, now)]
    assert order == [3, 1, 2]
    assert len(making_way.worst(shell.machine.state, 1, now)) == 1


def test_when_all_places_are_taken_in_all_a_peer_makes_way_too() -> None:
    worst, middle, best = by_worth(3)
    shell = full(best, worst)
    limits = PeerLimits(max_accepted=50, max_peers=2)
    shell.machine.state.config = config(peers=limits)
    assert room(shell, middle) == (True, [2])
    shell.machine.state.config = config(peers=PeerLimits(max_accepted=50, max_peers=3))
    assert room(shell, middle) == (True, [])
