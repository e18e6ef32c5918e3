"""Peers that say anything cost a torrent nothing but their connections.

Whatever they said, no false byte is in a file, memory keeps within its limits, and a good
peer that comes afterwards is served as if nothing had been.
"""

import random

import pytest
import trio

from raincore.base.config import Config, DiskLimits, Encryption, PeerLimits
from raincore.swarm.state import Goal, Phase
from raincore.wire import messages as m
from raincore.wire import ut_metadata
from raincore.wire.extension import OUR_IDS, UT_METADATA, ExtendedHandshake
from raincore.wire.ut_metadata import MetadataData, MetadataRequest
from tests.engine.desk import BLOCK, Desk, ScriptedPeer
from tests.sim.fuzzed_talk import FuzzedTalk
from tests.sim.v2_content import v2_sample

SEEDS = range(24)
TALKERS, MESSAGES = 4, 60
BUDGET = 6 * 2 * BLOCK
SENT_BYTES = 40 * 2**20


def settings() -> Config:
    return Config(
        peers=PeerLimits(encryption=Encryption.OFF, max_dialled=10, max_half_open=3),
        disk=DiskLimits(write_budget_bytes=BUDGET),
    )


async def plague(desk: Desk, seed: int) -> None:
    """Have fuzzed peers talk at once, check the books after each read, and see them off."""
    rng = random.Random(seed)
    magnet = desk.torrent.info is None
    peers = [ScriptedPeer(desk, name).join() for name in "ABCD"[:TALKERS]]
    talks = [
        FuzzedTalk(seed * 10 + number, desk.sample, magnet=magnet).chunks(MESSAGES)
        for number in range(len(peers))
    ]
    sent = 0
    while talks:
        at = rng.randrange(len(talks))
        chunk = next(talks[at], None)
        if chunk is None or peers[at].stream.closed:
            if not peers[at].stream.closed:
                peers[at].stream.ended = True
                peers[at].stream.deliver()
            del talks[at], peers[at]
            continue
        peers[at].stream.deliver(chunk)
        sent += len(peers[at].stream.sent)
        peers[at].stream.sent.clear()
        if rng.random() < 0.2:
            await desk.settle()
            desk.offload.finish()
        check_books(desk)
    assert sent < SENT_BYTES
    await desk.settle()
    desk.offload.finish()
    await desk.settle()
    assert not desk.torrent.connections


def check_books(desk: Desk) -> None:
    """Nothing false is stored, and no more memory is lent than there may be."""
    state = desk.torrent.machine.state
    assert state.phase is not Phase.STOPPED, desk.outcome
    assert state.lent_bytes <= BUDGET
    stored, content = bytes(desk.storage.content), desk.sample.content
    for start in range(0, len(stored), BLOCK):
        block = stored[start : start + BLOCK]
        assert block == content[start : start + BLOCK] or not any(block), "a false block"
    if state.have is not None and state.geometry is not None:
        length = state.geometry.piece_length
        for piece in state.have:
            place = slice(piece * length, (piece + 1) * length)
            assert stored[place] == content[place].ljust(len(stored[place]), b"\0")


async def finish_with_a_good_peer(desk: Desk) -> None:
    """One that has all, and tells us what the torrent is."""
    good = ScriptedPeer(desk, "Z").join()
    raw = desk.sample.info.raw
    hello = ExtendedHandshake({UT_METADATA: OUR_IDS[UT_METADATA]}, metadata_size=len(raw))
    good.say(m.HaveAll(), m.Extended(0, hello.encode()), m.Unchoke())
    for _ in range(400):
        if desk.torrent.reached_goal:
            return
        for message in good.heard():
            if isinstance(message, m.Request):
                good.give(message)
            elif isinstance(message, MetadataRequest):
                data = ut_metadata.encode(MetadataData(message.piece, len(raw), raw))
                good.say(m.Extended(OUR_IDS[UT_METADATA], data))
        await trio.sleep(0.5)  # it answers no questions about hashes: that takes patience
        desk.offload.finish()
        await desk.settle()
    raise AssertionError(f"the good peer could not finish it: {desk.statuses} {desk.warnings}")


@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize("kind", ["v1", "magnet", "v2"])
async def test_a_download_survives_peers_that_say_anything(kind, number, autojump_clock):
    own = v2_sample(number, lengths=(9 * BLOCK + 5, 100, 4 * BLOCK)) if kind == "v2" else None
    desk = Desk(
        pieces=12,
        magnet=kind == "magnet",
        goal=Goal.SEED,
        config=settings(),
        own_sample=own,
        layers=own.layers if own else {},
    )
    async with desk.running():
        await plague(desk, number)
        await finish_with_a_good_peer(desk)
        assert bytes(desk.storage.content) == desk.sample.content


@pytest.mark.parametrize("number", SEEDS)
async def test_a_seed_survives_peers_that_say_anything(number, autojump_clock):
    desk = Desk(pieces=12, whole=True, goal=Goal.SEED, config=settings())
    async with desk.running():
        await plague(desk, number)
        good = ScriptedPeer(desk, "Z").join()
        good.heard()
        good.say(m.Interested())
        assert m.Unchoke() in good.heard()
        good.say(m.Request(10, BLOCK, BLOCK))
        assert good.heard() == [m.Block(10, BLOCK, desk.sample.content[21 * BLOCK : 22 * BLOCK])]
