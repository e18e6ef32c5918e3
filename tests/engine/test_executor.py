"""Every command of the machine becomes an act."""

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NoSpace, ReadError, TimedOut, WriteError
from raincore.base.ids import InfoHash
from raincore.documents import events as records
from raincore.engine import executor
from raincore.policy.file_selection import EVERYTHING, choose
from raincore.swarm import commands as c
from raincore.swarm.events import PeerKey
from raincore.swarm.state import Goal, Limits
from raincore.wire import messages as m
from tests.engine.desk import Desk, ScriptedPeer
from tests.net.far_end import FakeStream

SEED = Endpoint("10.0.0.7", 6881)
GONE = PeerKey(99)


@pytest.mark.parametrize("command", [c.Say(GONE, (m.KeepAlive(),)), c.Drop(GONE, "gone")])
async def test_commands_for_a_peer_that_has_just_left_do_nothing(command, autojump_clock):
    desk = Desk()
    async with desk.running():
        executor.execute(desk.torrent, command)


async def test_a_dropped_peer_is_told_of_with_the_reason(autojump_clock):
    desk = Desk()
    async with desk.running():
        peer = ScriptedPeer(desk).join()
        [key] = desk.torrent.connections
        executor.execute(desk.torrent, c.Drop(key, "sent_bad_block"))
        assert peer.stream.closed == 1
        left = [r for r in desk.records if isinstance(r, records.PeerEvent)][-1]
        assert left.reason == "sent_bad_block"


async def test_a_dialled_peer_becomes_a_peer(autojump_clock):
    desk = Desk()
    stream = FakeStream()
    stream.remote = SEED
    desk.network.streams[SEED] = stream
    stream.arrived += ScriptedPeer(desk).handshake.encode()
    async with desk.running(SEED):
        assert stream.sent.startswith(b"\x13BitTorrent protocol")
        assert len(desk.torrent.connections) == 1


async def test_a_peer_that_refuses_is_reported(autojump_clock):
    desk = Desk()
    async with desk.running(SEED):
        [failed] = [r for r in desk.records if isinstance(r, records.PeerEvent)]
        assert (failed.state, failed.reason, failed.address) == ("failed", "connect", str(SEED))


async def test_a_peer_of_another_torrent_is_reported(autojump_clock):
    desk = Desk()
    stream = desk.network.streams[SEED] = FakeStream()
    other = ScriptedPeer(desk).handshake
    stream.arrived += other.encode().replace(other.info_hash, bytes(20))
    async with desk.running(SEED):
        [failed] = [r for r in desk.records if isinstance(r, records.PeerEvent)]
        assert (failed.state, failed.reason) == ("failed", "remote_protocol")
        assert stream.closed


async def test_a_check_that_fails_ends_the_torrent(autojump_clock):
    desk = Desk(whole=True, limits=Limits(disk_seconds=60))
    desk.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    desk.content.is_fixed = True
    async with desk.running():
        await desk.over.wait()
    assert desk.outcome is desk.storage.read_error
    assert desk.statuses == ["checking", "error"]


async def test_a_disk_that_refuses_to_sync_ends_the_torrent(autojump_clock):
    desk = Desk(whole=True, limits=Limits(disk_seconds=60))
    desk.storage.sync_error = WriteError("cannot sync: permission denied: x", "x")
    async with desk.running():
        await desk.over.wait()
    assert desk.outcome is desk.storage.sync_error
    assert not desk.torrent.reached_goal


async def test_a_bug_while_content_is_made_durable_ends_its_torrent_alone(autojump_clock):
    desk = Desk()

    async def run() -> None:
        async with desk.running():
            executor.sealed(desk.torrent, ZeroDivisionError())
            await desk.over.wait()
            await trio.sleep_forever()

    with trio.fail_after(1), pytest.raises(ExceptionGroup) as raised:
        await run()
    assert raised.group_contains(ZeroDivisionError)


@pytest.mark.parametrize("place", ["piece_io", "keeping"])
async def test_a_bug_after_a_check_ends_its_torrent_alone(place, monkeypatch, autojump_clock):
    desk = Desk()

    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(getattr(desk.torrent, place)), "open", break_down)

    async def run() -> None:
        async with desk.running():
            await desk.over.wait()
            await trio.sleep_forever()

    with trio.fail_after(1), pytest.raises(ExceptionGroup) as raised:
        await run()
    assert raised.group_contains(ZeroDivisionError)


