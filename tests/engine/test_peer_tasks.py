"""Between a link and its torrent nothing waits and nothing unverified leaves."""

import pytest
import trio

from raincore.base.config import Config, PeerLimits
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from tests.engine.desk import BLOCK, Desk, ScriptedPeer


async def test_blocks_that_were_not_asked_for_go_nowhere(autojump_clock):
    desk = Desk()
    async with desk.running():
        peer = ScriptedPeer(desk).join()
        peer.say(m.Block(0, 0, desk.sample.content[:BLOCK]))
        assert desk.torrent.piece_io._buffers == {}
        assert desk.torrent.machine.state.counters.wasted == BLOCK


async def test_only_verified_pieces_leave(autojump_clock):
    desk = Desk(goal=Goal.SEED, prompt=("check", "disk", "read"))
    async with desk.running():
        giver, taker = ScriptedPeer(desk, "A"), ScriptedPeer(desk, "B").join()
        asked = [r for r in giver.seed() if r.piece == 1]
        taker.say(m.HaveNone(), m.Interested())
        assert m.Unchoke() in taker.heard()
        giver.give(*asked)  # not hashed yet
        taker.say(m.Request(1, 0, BLOCK))
        assert [type(x) for x in taker.heard()] == [m.Reject]
        desk.offload.finish()
        taker.say(m.Request(1, 0, BLOCK))
        [block] = [x for x in taker.heard() if isinstance(x, m.Block)]
        assert block.data == desk.sample.content[2 * BLOCK : 3 * BLOCK]


async def test_nothing_is_lent_before_the_content_is_checked(autojump_clock):
    desk = Desk(whole=True, magnet=True)
    async with desk.running():
        ScriptedPeer(desk).join()
        [connection] = desk.torrent.connections.values()
        with pytest.raises(LookupError):
            connection.lend(0, 0, BLOCK)


async def test_a_cold_piece_is_sent_when_it_has_been_read(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, prompt=("check", "disk"))
    async with desk.running():
        peer = ScriptedPeer(desk).join()
        peer.say(m.Interested())
        peer.heard()
        desk.storage.cold = True
        peer.say(m.Request(2, 0, BLOCK), m.Request(2, BLOCK, BLOCK))
        assert peer.heard() == []
        desk.offload.finish()
        assert [x.begin for x in peer.heard()] == [0, BLOCK]
        assert desk.torrent.machine.state.counters.uploaded == 2 * BLOCK


async def test_a_peer_that_leaves_while_a_piece_is_read_for_it_is_not_called(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, prompt=("check", "disk"))
    async with desk.running():
        peer = ScriptedPeer(desk).join()
        peer.say(m.Interested())
        desk.storage.cold = True
        peer.say(m.Request(2, 0, BLOCK))
        peer.stream.ended = True
        peer.stream.deliver()
        sent = len(peer.stream.sent)
        desk.offload.finish()
        assert len(peer.stream.sent) == sent
        assert all(run.users == 0 for run in desk.torrent.lending._cache.runs.values())


async def test_garbage_from_one_peer_does_not_touch_the_others(autojump_clock):
    desk = Desk()
    async with desk.running():
        good, bad = ScriptedPeer(desk, "A"), ScriptedPeer(desk, "B").join()
        asked = good.seed()
        bad.stream.deliver(b"\xff" * 100)
        assert bad.stream.closed == 1
        good.give(*asked)
        await desk.over.wait()
    assert desk.storage.content == desk.sample.content


async def test_all_are_told_of_new_pieces(autojump_clock):
    desk = Desk(goal=Goal.SEED)
    async with desk.running():
        giver, other = ScriptedPeer(desk, "A"), ScriptedPeer(desk, "B").join()
        other.heard()
        giver.give(*[r for r in giver.seed() if r.piece in (0, 1)])
        await trio.sleep(1)
        assert {x.piece for x in other.heard() if isinstance(x, m.Have)} == {0, 1}


async def test_who_pauses_in_the_middle_of_a_message_is_given_up(autojump_clock):
    desk = Desk(
        whole=True, goal=Goal.SEED, config=Config(peers=PeerLimits(piece_timeout_seconds=30))
    )
    async with desk.running():
        pausing, whole = ScriptedPeer(desk, "A").join(), ScriptedPeer(desk, "B").join()
        pausing.stream.deliver(b"\0\0\0")
        whole.say(m.HaveNone())
        await trio.sleep(25)
        assert len(desk.torrent.connections) == 2
        await trio.sleep(20)
        assert len(desk.torrent.connections) == 1
        given = desk.torrent.machine.state
        assert given.unfinished_message(77) is None
        assert not given.held_back(77)
