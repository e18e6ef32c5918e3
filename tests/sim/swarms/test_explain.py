"""Why is it not moving: one swarm for each cause, which is named, and no other.

That the end of a torrent gives the same reason is looked at where there is one.
"""

from __future__ import annotations

import pytest
import trio

from raincore.base.config import DiskLimits, RateLimits
from raincore.base.endpoint import Endpoint
from raincore.documents.events import Explanation
from raincore.formats.webseed_url import WebUrls
from raincore.net.exhaustion import OutOfDescriptors
from raincore.policy.budget import Budget, Share
from raincore.swarm.events import PeersFound
from raincore.swarm.state import Goal, Limits
from raincore.wire import messages as m
from tests.sim.content import sample
from tests.sim.odd_peers import OddPeer
from tests.sim.stubborn_peers import StubbornPeer
from tests.sim.swarms.test_back_pressure import BUDGET, PIECE, SlowDisk
from tests.sim.world import PORT, SimPeer, Swarm

LINE = 1_000_000.0
LEECHER = "10.0.1.1"
PATIENT = Limits(waits_for_peers=True)
STALLING = Limits(waits_for_peers=True, stall_seconds=60)
TRACKER = "http://tracker.example/announce"
ABSENT = Endpoint("10.9.9.9", PORT)


def explained(peer: SimPeer) -> dict[str, Explanation]:
    """The causes by name; each is told once."""
    found = peer.torrent.explain()
    causes = {one.cause: one for one in found}
    assert len(causes) == len(found)
    return causes


def only(peer: SimPeer, cause: str) -> Explanation:
    """The one cause there is."""
    causes = explained(peer)
    assert list(causes) == [cause]
    return causes[cause]


def swarm_of(seed: int, pieces: int = 60) -> Swarm:
    return Swarm(seed, sample(seed, pieces=pieces))


def tell(peer: SimPeer, *others: Endpoint) -> None:
    peer.torrent.dispatch(PeersFound("tracker", others))


async def test_it_moves(seed, autojump_clock):
    swarm = swarm_of(seed, pieces=200)
    async with swarm.running():
        seeder = swarm.add("10.0.0.1", whole=True, rate=LINE / 4)
        leecher = swarm.add(LEECHER)
        await trio.sleep(10)
        moving = only(leecher, "moving")
        assert moving.facts["peers"] == 1
        assert moving.facts["down_rate"] == pytest.approx(LINE / 4, rel=0.4)
        assert "down, 1 peer" in moving.evidence
        assert only(seeder, "moving").facts["up_rate"] > 0


async def test_nobody_is_known(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[])
        await trio.sleep(30)
        found = only(leecher, "no_peers")
        assert found.evidence == (
            "no peer is known: there is no tracker; the DHT is not used; "
            "the local network is not searched"
        )
        assert "--peer" in found.remedy


async def test_nobody_is_known_to_a_tracker_that_answers(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, trackers=[[TRACKER]])
        await trio.sleep(30)
        assert "1 tracker knows nobody" in only(leecher, "no_peers").evidence


async def test_the_dht_knows_nobody(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        swarm.add_node("10.7.0.1", [])
        leecher = swarm.add(LEECHER, dht=[f"10.7.0.1:{PORT}"])
        await trio.sleep(60)
        assert "DHT: 1 of 1 nodes answered" in only(leecher, "no_peers").evidence


async def test_those_who_are_known_do_not_answer(seed, autojump_clock):
    swarm = swarm_of(seed)
    silent = Endpoint("10.0.0.7", PORT)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[], limits=STALLING)
        swarm.network.partition(silent.host, LEECHER)
        tell(leecher, ABSENT, Endpoint("10.9.9.8", PORT), silent)
        await trio.sleep(40)
        found = only(leecher, "unreachable")
        assert found.facts["addresses"] == 3
        assert found.facts["dials"] >= found.facts["dial_failures"] >= 3
        assert "3 addresses are known and none of them answers" in found.evidence
        assert "connection refused (2, such as 10.9.9." in found.evidence
        assert f"no connection within 5 s ({silent})" in found.evidence
        await leecher.over.wait()
        assert "no progress for 1m" in str(leecher.outcome)
        assert any(str(one) in str(leecher.outcome) for one in (ABSENT, silent, "10.9.9.8"))
        assert list(explained(leecher)) == ["unreachable"]


