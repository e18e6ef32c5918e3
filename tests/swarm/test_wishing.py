"""Trackers come and go while a torrent runs, and are asked when the user says so."""

import math
from dataclasses import replace

from raincore.base.config import Config, PeerLimits, TrackerLimits, UploadLimits
from raincore.base.endpoint import Endpoint
from raincore.swarm.commands import Announce, Dial
from raincore.swarm.events import Announced, AnnounceFailed, PeersFound, Sealed
from raincore.swarm.state import Goal
from raincore.swarm.wish_events import AnnounceWanted, SettingsChanged, TrackersChanged
from raincore.wire.announce import AnnounceEvent, AnnounceReply
from tests.swarm.swarm_world import config, ready_machine

A, B = "http://a.example/announce", "http://b.example/announce"
NOBODY = AnnounceReply(interval=1800.0, min_interval=60.0)
STARTED, STOPPED = AnnounceEvent.STARTED, AnnounceEvent.STOPPED


def announces(commands) -> list[tuple[str, AnnounceEvent]]:
    return [(c.url, c.request.event) for c in commands if isinstance(c, Announce)]


def due(machine, now: float) -> list[tuple[str, AnnounceEvent]]:
    """What trackers are told until then."""
    told = []
    while machine.next_timer() <= now:
        told += announces(machine.handle_timer(machine.next_timer()))
    return told


def test_an_announce_comes_early_when_it_is_wanted_but_not_too_early():
    machine = ready_machine(trackers=[[A]])
    assert due(machine, 1000.0) == [(A, STARTED)]
    machine.handle(Announced(A, NOBODY), 1001.0)
    machine.handle(AnnounceWanted(), 1002.0)
    assert due(machine, 1050.0) == []
    assert due(machine, 1080.0) == [(A, AnnounceEvent.NONE)]


def test_a_new_tracker_is_asked_at_once():
    machine = ready_machine(trackers=[[A]])
    due(machine, 1000.0)
    machine.handle(Announced(A, NOBODY), 1001.0)
    machine.handle(TrackersChanged(added=(B,)), 1002.0)
    assert due(machine, 1003.0) == [(B, STARTED)]
    machine.handle(TrackersChanged(added=(B,)), 1004.0)
    assert machine.state.tiers.urls == (A, B)
    assert due(machine, 1005.0) == []


def test_a_torrent_without_trackers_gets_its_first():
    machine = ready_machine()
    assert machine.state.tracker_key == 0
    machine.handle(TrackersChanged(added=(A,)), 1001.0)
    assert due(machine, 1002.0) == [(A, STARTED)]
    assert machine.state.tracker_key != 0


def test_a_tracker_that_knows_us_hears_that_it_is_removed():
    machine = ready_machine(trackers=[[A]])
    due(machine, 1000.0)
    machine.handle(Announced(A, NOBODY), 1001.0)
    assert announces(machine.handle(TrackersChanged(removed=(A,)), 1002.0)) == [(A, STOPPED)]
    assert machine.state.trackers == {}
    assert due(machine, 10000.0) == []
    machine.handle(TrackersChanged(removed=(A,)), 1002.0)


def test_what_a_removed_tracker_still_answers_counts_no_more():
    machine = ready_machine(trackers=[[A], [B]])
    assert due(machine, 1000.0) == [(A, STARTED)]
    machine.handle(TrackersChanged(removed=(A,)), 1001.0)
    for event in (Announced(A, NOBODY), AnnounceFailed(A, "x", None)):
        machine.handle(event, 1002.0)
    assert A not in machine.state.silent_trackers
    assert due(machine, 1003.0) == [(B, STARTED)]
    machine.handle(AnnounceFailed(B, "x", math.inf), 1004.0)
    assert B in machine.state.silent_trackers
    machine.handle(TrackersChanged(removed=(B,)), 1005.0)
    assert not machine.state.silent_trackers


def seed(trackers, announce_at):
    machine = ready_machine(
        have=range(4), goal=Goal.SEED, trackers=trackers, announce_at=announce_at
    )
    machine.handle(Sealed(), 1000.0)
    return machine


def test_a_tracker_that_was_told_lately_is_told_when_it_is_time():
    machine = seed([[A], [B]], {A: 1500.0, "http://gone": 1.0})
    assert due(machine, 1000.0) == [(B, STARTED)]
    machine.handle(AnnounceFailed(B, "x", 3000.0), 1001.0)
    assert due(machine, 1499.0) == []
    assert due(machine, 1500.0) == [(A, STARTED)]


def test_a_seed_that_no_tracker_knows_takes_its_turn():
    machine = ready_machine(have=range(4), goal=Goal.SEED, trackers=[[A], [B]])
    machine.state.seed_turns = lambda: {A: 1300.0, B: 1300.0}
    machine.handle(Sealed(), 1000.0)
    assert due(machine, 1299.0) == []
    assert due(machine, 1300.0) == [(A, STARTED)]


def test_who_has_asked_for_peers_tells_at_once_that_it_is_complete():
    machine = ready_machine(trackers=[[A]])
    machine.state.seed_turns = lambda: {A: 1300.0}
    assert due(machine, 1000.0) == [(A, STARTED)]
    assert machine.state.trackers[A].schedule.next_time == math.inf


def test_the_user_does_not_wait_for_that_time():
    machine = seed([[A]], {A: 1500.0})
    assert due(machine, 1010.0) == []
    machine.handle(AnnounceWanted(), 1020.0)
    assert due(machine, 1020.0) == [(A, STARTED)]


def test_nor_does_a_torrent_that_lacks_something_and_knows_nobody():
    machine = ready_machine(trackers=[[A]], announce_at={A: 1500.0})
    assert due(machine, 1000.0) == [(A, STARTED)]


def test_other_settings_hold_at_once():
    machine = ready_machine(trackers=[[A]], settings=config(uploads=UploadLimits(slots=1)))
    due(machine, 1000.0)
    machine.handle(Announced(A, NOBODY), 1001.0)
    peers = PeerLimits(max_addresses=2, max_dialled=0)
    limits = TrackerLimits(min_interval_seconds=600.0)
    other = Config(peers=peers, uploads=UploadLimits(slots=5), trackers=limits)
    machine.handle(SettingsChanged(other), 1002.0)
    state = machine.state
    assert state.config is other
    found = tuple(Endpoint(f"192.0.2.{n}", 1) for n in range(1, 9))
    assert not any(isinstance(c, Dial) for c in machine.handle(PeersFound("manual", found), 1003.0))
    assert len(state.candidates) == 2
    schedule = state.trackers[A].schedule
    schedule.begin(1004.0)
    schedule.succeeded(60.0, None, 1004.0)
    assert schedule.next_time >= 1604
    state.choker.decide([], 1005.0, seeding=True, new_round=True)
    assert state.choker.slots == 5
    more = replace(other, peers=PeerLimits())
    assert any(isinstance(c, Dial) for c in machine.handle(SettingsChanged(more), 1006.0))
