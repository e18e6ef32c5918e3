"""A running torrent starts, hears, saves and ends, and leaves nothing behind."""

import pytest
import trio

from raincore.base.config import Config, DiskLimits, PeerLimits
from raincore.base.errors import NoSpace, TimedOut
from raincore.documents import events as records
from raincore.net.dialer import Handshaken
from raincore.swarm.state import Goal, Limits
from raincore.wire import messages as m
from tests.engine.desk import Desk, ScriptedPeer, open_store


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


def remembered(desk: Desk, store) -> list[int]:
    from raincore.base.bitfield import Bitfield

    record, why = store.load(desk.sample.info.swarm_hash.hex(), "/desk")
    assert record is not None, why
    return list(Bitfield.from_bytes(record.have, desk.sample.info.geometry.piece_count))


async def test_a_download_ends_when_everything_is_stored(autojump_clock):
    desk = Desk()
    async with desk.running():
        peer = ScriptedPeer(desk)
        peer.give(*peer.seed())
        await desk.over.wait()
    assert desk.outcome is None
    assert desk.torrent.reached_goal
    assert desk.storage.content == desk.sample.content
    assert desk.statuses == ["checking", "downloading", "complete", "stopped"]
    assert peer.stream.closed == 1
    assert desk.storage.closed


async def test_complete_content_ends_at_once(autojump_clock):
    desk = Desk(whole=True)
    async with desk.running():
        await desk.over.wait()
    assert desk.torrent.reached_goal
    assert desk.statuses == ["checking", "complete", "stopped"]


async def test_records_say_whose_they_are(autojump_clock):
    desk = Desk(whole=True)
    async with desk.running():
        await desk.over.wait()
    assert desk.records
    assert all(record.info_hash == desk.torrent.info_hash for record in desk.records)


async def test_timers_fire_without_anything_happening(autojump_clock):
    desk = Desk()
    async with desk.running():
        await trio.sleep(5.5)
        told = [r for r in desk.records if isinstance(r, records.Progress)]
        assert len(told) in (5, 6)


async def test_a_torrent_that_makes_no_progress_gives_up_in_time(autojump_clock):
    desk = Desk(limits=Limits(stall_seconds=30, waits_for_peers=True))
    async with desk.running():
        began = trio.current_time()
        await desk.over.wait()
        assert trio.current_time() - began == pytest.approx(30, abs=0.1)
    assert isinstance(desk.outcome, TimedOut)
    assert not desk.torrent.reached_goal


# --- the end ------------------------------------------------------------------------------


async def test_a_stop_ends_it_without_error(autojump_clock):
    desk = Desk(goal=Goal.SEED)
    async with desk.running():
        peer = ScriptedPeer(desk)
        peer.join()
        assert desk.torrent.accepts_peers
        desk.torrent.stop()
        await desk.over.wait()
        assert not desk.torrent.accepts_peers
    assert desk.outcome is None
    assert peer.stream.closed == 1


async def test_a_stop_before_the_start_is_not_forgotten(autojump_clock):
    desk = Desk()
    desk.torrent.stop()
    with trio.fail_after(1):
        await desk.torrent.run()
    assert not desk.torrent.reached_goal


async def test_a_stop_while_content_is_checked_ends_soon(autojump_clock):
    desk = Desk(whole=True, prompt=("disk",))
    async with desk.running():
        desk.torrent.stop()
        with trio.fail_after(1):
            await desk.over.wait()
    assert desk.outcome is None
    assert desk.statuses == ["checking", "stopped"]


async def test_a_full_disk_ends_it_and_what_was_verified_is_remembered(store, autojump_clock):
    limits = Limits(waits_for_peers=True, disk_seconds=10)
    desk = Desk(store=store, limits=limits)
    async with desk.running():
        peer = ScriptedPeer(desk)
        asked = peer.seed()
        peer.give(*[r for r in asked if r.piece in (1, 2)])
        await desk.settle()
        desk.storage.write_error = NoSpace("cannot write: no space left on device: x", "x")
        peer.give(*[r for r in asked if r.piece == 3])
        await desk.settle()
        assert desk.torrent.disk_error is desk.storage.write_error
        await desk.over.wait()
    assert isinstance(desk.outcome, NoSpace)
    assert desk.warnings == [
        "cannot write: no space left on device: x; waiting for at most 10s until that has changed"
    ]
    assert desk.statuses[-1] == "error"
    assert remembered(desk, store) == [1, 2]


