"""Peers that know one other find all the rest, and what is private stays so (BEP 11, 27)."""

from __future__ import annotations

import trio

from raincore.base.config import Sources
from raincore.base.endpoint import Endpoint
from raincore.documents import events as records
from raincore.swarm import metadata
from raincore.swarm.events import PeersFound
from raincore.wire.ut_pex import PexMessage, PexPeer
from tests.sim.content import sample
from tests.sim.world import PORT, SimPeer, Swarm

QUIET = Sources(pex=False)


def connected(peer: SimPeer) -> set[str]:
    """Everybody a peer is connected to now."""
    return {other.joined.endpoint.host for other in peer.torrent.machine.state.peers.values()}


def met(peer: SimPeer) -> set[str]:
    """Everybody it has ever been connected to."""
    found = [record for record in peer.records if isinstance(record, records.PeerEvent)]
    addresses = [record.address for record in found if record.state == "connected"]
    return {address.rpartition(":")[0] for address in addresses}


async def test_a_newcomer_that_knows_one_peer_finds_everybody(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        others = [swarm.add(f"10.0.1.{n}") for n in range(1, 21)]
        await trio.sleep(30)
        newcomer = swarm.add("10.0.2.1", knows=others[:1])
        await trio.sleep(10)
        assert connected(newcomer) == {other.address for other in others}
        swarm.add("10.0.3.1", whole=True, knows=[newcomer])
        await swarm.all_complete([*others, newcomer], within=60)


async def test_a_chain_of_peers_becomes_a_net(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        chain = [swarm.add("10.0.0.1")]
        for n in range(1, 12):
            chain.append(swarm.add(f"10.0.1.{n}", knows=chain[-1:]))
        await trio.sleep(300)
        for peer in chain:
            assert len(connected(peer)) == len(chain) - 1


async def test_who_leaves_is_dialled_by_nobody_for_long(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        stays = [swarm.add(f"10.0.1.{n}") for n in range(1, 6)]
        leaver = swarm.add("10.0.2.1")
        await trio.sleep(100)
        leaver.torrent.stop()
        await leaver.over.wait()
        await trio.sleep(1000)
        tried = [peer.torrent.machine.state.counters.dial_failures for peer in stays]
        await trio.sleep(4000)
        assert tried == [peer.torrent.machine.state.counters.dial_failures for peer in stays]
        assert max(tried) <= 3


async def test_a_magnet_gets_its_metadata_from_peers_of_peers(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=200))
    async with swarm.running():
        middle = swarm.add("10.0.0.2", magnet=True, knows=[])
        leecher = swarm.add("10.0.0.3", magnet=True, knows=[middle])
        await trio.sleep(5)
        seeder = swarm.add("10.0.0.1", whole=True, knows=[middle])
        await swarm.all_complete([leecher], within=200)
        assert seeder.address in met(leecher)


async def test_without_exchange_nobody_is_found(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        seeder = swarm.add("10.0.0.1", whole=True, rate=1_000)
        middle = swarm.add("10.0.0.2", knows=[seeder], rate=1_000)
        leecher = swarm.add("10.0.0.3", knows=[middle], sources=QUIET)
        await trio.sleep(300)
        assert met(leecher) == {middle.address}


async def test_peers_of_a_private_torrent_are_told_of_nobody(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16, private=True))
    async with swarm.running():
        seeder = swarm.add("10.0.0.1", whole=True, rate=1_000)
        middle = swarm.add("10.0.0.2", knows=[seeder], rate=1_000)
        leecher = swarm.add("10.0.0.3", knows=[middle])
        await trio.sleep(300)
        assert met(leecher) == {middle.address}
        assert met(seeder) == {middle.address}
        leecher.torrent.dispatch(PeersFound("pex", (seeder.endpoint,)))
        await trio.sleep(100)
        assert met(leecher) == {middle.address}


async def test_what_a_magnet_learned_is_forgotten_when_it_turns_out_private(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16, private=True))
    async with swarm.running():
        strangers = [swarm.add(f"10.0.1.{n}", knows=[]) for n in range(1, 4)]
        friend = swarm.add("10.0.2.1", knows=[])
        leecher = swarm.add("10.0.0.3", magnet=True, knows=[friend])
        for source, stranger in zip(("pex", "lsd", "dht"), strangers, strict=True):
            leecher.torrent.dispatch(PeersFound(source, (stranger.endpoint,)))
        await trio.sleep(5)
        assert connected(leecher) == {friend.address, *(peer.address for peer in strangers)}
        # Nobody gives the metadata of a private torrent away: it comes from elsewhere.
        metadata.adopt(leecher.torrent.machine.state, swarm.sample.info.raw, trio.current_time())
        leecher.torrent.dispatch(PeersFound("pex", (strangers[0].endpoint,)))
        await trio.sleep(300)
        assert connected(leecher) == {friend.address}
        assert len(leecher.torrent.machine.state.candidates) == 1


async def test_hostile_addresses_cost_nothing_and_nobody_dials_himself(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        seeder = swarm.add("10.0.0.1", whole=True, rate=1_000)
        leecher = swarm.add("10.0.0.3", knows=[seeder])
        await trio.sleep(5)
        nobody = [
            Endpoint("0.0.0.0", PORT),
            Endpoint("255.255.255.255", PORT),
            Endpoint("224.0.0.1", PORT),
            Endpoint("10.0.0.77", 0),
            leecher.endpoint,
        ]
        leecher.torrent.dispatch(PeersFound("pex", tuple(nobody)))
        await trio.sleep(5)
        assert len(leecher.torrent.machine.state.candidates) == 1
        assert leecher.torrent.machine.state.counters.dial_failures == 0


async def test_a_liar_that_floods_costs_one_warning_and_its_own_connection(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    forged = tuple(PexPeer(Endpoint(f"20.{n >> 8}.{n & 255}.1", 1)) for n in range(9_000))
    async with swarm.running():
        liar = swarm.add("10.0.9.9")
        victim = swarm.add("10.0.0.3", knows=[liar])
        await trio.sleep(5)
        for _ in range(30):
            for connection in list(liar.torrent.connections.values()):
                connection.say((PexMessage(forged),))
            await trio.sleep(1)
        assert victim.warnings == ["pex_flood"]
        assert connected(victim) == set()
        ends = [r for r in victim.records if isinstance(r, records.PeerEvent)]
        assert ("disconnected", "pex_flood") in [(end.state, end.reason) for end in ends]
        assert len(victim.torrent.machine.state.candidates) <= 1
        seeder = swarm.add("10.0.0.1", whole=True, knows=[victim])
        await swarm.all_complete([victim], within=60)
        assert seeder.address in met(victim)