async def test_a_bug_in_what_hears_of_a_check_ends_its_torrent_alone(autojump_clock):
    desk = Desk()
    tell = executor.contained(desk.torrent, lambda record: 1 // record)

    async def run() -> None:
        async with desk.running():
            tell(0)
            await desk.over.wait()
            await trio.sleep_forever()

    with trio.fail_after(1), pytest.raises(ExceptionGroup) as raised:
        await run()
    assert raised.group_contains(ZeroDivisionError)


async def test_a_bad_piece_is_asked_for_again(autojump_clock):
    desk = Desk()
    async with desk.running():
        peer = ScriptedPeer(desk)
        asked = peer.seed()
        bad = asked[0]
        peer.say(m.Block(bad.piece, bad.begin, bytes(bad.length)))
        peer.give(*[r for r in asked if r.piece == bad.piece and r != bad])
        await desk.settle()
        assert "failed its hash check" in desk.warnings[0]
        assert not desk.torrent.machine.state.have[bad.piece]
        assert not any(desk.storage.content)


async def test_a_stuck_piece_gives_its_memory_back(autojump_clock):
    desk = Desk()
    async with desk.running():
        memory = desk.torrent.piece_io.place(1, 0, 10).obj
        executor.execute(desk.torrent, c.DiscardPiece(1))
        assert desk.torrent.piece_io.place(2, 0, 10).obj is memory


async def test_state_is_not_saved_before_it_is_known(autojump_clock):
    desk = Desk(magnet=True)
    async with desk.running():
        executor.execute(desk.torrent, c.SaveState())
        assert not desk.offload.jobs


async def test_peers_that_came_before_the_metadata_are_judged_by_it(autojump_clock):
    desk = Desk(magnet=True)
    async with desk.running():
        fits, lies = ScriptedPeer(desk, "A").join(), ScriptedPeer(desk, "B").join()
        fits.say(m.HaveAll(), m.AllowedFast(1), m.AllowedFast(2))
        lies.say(m.Have(4))
        for connection in desk.torrent.connections.values():
            assert connection.protocol.they_choke
        executor.execute(desk.torrent, c.CheckContent(desk.sample.info))
        # What the machine does when it has the info dictionary from peers.
        desk.torrent.machine.state.info = desk.sample.info
        desk.torrent.machine.state.geometry = desk.sample.info.geometry
        desk.torrent.machine.state.wanted = choose(EVERYTHING, desk.sample.info)
        await desk.settle()
        asked = {request.piece for request in fits.requests()}
        assert asked == {1, 2}
        assert lies.stream.closed == 1


async def test_the_end_comes_with_its_reason(autojump_clock):
    desk = Desk(goal=Goal.SEED)
    error = TimedOut("no progress for 1 s: nobody")
    async with desk.running():
        executor.execute(desk.torrent, c.Finish(error))
        await desk.over.wait()
    assert desk.outcome is error


async def test_a_dial_that_is_under_way_at_the_end_is_given_up(autojump_clock):
    desk = Desk()
    stream = desk.network.streams[SEED] = FakeStream()

    async def wait_readable() -> None:
        await trio.sleep_forever()

    stream.wait_readable = wait_readable
    async with desk.running(SEED):
        desk.torrent.stop()
        await desk.over.wait()
        assert stream.closed


class FakeLsd:
    """Hears of one neighbour at once; implements engine.world.LocalDiscovery."""

    def __init__(self) -> None:
        self.looks: list[bool] = []
        self.left: list[bytes] = []

    def look(self, info_hash, on_neighbour, *, announce, port=0) -> None:
        self.looks.append(announce)
        on_neighbour(SEED)

    def leave(self, info_hash) -> None:
        self.left.append(info_hash)


async def test_neighbours_are_dialled_and_the_search_for_them_ends(autojump_clock):
    desk = Desk()
    desk.torrent.world.lsd = lsd = FakeLsd()
    async with desk.running():
        executor.execute(desk.torrent, c.LookNearby(announce=True))
        await trio.testing.wait_all_tasks_blocked()
        executor.execute(desk.torrent, c.StopLookingNearby())
    [failed] = [r for r in desk.records if isinstance(r, records.PeerEvent)]
    assert failed.address == str(SEED)
    assert lsd.looks == [True]
    assert lsd.left == [desk.torrent.info_hash]


async def test_neighbours_are_looked_for_in_both_swarms_of_a_hybrid(autojump_clock):
    desk, other = Desk(), InfoHash(b"v2" * 10)
    desk.torrent.world.lsd = lsd = FakeLsd()
    async with desk.running():
        executor.execute(desk.torrent, c.LookNearby(announce=False, also=other))
        executor.execute(desk.torrent, c.StopLookingNearby(other))
    assert lsd.looks == [False, False]
    assert lsd.left[:2] == [desk.torrent.info_hash, other]


async def test_the_session_is_told_of_a_further_hash(autojump_clock):
    desk, other = Desk(), InfoHash(b"v2" * 10)
    told = []
    desk.torrent.on_swarm = told.append
    async with desk.running():
        executor.execute(desk.torrent, c.JoinSwarm(other))
    assert told == [other]


async def test_without_a_search_for_neighbours_nothing_is_done(autojump_clock):
    desk = Desk()
    async with desk.running():
        executor.execute(desk.torrent, c.LookNearby(announce=True))
        executor.execute(desk.torrent, c.StopLookingNearby())
    assert not [r for r in desk.records if isinstance(r, records.PeerEvent)]


async def test_a_disk_that_refuses_to_move_bytes_is_told(autojump_clock):
    desk = Desk()
    async with desk.running():

        def refuse(unwanted):
            raise NoSpace("full", path="/x")

        desk.storage.choose_files = refuse
        executor.execute(desk.torrent, c.ChooseFiles(frozenset([0])))
        desk.offload.finish()
        await desk.settle()
        assert str(desk.torrent.machine.state.disk.error) == "full"
        del desk.storage.choose_files
        executor.execute(desk.torrent, c.ChooseFiles(frozenset()))
        desk.offload.finish()
        await desk.settle()
        assert desk.torrent.machine.state.disk.error is None


def test_a_bug_while_moving_surfaces():
    with pytest.raises(ZeroDivisionError):
        executor.files_chosen(None, ZeroDivisionError())
