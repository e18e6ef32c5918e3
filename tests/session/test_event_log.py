"""Events come in order, once, to whoever follows; who has missed some is told."""

import trio
import trio.testing

from raincore.session import event_log
from raincore.session.event_log import EventLog


def make(first: int = 100) -> EventLog:
    return EventLog(lambda: 5.0, first)


async def take(log: EventLog, count: int, since: int | None = None) -> list[tuple[int, str]]:
    found = []
    with trio.fail_after(5):
        async for event in log.follow(since):
            found.append((event.revision, event.kind))
            if len(found) == count:
                return found
    return found


async def test_who_follows_hears_what_comes(autojump_clock):
    log = make()
    heard = []

    async def follow() -> None:
        heard.extend(await take(log, 3))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow)
        await trio.testing.wait_all_tasks_blocked()
        log.add("a", "added")
        await trio.testing.wait_all_tasks_blocked()
        log.add("a", "status", status="Seeding")
        log.add("a", "removed")
    assert heard == [(101, "added"), (102, "status"), (103, "removed")]


async def test_following_goes_on_where_it_ended():
    log = make()
    for kind in ("added", "status", "completed"):
        log.add("a", kind)
    assert await take(log, 2, since=101) == [(102, "status"), (103, "completed")]


async def test_who_is_too_late_or_of_another_run_is_told(monkeypatch):
    monkeypatch.setattr(event_log, "MAX_EVENTS", 2)
    log = make()
    for _ in range(4):
        log.add("a", "status")
    log.add("a", "removed")
    for since in (5, 100, 102, 999):
        assert await take(log, 1, since=since) == [(105, "lost")]
    assert await take(log, 1, since=103) == [(104, "status")]


async def test_nothing_is_lost_to_who_has_heard_everything(autojump_clock):
    log = make()
    with trio.move_on_after(1) as scope:
        await take(log, 1, since=100)
    assert scope.cancelled_caught


def test_removals_are_remembered_for_a_while(monkeypatch):
    monkeypatch.setattr(event_log, "MAX_REMOVED", 2)
    log = make()
    assert log.removed_since(100) == ()
    assert log.removed_since(99) is None
    for id in "abc":
        log.add(id, "removed")
    assert log.removed_since(101) == ("b", "c")
    assert log.removed_since(103) == ()
    assert log.removed_since(100) is None
    assert log.removed_since(104) is None
