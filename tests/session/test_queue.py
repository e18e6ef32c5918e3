"""No more torrents are active than may be; the others wait for their turn."""

from dataclasses import replace

import trio

from raincore import AddOptions, Session
from raincore.base.config import SessionRules
from raincore.documents.session_records import TorrentStatus
from raincore.session.queue import Queue


async def test_downloads_wait_for_a_place(torrent, config, reaches):
    few = replace(config, session=replace(config.session, max_active_downloads=1))
    with trio.fail_after(60):
        async with Session(few) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await reaches(one, TorrentStatus.DOWNLOADING)
            two = await session.add_torrent(torrent, AddOptions(id="b"))
            await reaches(two, TorrentStatus.QUEUED)
            assert [why.cause for why in two.explain()] == ["queued"]
            await one.stop()
            await reaches(two, TorrentStatus.DOWNLOADING)
            await one.start()
            await reaches(one, TorrentStatus.QUEUED)
        async with Session(few) as session:
            await reaches(session.get("a"), TorrentStatus.DOWNLOADING)
            await reaches(session.get("b"), TorrentStatus.QUEUED)
            session.reconfigure(config)
            await reaches(session.get("b"), TorrentStatus.DOWNLOADING)


async def test_a_place_is_lost_when_there_are_fewer(torrent, config, reaches):
    few = replace(config, session=replace(config.session, max_active_downloads=1))
    with trio.fail_after(60):
        async with Session(config) as session:
            both = [await session.add_torrent(torrent) for _ in range(2)]
            for one in both:
                await reaches(one, TorrentStatus.DOWNLOADING)
            assert session.reconfigure(few) == []
            await reaches(both[1], TorrentStatus.QUEUED)
            assert both[0].status is TorrentStatus.DOWNLOADING


class Life:
    """As much of a torrent as the queue looks at; counts how often it is asked."""

    looks = 0
    info, known, is_complete = object(), object(), True
    error = ""

    def __init__(self, id: str, log: list[str]) -> None:
        self.id, self.log = id, log
        self.started, self.run = True, None

    @property
    def wants_run(self) -> bool:
        Life.looks += 1
        return self.started

    def wake(self) -> None:
        self.log.append(f"+{self.id}")
        self.run = Running()

    def end_run(self) -> None:
        self.log.append(f"-{self.id}")
        self.run = None


class Running:
    status = TorrentStatus.SEEDING
    stopping_since = None


def seeds(count: int, limit: int):
    """A queue of seeds, as decided the first time; and what it has told them since."""
    log: list[str] = []
    lives = {str(number): Life(str(number), log) for number in range(count)}
    queue = Queue(lives, SessionRules(max_active_seeds=limit))
    queue.decide()
    log.clear()
    return queue, lives, log


def test_a_place_that_is_freed_among_thousands_is_given_away_by_looking_at_a_few():
    queue, lives, log = seeds(5000, 10)
    Life.looks = 0
    for number in range(10):
        lives[str(number)].started = False
        lives[str(number)].run = None
        queue.mark(str(number))
        queue.decide()
        queue.mark(str(number + 10))  # it runs now
        queue.decide()
    assert log == [f"+{number}" for number in range(10, 20)]
    assert Life.looks <= 10 * 6


def test_a_decision_without_news_looks_at_nobody():
    queue, _, log = seeds(1000, 10)
    Life.looks = 0
    queue.decide()
    queue.decide()
    assert (Life.looks, log) == (0, [])


def test_who_is_started_again_while_it_still_ends_waits_for_who_has_its_place_now():
    queue, lives, log = seeds(2, 1)
    lives["0"].run.stopping_since, lives["0"].started = 1.0, False
    queue.mark("0")
    queue.decide()
    assert log == ["+1"]
    lives["0"].started = True
    queue.mark("1")
    queue.mark("0")
    queue.decide()
    assert lives["1"].run is not None
    assert not queue.may_run("0")


def test_who_is_gone_makes_place_and_another_of_that_id_is_the_youngest():
    queue, lives, log = seeds(3, 1)
    lives["0"] = Life("0", log)
    del lives["1"]
    lives["0"], lives["2"] = lives.pop("0"), lives["2"]
    for id in ("0", "1"):
        queue.mark(id)
    queue.decide()
    assert log == ["+2"]


def test_a_check_that_waits_for_its_disk_keeps_nobody_from_checking():
    log: list[str] = []
    lives = {id: Life(id, log) for id in "abc"}
    for life in lives.values():
        life.known = None
    queue = Queue(lives, SessionRules(max_active_checks=1))
    queue.decide()
    assert log == ["+a"]
    lives["a"].run.status = TorrentStatus.VERIFYING
    queue.mark("a")
    queue.decide()
    assert log == ["+a"], "it is hashed"
    lives["a"].error = "the content is gone"
    queue.mark("a")
    queue.decide()
    assert log == ["+a", "+b"]
    lives["b"].run.status = TorrentStatus.VERIFYING
    lives["a"].error = ""
    for id in "ab":
        queue.mark(id)
    queue.decide()
    assert log == ["+a", "+b", "-b"], "the disk is back, and the oldest goes first"


def test_without_limits_nobody_is_looked_at():
    queue, lives, log = seeds(10, 0)
    Life.looks = 0
    queue.mark("1")
    queue.decide()
    assert (Life.looks, log, queue.may_run("x")) == (0, [], True)
    queue.take(SessionRules(max_active_seeds=2))
    for life in lives.values():
        life.run = Running()
    queue.decide()
    assert log == [f"-{number}" for number in range(2, 10)]
