"""A new swarm becomes whole for little more than one copy from its only seed (BEP 16)."""

import random

import trio

from tests.sim.content import sample
from tests.sim.world import SimPeer, Swarm

LEECHERS = 12
KNOWN = 6
"""Others that each leecher is told of, beside the seed."""
LINE = 500_000.0
COPIES = 1.1


def have_a_copy(peers: list[SimPeer]) -> bool:
    """Whether all of the content is at the peers, together."""
    states = [peer.torrent.machine.state for peer in peers]
    return all(
        any(state.have is not None and state.have[piece] for state in states)
        for piece in range(states[0].info.geometry.piece_count)
    )


async def copies_until_whole(seed: int, *, super_seed: bool) -> float:
    """How many copies the only seed of a new swarm sends before the swarm has one."""
    swarm = Swarm(seed, sample(seed, pieces=48, piece_length=32 * 1024))
    dice = random.Random(seed)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=LINE, super_seed=super_seed)
        leechers: list[SimPeer] = []
        for n in range(LEECHERS):
            known = [origin, *dice.sample(leechers, min(KNOWN, len(leechers)))]
            leechers.append(swarm.add(f"10.0.1.{n}", rate=LINE, knows=known))
        while not have_a_copy(leechers):
            await trio.sleep(0.05)
        copies = origin.torrent.machine.state.counters.uploaded / len(swarm.sample.content)
        await swarm.all_complete(leechers, within=60)
    return copies


async def test_a_super_seed_sends_hardly_more_than_one_copy(seed, autojump_clock):
    assert await copies_until_whole(seed, super_seed=True) <= COPIES


async def test_a_super_seed_goes_on_for_a_peer_that_nobody_else_can_reach(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, super_seed=True)
        first = swarm.add("10.0.1.1", knows=[origin])
        await swarm.all_complete([first], within=30)
        for n in (2, 3):
            swarm.network.behind_nat(f"10.0.1.{n}")
        hidden = [swarm.add(f"10.0.1.{n}", knows=[origin]) for n in (2, 3)]
        await swarm.all_complete(hidden, within=600)


async def test_a_super_seed_serves_what_it_has_shown_and_nothing_else(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, super_seed=True)
        leecher = swarm.add("10.0.1.1", knows=[origin], rate=20_000)
        await trio.sleep(2)
        (there,) = leecher.torrent.machine.state.peers.values()
        assert not there.is_seed
        assert there.has.count() == 2
        (here,) = origin.torrent.machine.state.peers
        machine = origin.torrent.machine
        assert [machine.may_send(here, piece) for piece in range(16)] == [
            there.has[piece] for piece in range(16)
        ]
        await swarm.all_complete([leecher], within=120)
