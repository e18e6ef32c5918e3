"""A hybrid is announced under both hashes, by one schedule."""

from raincore.base.bitfield import Bitfield
from raincore.base.endpoint import Endpoint
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.swarm import announcing
from raincore.swarm.commands import Announce, Dial, Finish, JoinSwarm
from raincore.swarm.events import (
    Announced,
    AnnounceFailed,
    ContentChecked,
    SourceFetched,
    Started,
    StopRequested,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Limits
from raincore.wire.announce import AnnounceEvent, AnnounceReply
from tests.playbook import Playbook
from tests.sim.v2_content import v2_sample
from tests.swarm.swarm_world import info_of, machine_of

URL = "http://a.example/announce"
SAMPLE = v2_sample(hybrid=True)
HYBRID = SAMPLE.info
assert HYBRID.info_hash is not None
assert HYBRID.info_hash_v2 is not None
V1, V2 = HYBRID.info_hash, HYBRID.info_hash_v2.truncated()
EMPTY = AnnounceReply(interval=1800.0, seeds=0, leechers=1)
PEER = Endpoint("192.0.2.9", 6881)


class Talk(Playbook):
    """A hybrid with one tracker; its announces are kept as (hash, event)."""

    def __init__(self, machine: TorrentMachine) -> None:
        super().__init__(machine)
        self.others: list[object] = []

    def said(self) -> list[tuple[bytes, str]]:
        told = []
        for command in self.skip():
            if isinstance(command, Announce):
                assert command.other is (command.request.info_hash != self.machine.state.info_hash)
                told.append((command.request.info_hash, command.request.event.name))
            else:
                self.others.append(command)
        return told


def begun() -> Talk:
    """A download whose tracker has just been told of both."""
    limits = Limits(waits_for_peers=True)
    t = Talk(machine_of(HYBRID, trackers=[[URL]], limits=limits))
    t >> Started()
    t.skip()
    t >> ContentChecked(Bitfield(HYBRID.geometry.piece_count))
    t.wait(0.0)
    assert t.said() == [(V1, "STARTED"), (V2, "STARTED")]
    return t


def test_both_are_announced_and_the_peers_of_each_are_dialled_there() -> None:
    t = begun()
    t >> Announced(URL, EMPTY)
    t >> Announced(URL, AnnounceReply(interval=1800.0, peers=(PEER,)), other=True)
    t << Dial(PEER, V2)
    told = [one for one in t.records if isinstance(one, records.TrackerEvent)]
    assert [one.info_hash for one in told] == [V1, V2]
    assert [one.next_in is None for one in told] == [False, True]


def test_both_are_told_again_and_in_the_end_that_we_leave() -> None:
    t = begun()
    t >> Announced(URL, EMPTY) >> Announced(URL, EMPTY, other=True)
    t.wait(2000.0)
    assert t.said() == [(V1, "NONE"), (V2, "NONE")]
    t >> Announced(URL, EMPTY) >> Announced(URL, EMPTY, other=True) >> StopRequested()
    assert t.said() == [(V1, "STOPPED"), (V2, "STOPPED")]


def test_who_has_heard_of_both_is_not_told_once_more_when_all_is_there() -> None:
    t = begun()
    t >> Announced(URL, EMPTY) >> Announced(URL, EMPTY, other=True)
    announcing.begin(t.machine.state, t.now)
    assert t.machine.state.take_commands(t.now) == []


def test_when_a_link_turns_out_to_be_a_hybrid_its_trackers_hear_of_the_other_hash_at_once() -> None:
    t = Talk(
        machine_of(magnet=HYBRID, hashes=InfoHashes(V1), trackers=[[URL]], sources=["http://s/"])
    )
    t >> Started()
    t.said()
    t.wait(0.0)
    assert t.said() == [(V1, "STARTED")]
    t >> Announced(URL, EMPTY)
    t >> SourceFetched("http://s/", HYBRID.raw)
    assert t.said() == []
    assert JoinSwarm(V2) in t.others
    t >> ContentChecked(Bitfield(HYBRID.geometry.piece_count))
    assert t.said() == [(V2, "STARTED")]


def test_who_never_heard_of_the_other_hash_is_not_told_that_we_leave_it() -> None:
    t = Talk(machine_of(magnet=HYBRID, hashes=InfoHashes(V1), trackers=[[URL]], sources=["x"]))
    t >> Started()
    t.said()
    t.wait(0.0)
    t.skip()
    t >> Announced(URL, EMPTY) >> SourceFetched("x", HYBRID.raw)
    t.skip()
    t >> StopRequested()
    assert t.said() == [(V1, "STOPPED")]
    assert t.others[-1] == Finish(None)


def test_a_torrent_of_one_swarm_is_announced_once() -> None:
    t = Talk(machine_of(info_of(), trackers=[[URL]]))
    t >> Started()
    t.skip()
    t >> ContentChecked(Bitfield(4))
    t.wait(0.0)
    assert [event for _, event in t.said()] == [AnnounceEvent.STARTED.name]


def test_a_tracker_that_took_us_for_the_other_swarm_only_hears_that_we_leave_it() -> None:
    t = begun()
    t >> AnnounceFailed(URL, "not registered", None) >> Announced(URL, EMPTY, other=True)
    t.skip()
    t >> StopRequested()
    assert t.said() == [(V2, "STOPPED")]
