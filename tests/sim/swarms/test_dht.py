"""A DHT of a thousand nodes on links that lose, while a third of it is replaced."""

import random
import statistics

from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash
from raincore.dht.errands import FindPeers
from raincore.dht.events import Event, Joined, LookupEnded, PeersFound, Stored
from raincore.dht.node import Saved
from tests.sim.dht_network import DhtNetwork, Host, public_address

NODES, CHURN, LOSS = 1000, 0.3, 0.05
RUNS = 100
BOOTSTRAP = 3


def of(host: Host, handle: int) -> list[Event]:
    return [event for event in host.events if getattr(event, "handle", None) == handle]


def found_by(net: DhtNetwork, host: Host, info_hash: InfoHash) -> tuple[set[Endpoint], LookupEnded]:
    """Let a lookup run to its end."""
    handle = net.look_up(host, FindPeers(info_hash))
    net.run(30, until=lambda: any(isinstance(event, LookupEnded) for event in of(host, handle)))
    *news, end = of(host, handle)
    assert isinstance(end, LookupEnded)
    return {peer for e in news if isinstance(e, PeersFound) for peer in e.peers}, end


def test_a_thousand_nodes_find_what_was_announced_before_a_third_of_them_was_replaced(seed, capsys):
    net = DhtNetwork(seed, LOSS)
    rng = random.Random(seed)
    old = [net.add_settled(public_address(number)) for number in range(NODES)]
    net.acquaint(near=16, far=100)
    hashes = [InfoHash(rng.randbytes(20)) for _ in range(RUNS)]
    announcers = rng.sample(old, RUNS)
    for info_hash, host in zip(hashes, announcers, strict=True):
        net.look_up(host, FindPeers(info_hash, announce=True))
    net.run(30)
    stored = [sum(isinstance(e, Stored) for e in host.events) for host in announcers]
    assert statistics.median(stored) >= 7

    mortal = [host for host in old if host not in announcers]
    for host in rng.sample(mortal, int(CHURN * NODES)):
        net.crash(host)
    doors = [host.endpoint for host in rng.sample([*net.hosts.values()], BOOTSTRAP)]
    for number in range(int(CHURN * NODES)):
        net.add(public_address(NODES + number), doors)
        net.run(0.05)

    found, hops, asked = 0, [], []
    for info_hash, announcer in zip(hashes, announcers, strict=True):
        host = rng.choice([host for host in net.hosts.values() if host is not announcer])
        peers, end = found_by(net, host, info_hash)
        hops.append(end.hops)
        asked.append(end.asked)
        found += announcer.endpoint in peers
    with capsys.disabled():
        print(
            f"\nDHT of {NODES}: {found} of {RUNS} found, {statistics.median(hops):g} hops and"
            f" {2 * statistics.median(asked):g} messages (median), {net.sent} datagrams in all"
        )
    assert found >= 0.99 * RUNS


def test_nodes_that_know_one_address_become_a_network(seed):
    net = DhtNetwork(seed, LOSS)
    first = net.add(public_address(0), [])
    others = [net.add(public_address(number), [first.endpoint]) for number in range(1, 80)]
    net.run(90)
    for host in others:
        assert len(host.node.table) >= 8, host.endpoint
        assert any(isinstance(event, Joined) and event.node_count for event in host.events)
    announcer, seeker = others[0], others[-1]
    info_hash = InfoHash(bytes(range(20)))
    net.look_up(announcer, FindPeers(info_hash, announce=True, port=7777, seed=True))
    net.run(15)
    peers, _ = found_by(net, seeker, info_hash)
    assert {str(peer) for peer in peers} == {public_address(1).replace(":6881", ":7777")}


def test_a_node_comes_back_without_any_bootstrap_node(seed):
    net = DhtNetwork(seed, LOSS)
    first = net.add(public_address(0), [])
    hosts = [net.add(public_address(number), [first.endpoint]) for number in range(1, 40)]
    net.run(60)
    host = hosts[7]
    saved = host.node.saved()
    net.crash(host)
    net.crash(first)
    net.run(30)
    back = net.add(public_address(8), [], saved=saved)
    net.run(15)
    assert back.node.own_id == saved.node_id
    assert len(back.node.table) >= 8
    assert isinstance(back.events[0], Joined)


def test_two_runs_from_one_seed_are_the_same(seed):
    def run() -> tuple[int, list[Saved]]:
        net = DhtNetwork(seed, LOSS)
        first = net.add(public_address(0), [])
        hosts = [net.add(public_address(n), [first.endpoint]) for n in range(1, 30)]
        net.run(60)
        return net.sent, [host.node.saved() for host in hosts]

    assert run() == run()
