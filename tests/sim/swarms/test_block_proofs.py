"""In v2 one bad block names one peer, and costs one block: the hashes of blocks tell (BEP 52)."""

import pytest
import trio

from raincore.base.config import UploadLimits
from raincore.base.geometry import BLOCK_LENGTH
from tests.sim.content import Sample
from tests.sim.v2_content import v2_sample
from tests.sim.world import SimPeer, Swarm

LIAR = "10.0.9.9"
BLOCKS, PIECES = 16, 24


def swarm_of(seed: int, *, hybrid: bool) -> Swarm:
    piece_length = BLOCKS * BLOCK_LENGTH
    made = v2_sample(
        seed,
        lengths=(PIECES * piece_length + 3 * BLOCK_LENGTH + 77,),
        piece_length=piece_length,
        hybrid=hybrid,
    )
    return Swarm(seed, Sample(made.content, made.info), layers=made.layers)


def failures(peer: SimPeer) -> int:
    return peer.torrent.machine.state.counters.hash_failures


@pytest.mark.parametrize("hybrid", [False, True], ids=["v2", "hybrid"])
async def test_a_bad_block_costs_one_block_and_the_liar(
    hybrid: bool, seed: int, autojump_clock: object
) -> None:
    swarm = swarm_of(seed, hybrid=hybrid)
    async with swarm.running():
        for n in range(3):
            swarm.add(f"10.0.0.{n}", whole=True, rate=500_000)
        leechers = [swarm.add(f"10.0.1.{n}", rate=500_000) for n in range(4)]
        await trio.sleep(1)  # all know somebody else, who can tell
        swarm.add(LIAR, lies_about=range(0, PIECES, 3), uploads=UploadLimits(slots=20))
        await swarm.all_complete(leechers, within=120)
        harmed = [one for one in leechers if failures(one)]
        assert harmed
        for one in leechers:
            assert one.banned == ([LIAR] if one in harmed else [])
            counters = one.torrent.machine.state.counters
            again = counters.downloaded - len(swarm.sample.content)
            # Blocks that came twice at the end are waste, not counted here.
            assert again <= failures(one) * 2 * BLOCK_LENGTH, again
            assert not one.torrent.machine.state.disputes


async def test_where_the_liar_is_all_there_is_the_piece_is_got_again(
    seed: int, autojump_clock: object
) -> None:
    swarm = swarm_of(seed, hybrid=False)
    async with swarm.running():
        swarm.add(LIAR, lies_about=[3], knows=())
        leecher = swarm.add("10.0.1.1", rate=500_000)
        honest = swarm.add("10.0.0.1", whole=True, rate=100_000, knows=[leecher])
        await swarm.all_complete([leecher], within=600)
        assert honest.torrent.machine.state.counters.uploaded
        assert leecher.banned == [LIAR]
