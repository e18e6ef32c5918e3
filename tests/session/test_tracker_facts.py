"""What trackers said is remembered as people are told it."""

import math

from raincore.base.ids import InfoHash
from raincore.documents.events import TrackerEvent
from raincore.documents.session_records import TrackerStatus
from raincore.session.tracker_facts import TrackerFacts
from tests.swarm.swarm_world import ready_machine

A, B, C = "http://a/x", "http://b/x", "udp://c:1"
TIERS = ((A, B), (C,))


def event(url: str, **facts) -> TrackerEvent:
    return TrackerEvent(info_hash=InfoHash(bytes(20)), url=url, **facts)


def test_trackers_come_tier_by_tier():
    views = TrackerFacts().views(TIERS, None, 0.0, 100.0)
    assert [(one.url, one.tier, one.current) for one in views] == [
        (A, 0, True),
        (B, 0, False),
        (C, 1, True),
    ]
    assert {one.status for one in views} == {TrackerStatus.NOT_CONTACTED}


def test_answers_and_failures_are_told():
    machine = ready_machine(trackers=TIERS)
    facts = TrackerFacts()
    facts.take(event(A, peers=1, seeds=2, leechers=3, next_in=60), 100.0)
    facts.take(event(B, error="no\x1b", next_in=5), 100.0)
    facts.take(event(A, seeds=7, leechers=8, downloads=9), 100.0)
    one, two, _ = facts.views(TIERS, machine.state, 0.0, 100.0)
    assert (one.status, one.seeders, one.leechers) == (TrackerStatus.WORKING, 7, 8)
    assert (one.last_announce, one.next_announce) == (100.0, 160.0)
    assert (two.status, two.error) == (TrackerStatus.NOT_WORKING, "no�")
    assert facts.next_times() == {A: 160.0}
    assert facts.views(TIERS, None, 0.0, 100.0)[0].next_announce is None


def test_who_was_asked_and_has_not_answered_is_being_contacted():
    machine = ready_machine(trackers=((A,),))
    machine.handle_timer(1000.0)
    [view] = TrackerFacts().views(((A,),), machine.state, 1000.0, 100.0)
    assert view.status is TrackerStatus.CONTACTING
    assert machine.state.trackers[A].is_news("beware")
    assert TrackerFacts().views(((A,),), machine.state, 1000.0, 100.0)[0].warning == "beware"


def test_times_are_those_of_the_present_clock():
    machine = ready_machine(trackers=((A,),))
    machine.handle_timer(1000.0)
    schedule = machine.state.trackers[A].schedule
    schedule.succeeded(1800.0, None, 1000.0)
    left = schedule.next_time - 1010.0
    facts = TrackerFacts()
    facts.take(event(A, peers=1, next_in=1800), 100.0)
    [view] = facts.views(((A,),), machine.state, 1010.0, 50.0)
    assert (view.last_announce, view.next_announce) == (50.0, 50.0 + left)
    [view] = facts.views(((A,),), machine.state, 1010.0, 9000.0)
    assert (view.last_announce, view.next_announce) == (100.0, 9000.0 + left)


def test_who_is_never_asked_again_has_no_next_time():
    machine = ready_machine(trackers=((A,),))
    machine.handle_timer(1000.0)
    machine.state.trackers[A].schedule.failed(math.inf, 1000.0)
    facts = TrackerFacts()
    facts.take(event(A, error="never", next_in=5), 100.0)
    [view] = facts.views(((A,),), machine.state, 1010.0, 9000.0)
    assert view.next_announce is None
