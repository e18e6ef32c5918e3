"""A hybrid has two swarms; whoever has it is in both, whichever hash others know it by."""

import pytest

from tests.sim.content import Sample
from tests.sim.v2_content import v2_sample
from tests.sim.world import SimPeer, Swarm

MADE = v2_sample(hybrid=True, lengths=(40 * 16384 + 5, 100, 30 * 16384))
HYBRID = MADE.info
assert HYBRID.info_hash is not None
assert HYBRID.info_hash_v2 is not None
V1, V2 = HYBRID.info_hash, HYBRID.info_hash_v2.truncated()
SLOW = 50_000.0
"""Bytes a second, so that nobody gives all before the other is asked."""


def swarm_of(seed: int) -> Swarm:
    return Swarm(seed, Sample(MADE.content, HYBRID))


def uploaded(peer: SimPeer) -> int:
    return peer.torrent.machine.state.counters.uploaded


async def test_one_download_gets_from_both_swarms(seed: int, autojump_clock: object) -> None:
    swarm = swarm_of(seed)
    async with swarm.running():
        seeds = [
            swarm.add("10.0.0.1", whole=True, knows=(), known_as=V1, one_swarm=True, rate=SLOW),
            swarm.add("10.0.0.2", whole=True, knows=(), known_as=V2, one_swarm=True, rate=SLOW),
        ]
        leecher = swarm.add("10.0.1.1", knows=seeds)
        await swarm.all_complete([leecher])
        assert all(uploaded(one) > 0 for one in seeds)
        assert [one.welcomed for one in seeds] == [[V1], [V2]]


@pytest.mark.parametrize("magnet", [False, True])
@pytest.mark.parametrize("known_as", [V1, V2], ids=["v1", "v2"])
async def test_who_knows_either_hash_finds_who_knows_both(
    known_as: object, magnet: bool, seed: int, autojump_clock: object
) -> None:
    swarm = swarm_of(seed)
    async with swarm.running():
        first = swarm.add("10.0.0.1", whole=True, knows=())
        other = swarm.add("10.0.1.1", knows=[first], known_as=known_as, magnet=magnet)
        await swarm.all_complete([other])
        # A link by the v1 hash alone does not know yet that it could go on as v2.
        assert first.welcomed == [V1 if known_as == V1 and magnet else V2]


async def test_a_peer_that_is_in_both_swarms_is_connected_once(
    seed: int, autojump_clock: object
) -> None:
    swarm = swarm_of(seed)
    tracker = [["http://tracker.example/announce"]]
    async with swarm.running():
        first = swarm.add("10.0.0.1", whole=True, trackers=tracker)
        second = swarm.add("10.0.0.2", trackers=tracker)
        await swarm.all_complete([first, second])
        hashes = {told.request.info_hash for told in swarm.trackers.told}
        assert hashes == {V1, V2}
        for one in (first, second):  # each may dial the other, and one of these goes
            assert one.torrent.machine.state.counters.dials <= 1
            assert len(one.connections) <= 2


async def test_both_swarms_meet_in_whoever_is_in_both(seed: int, autojump_clock: object) -> None:
    swarm = swarm_of(seed)
    async with swarm.running():
        seeding = swarm.add("10.0.0.1", whole=True, knows=(), known_as=V2, one_swarm=True)
        between = swarm.add("10.0.0.2", knows=[seeding])
        old = swarm.add("10.0.0.3", knows=[between], known_as=V1, one_swarm=True)
        await swarm.all_complete([between, old])
        assert uploaded(between) >= len(MADE.content) // 2


async def test_encrypted_handshakes_are_told_apart_by_either_hash(
    seed: int, autojump_clock: object
) -> None:
    swarm = swarm_of(seed)
    async with swarm.running():
        seeds = [
            swarm.add("10.0.0.1", whole=True, knows=(), known_as=V1, one_swarm=True, rate=SLOW),
            swarm.add("10.0.0.2", whole=True, knows=(), known_as=V2, one_swarm=True, rate=SLOW),
        ]
        leecher = swarm.add("10.0.1.1", knows=seeds)
        await swarm.all_complete([leecher])
        assert [one.encryption for one in leecher.connections] == ["plaintext"] * 2