async def test_pieces_on_their_way_to_the_disk_when_it_stops_are_remembered(store, autojump_clock):
    desk = Desk(store=store, prompt=("check", "disk"))
    async with desk.running():
        peer = ScriptedPeer(desk)
        asked = peer.seed()
        peer.give(*[r for r in asked if r.piece == 1])
        desk.offload.finish()
        peer.give(*[r for r in asked if r.piece in (0, 3)])
        desk.torrent.stop()
        await desk.settle()
        assert not desk.over.is_set()
        desk.offload.finish()
        await desk.over.wait()
    assert remembered(desk, store) == [0, 1, 3]
    again = Desk(store=store)
    again.storage = desk.storage
    desk.storage.done.clear()
    async with again.running():
        assert list(again.torrent.machine.state.have) == [0, 1, 3]
        assert "read" not in desk.storage.done


async def test_progress_is_remembered_while_it_runs(store, autojump_clock):
    peers = PeerLimits(requests_out_start=32)
    config = Config(disk=DiskLimits(save_interval_seconds=5), peers=peers)
    desk = Desk(store=store, config=config)
    async with desk.running():
        peer = ScriptedPeer(desk)
        asked = peer.seed()
        peer.give(*[r for r in asked if r.piece == 2])
        await trio.sleep(5.1)
        assert remembered(desk, store) == [2]


async def test_being_cancelled_drops_everything_at_once(autojump_clock):
    desk = Desk(prompt=("check", "disk"))
    async with desk.running():
        peer = ScriptedPeer(desk)
        peer.give(*peer.seed())
        desk.scope.cancel()
        await desk.over.wait()
        assert peer.stream.closed == 1
        told = len(desk.records)
        desk.offload.finish()  # the threads were not done yet: nobody is told
        assert len(desk.records) == told
    assert desk.torrent.connections == {}


# --- peers --------------------------------------------------------------------------------


async def test_a_peer_that_comes_too_early_or_too_late_is_closed(autojump_clock):
    desk = Desk(whole=True)
    early = ScriptedPeer(desk).join()
    assert early.stream.closed == 1
    async with desk.running():
        await desk.over.wait()
        late = ScriptedPeer(desk).join()
        assert late.stream.closed == 1


async def test_a_peer_that_leaves_is_forgotten(autojump_clock):
    desk = Desk()
    async with desk.running():
        peer = ScriptedPeer(desk)
        peer.seed()
        peer.stream.ended = True
        peer.stream.deliver()
        assert desk.torrent.connections == {}
        left = [r for r in desk.records if isinstance(r, records.PeerEvent)][-1]
        assert (left.state, left.reason) == ("disconnected", "closed_by_peer")


async def test_the_blocks_of_a_peer_that_leaves_are_asked_of_another(autojump_clock):
    desk = Desk()
    async with desk.running():
        first, second = ScriptedPeer(desk, "A"), ScriptedPeer(desk, "B")
        asked = first.seed()
        second.join().say(m.HaveAll())
        first.stream.broken = True
        first.stream.deliver()
        second.say(m.Unchoke())
        asked_again = second.requests()
        assert sorted(asked_again) == sorted(asked)
        second.give(*asked_again)
        with trio.fail_after(5):
            await desk.over.wait()
    assert desk.storage.content == desk.sample.content


async def test_messages_of_one_event_leave_in_one_packet(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED)
    async with desk.running():
        peer = ScriptedPeer(desk).join()
        assert len(peer.stream.sends) == 1
        assert [type(x).__name__ for x in peer.heard()] == ["HaveAll", "ExtendedHandshake"]


async def test_a_peer_is_served_whole_pieces_that_we_have(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED)
    async with desk.running():
        peer = ScriptedPeer(desk).join()
        peer.heard()
        peer.say(m.Interested())
        assert m.Unchoke() in peer.heard()
        peer.say(m.Request(1, 0, 1000))
        [block] = peer.heard()
        assert block.data == desk.sample.content[2 * 16384 :][:1000]


async def test_a_stranger_may_be_handed_over_twice_to_choose_and_not_more_often(autojump_clock):
    desk = Desk(goal=Goal.SEED)
    async with desk.running():
        first = ScriptedPeer(desk, "A").join()
        others = [ScriptedPeer(desk, "A") for _ in range(2)]
        for other in others:
            desk.torrent.add_peer(Handshaken(other.stream, other.handshake), incoming=True)
        assert [peer.stream.closed for peer in (first, *others)] == [0, 0, 1]