async def test_they_have_just_been_dialled(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[])
        swarm.network.partition(ABSENT.host, LEECHER)
        tell(leecher, ABSENT)
        await trio.sleep(1)
        assert str(ABSENT) in only(leecher, "connecting").evidence


async def test_they_came_and_left(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        flighty = StubbornPeer(swarm, "10.0.0.5", m.HaveAll(), leaves_after=3)
        leecher = swarm.add(LEECHER, knows=[])
        tell(leecher, flighty.endpoint)
        await trio.sleep(20)
        found = only(leecher, "left")
        assert found.evidence == "1 peer was here and left: closed_by_peer (10.0.0.5:6881)"


async def test_the_blocklist_has_all_of_them(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[], blocks=lambda one: one.host.startswith("10.9."))
        tell(leecher, ABSENT, Endpoint("10.9.1.1", PORT))
        await trio.sleep(5)
        found = only(leecher, "blocked")
        assert found.facts == {"addresses": 2}
        assert "--blocklist" in found.remedy


async def test_the_tracker_says_no(seed, autojump_clock):
    swarm = swarm_of(seed)
    swarm.trackers.refusals[TRACKER] = "unregistered torrent"
    async with swarm.running():
        leecher = swarm.add(LEECHER, trackers=[[TRACKER]])
        await trio.sleep(30)
        causes = explained(leecher)
        assert list(causes) == ["no_peers", "tracker"]
        assert "unregistered torrent (tracker.example)" in causes["tracker"].evidence
        assert "knows nobody" not in causes["no_peers"].evidence


async def test_trackers_do_not_answer(seed, autojump_clock):
    swarm = swarm_of(seed)
    other = "http://other.example/announce"
    for url in (TRACKER, other):
        swarm.trackers.down(url, 0, 10**6)
    async with swarm.running():
        leecher = swarm.add(LEECHER, trackers=[[TRACKER], [other]])
        await trio.sleep(60)
        found = explained(leecher)["tracker"]
        assert found.facts == {"trackers": 2}
        assert found.evidence.startswith("all 2 trackers failed: tracker refused the connection")


async def test_they_choke_us(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        choking = [StubbornPeer(swarm, f"10.0.0.{n}", m.HaveAll()) for n in (5, 6)]
        leecher = swarm.add(LEECHER, knows=[], limits=STALLING)
        tell(leecher, *(one.endpoint for one in choking))
        await trio.sleep(45)
        found = only(leecher, "choked")
        assert found.facts["peers"] == 2
        assert 40 <= found.facts["seconds"] <= 45
        assert found.evidence.startswith("all 2 peers that have what is missing choke us, for 4")
        await leecher.over.wait()
        assert "all of 2 peers choke us" in str(leecher.outcome)
        assert list(explained(leecher)) == ["choked"]


async def test_they_choke_us_since_they_gave_something(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        fickle = StubbornPeer(
            swarm, "10.0.0.5", m.HaveAll(), m.Unchoke(), then=[m.Choke()], rejects=True
        )
        leecher = swarm.add(LEECHER, knows=[])
        await trio.sleep(30)
        tell(leecher, fickle.endpoint)
        await trio.sleep(10)
        found = only(leecher, "choked")
        assert 8 <= found.facts["seconds"] <= 10


async def test_nobody_has_a_piece(seed, autojump_clock):
    swarm = swarm_of(seed, pieces=8)
    async with swarm.running():
        poor = [
            StubbornPeer(swarm, "10.0.0.5", m.HaveNone()),
            StubbornPeer(swarm, "10.0.0.6", m.HaveNone()),
        ]
        leecher = swarm.add(LEECHER, knows=[], limits=STALLING)
        tell(leecher, *(one.endpoint for one in poor))
        await trio.sleep(40)
        found = only(leecher, "missing_pieces")
        assert found.facts == {"pieces": list(range(8)), "count": 8, "peers": 2}
        assert found.evidence == "none of 2 peers has 8 pieces, 0, 1, 2, 3, 4 …"
        await leecher.over.wait()
        assert "none of 2 peers has a piece that is missing" in str(leecher.outcome)


async def test_one_piece_is_lacking_everywhere(seed, autojump_clock):
    swarm = swarm_of(seed, pieces=8)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        leecher = swarm.add(LEECHER, knows=[])
        state = leecher.torrent.machine.state
        tell(leecher, StubbornPeer(swarm, "10.0.0.5", m.PieceBitfield(b"\xf7")).endpoint)
        await trio.sleep(20)
        causes = explained(leecher)
        assert list(causes) == ["missing_pieces", "choked"], "which is just as true"
        assert causes["missing_pieces"].evidence == "the only peer does not have piece 4"
        assert causes["missing_pieces"].facts["pieces"] == [4]
        assert state.have.count() == 0


async def test_those_who_let_us_ask_keep_silent(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        mute = StubbornPeer(swarm, "10.0.0.5", m.HaveAll(), m.Unchoke())
        leecher = swarm.add(LEECHER, knows=[])
        tell(leecher, mute.endpoint)
        await trio.sleep(5)
        assert "blocks are asked of 1 peer" in only(leecher, "waiting").evidence
        await trio.sleep(40)
        found = only(leecher, "snubbed")
        assert found.evidence == (
            "the only peer that we may ask has sent nothing for more than 20s (10.0.0.5:6881)"
        )


async def test_they_reject_what_is_asked(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        sour = StubbornPeer(swarm, "10.0.0.5", m.HaveAll(), m.Unchoke(), rejects=True)
        leecher = swarm.add(LEECHER, knows=[])
        tell(leecher, sour.endpoint)
        await trio.sleep(20)
        assert only(leecher, "rejected").facts == {"peers": 1}


async def test_the_disk_is_slow(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=60, piece_length=PIECE))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        swarm.offload = hanging = SlowDisk(LINE)
        hanging.seconds_per_piece = 100
        leecher = swarm.add(LEECHER, disk=DiskLimits(write_budget_bytes=BUDGET))
        await trio.sleep(60)
        found = only(leecher, "disk")
        assert found.facts["pieces"] == BUDGET // PIECE
        assert found.facts["seconds"] == pytest.approx(59, abs=2)
        assert "8 pieces wait for the disk (512.0 KiB), the oldest for 5" in found.evidence
        hanging.seconds_per_piece = 0.001
        await swarm.all_complete([leecher], within=600)


async def test_a_limit_holds_it_back(seed, autojump_clock):
    swarm = swarm_of(seed, pieces=400)
    async with swarm.running():
        rates = RateLimits(upload_bytes_per_second=50_000)
        seeder = swarm.add("10.0.0.1", whole=True, rate=LINE, rates=rates)
        swarm.add("10.0.0.2", whole=True, rate=LINE)
        limit = RateLimits(torrent_download_bytes_per_second=100_000)
        leecher = swarm.add(LEECHER, rates=limit)
        await trio.sleep(20)
        causes = explained(leecher)
        assert list(causes) == ["moving", "limit"]
        assert causes["limit"].facts["down_limit"] == 100_000
        assert causes["limit"].remedy == "raise --limit-down"
        leecher.torrent.set_limits(down=0)
        await trio.sleep(20)
        assert list(explained(leecher)) == ["moving"]
        limited = explained(seeder)
        assert list(limited) == ["moving", "limit"]
        assert limited["limit"].facts == {"up_limit": 50_000}


async def test_other_torrents_have_all_connections(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[])
        budget = Budget(5)
        leecher.torrent.machine.state.lent.connections._budget = budget
        Share(budget).use(5)
        tell(leecher, ABSENT)
        await trio.sleep(5)
        causes = explained(leecher)
        assert list(causes) == ["limit", "connecting"]
        assert "1 address is known and waits to be dialled" in causes["connecting"].evidence
        assert causes["limit"].evidence == (
            "other torrents have all connections that this process may have"
        )


@pytest.mark.parametrize(
    ("manner", "evidence", "fact"),
    [
        ("refuses", "the only peer refused", {"refused": 1}),
        ("keeps silent", "the only peer stayed silent", {"silent": 1}),
        ("has none", "the only peer has no metadata", {"no_metadata": 1}),
    ],
)
async def test_peers_do_not_give_the_metadata(seed, autojump_clock, manner, evidence, fact):
    swarm = swarm_of(seed)
    async with swarm.running():
        peer = OddPeer(swarm, "10.0.0.5", manner)
        limits = Limits(waits_for_peers=True, metadata_seconds=60)
        leecher = swarm.add(LEECHER, magnet=True, goal=Goal.METADATA, knows=[], limits=limits)
        tell(leecher, peer.endpoint)
        await trio.sleep(45)
        found = only(leecher, "metadata_refused")
        assert found.evidence == evidence
        assert found.facts == fact
        await leecher.over.wait()
        assert evidence in str(leecher.outcome)


async def test_metadata_was_asked_for_a_moment_ago(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        peer = OddPeer(swarm, "10.0.0.5", "keeps silent")
        leecher = swarm.add(LEECHER, magnet=True, goal=Goal.METADATA, knows=[])
        tell(leecher, peer.endpoint)
        await trio.sleep(3)
        found = only(leecher, "metadata_waiting")
        assert found.evidence.startswith("the only peer has not answered yet, 0 of ")


async def test_nobody_can_be_asked_for_metadata(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, magnet=True, knows=[])
        tell(leecher, ABSENT)
        await trio.sleep(30)
        assert only(leecher, "unreachable").facts["addresses"] == 1


async def test_the_device_is_down(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[], trackers=[[TRACKER]])
        tell(leecher, ABSENT)
        await trio.sleep(30)
        leecher.outage = "the device is down, bring it up first: tun0"
        found = only(leecher, "device_down")
        assert found.evidence == leecher.outage
        assert "--bind" in found.remedy


class NoDescriptors:
    """A network of a process that can open nothing more."""

    async def connect(self, remote: Endpoint) -> None:
        await trio.lowlevel.checkpoint()
        raise OutOfDescriptors(f"too many open files: {remote}", str(remote))


async def test_the_system_can_open_nothing_more(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[])
        leecher.torrent.world.network = NoDescriptors()
        tell(leecher, ABSENT)
        await trio.sleep(20)
        causes = explained(leecher)
        assert "ulimit -n" in causes.pop("open_files").remedy
        assert set(causes) == {"connecting"}, "nobody is said not to answer"
        assert leecher.warnings == ["open_files"]


async def test_web_seeds_are_of_no_use(seed, autojump_clock):
    swarm = swarm_of(seed, pieces=4)
    async with swarm.running():
        leecher = swarm.add(LEECHER, knows=[], web=WebUrls(files=("http://10.3.3.3/sample",)))
        await trio.sleep(4000)
        causes = explained(leecher)
        assert list(causes) == ["no_peers", "web_seeds"]
        assert "http://10.3.3.3/sample: " in causes["web_seeds"].evidence


async def test_a_seed_that_nobody_asks(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        alone = swarm.add("10.0.0.1", whole=True)
        await trio.sleep(30)
        assert only(alone, "idle").evidence == "no peer is connected"
        calm = StubbornPeer(swarm, "10.0.0.5", m.HaveNone())
        tell(alone, calm.endpoint)
        await trio.sleep(20)
        assert only(alone, "idle").evidence == "the only peer wants nothing"
        keen = StubbornPeer(swarm, "10.0.0.6", m.HaveNone(), m.Interested())
        tell(alone, keen.endpoint)
        await trio.sleep(20)
        found = only(alone, "idle")
        assert found.evidence == "1 of 2 peers may ask for pieces and do not"
        assert found.facts == {"peers": 2, "interested": 1, "served": 1}


async def test_a_torrent_that_was_stopped_tells_what_was_so_then(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        choking = StubbornPeer(swarm, "10.0.0.5", m.HaveAll())
        leecher = swarm.add(LEECHER, knows=[])
        tell(leecher, choking.endpoint)
        await trio.sleep(30)
        leecher.torrent.stop()
        await leecher.over.wait()
        await trio.sleep(1000)
        assert only(leecher, "choked").evidence.endswith("for 29s")
