"""The shell adds limits, the disk and the outage to what the machine knows."""

import pytest
import trio

from raincore.base.errors import ReadError
from raincore.engine import explaining
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from tests.engine.desk import Desk, ScriptedPeer


def causes(desk):
    return {one.cause: one for one in explaining.explain(desk.torrent, trio.current_time())}


async def test_records_have_the_time_of_day(autojump_clock):
    desk = Desk()
    async with desk.running():
        (found,) = desk.torrent.explain()
        assert found.cause == "no_peers"
        assert found.time == desk.world.calendar()


async def test_the_disk_is_named_when_pieces_wait_for_it(autojump_clock):
    desk = Desk(prompt=("check", "disk"))
    async with desk.running():
        peer = ScriptedPeer(desk)
        asked = peer.seed()
        peer.give(*asked)
        await trio.sleep(30)
        assert desk.torrent.piece_io.waiting(trio.current_time())[0] >= 1
        assert causes(desk)["disk"].facts["seconds"] >= 29
        desk.offload.finish()
        assert desk.torrent.piece_io.waiting(trio.current_time()) == (0, 0.0)


@pytest.mark.parametrize(
    ("own", "of_all", "lower"), [(0, 0, 0), (5, 0, 5), (0, 7, 7), (5, 7, 5), (9, 7, 7)]
)
def test_the_lower_limit_binds(own, of_all, lower):
    assert explaining._lower(own, of_all) == lower


async def test_who_is_held_back_by_a_limit_is_counted(autojump_clock):
    desk = Desk()
    async with desk.running():
        desk.torrent.set_limits(down=1)
        desk.torrent.rates.down.give_back(-10_000)
        peer = ScriptedPeer(desk).join()
        peer.say(m.HaveAll())
        assert causes(desk)["limit"].facts == {"down_limit": 1, "held_back": 1}


async def test_an_outage_is_named(autojump_clock):
    desk = Desk()
    async with desk.running():
        desk.world.outage = lambda: "the device is down: tun0"
        assert list(causes(desk)) == ["device_down"]


async def test_what_cannot_be_read_is_named(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED)
    async with desk.running():
        await desk.settle()
        desk.torrent.lending.proofs.refuse(0, ReadError("cannot read: input/output error: x"))
        assert "input/output error" in causes(desk)["disk"].evidence
        assert "input/output error" in str(desk.torrent.disk_error)


async def test_after_the_end_the_last_words_stay(autojump_clock):
    desk = Desk()
    async with desk.running():
        desk.torrent.stop()
        await trio.sleep(1)
        before = desk.torrent.explain()
        await trio.sleep(100)
        assert desk.torrent.explain() == before
