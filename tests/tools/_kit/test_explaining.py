"""People are told why a torrent does not move: when they ask, when it fails, when it stands still."""

import os
import signal

import pytest
import trio
import trio.testing

from raincore.base.ids import InfoHash
from raincore.documents import events
from raintools._kit import exits
from raintools._kit.explaining import STALL_SECONDS, Explainer, deaf

ONE, TWO = InfoHash(b"1" * 20), InfoHash(b"2" * 20)


class Common:
    """Stands for what the common options say."""

    def __init__(self):
        self.written = []
        self.out = self
        self.outcome = exits.Outcome("rain-test")

    def document(self, record):
        self.written.append(record)


class Torrents:
    """A session whose torrents all say the same."""

    def __init__(self, *hashes):
        self.info_hashes = hashes
        self.torrents = self

    def all(self):
        return [type("Torrent", (), {"info_hash": one}) for one in self.info_hashes]

    def explain(self, info_hash):
        choked = events.Explanation(
            info_hash=info_hash, cause="choked", evidence="all choke us\x1b[2J", remedy="wait"
        )
        return [choked, events.Explanation(info_hash=info_hash, cause="limit", evidence="slow")]


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(exits, "say", lines.append)
    return lines


def explainer(*, write_events=False, unasked=True):
    made = Explainer(Common(), write_events=write_events, unasked=unasked)
    made.session = Torrents(ONE, TWO)
    return made


def progress(time, *, down=0):
    counts = {"pieces_have": 0, "pieces_total": 9, "bytes_done": 0, "bytes_total": 9, "peers": 0}
    return events.Progress(info_hash=ONE, time=time, down_rate=down, up_rate=0, **counts)


def test_each_reason_is_a_line_that_is_safe_for_a_terminal(said):
    made = explainer()
    made.take("photos", events.PieceDone(info_hash=ONE, index=0))
    made.explain(ONE)
    assert said == [
        "rain-test: photos: choked: all choke us\ufffd[2J; wait",
        "rain-test: photos: limit: slow",
    ]
    assert made._common.written == []


def test_programs_get_records_too(said):
    made = explainer(write_events=True)
    made.explain(ONE)
    assert [record.cause for record in made._common.written] == ["choked", "limit"]


def test_all_torrents_are_explained_by_name_or_hash(said):
    made = explainer()
    made.take("photos", events.PieceDone(info_hash=ONE, index=0))
    made.explain_all()
    assert [line.split(": ")[1] for line in said] == ["photos", "photos", TWO.hex(), TWO.hex()]


def test_without_a_torrent_that_is_said(said):
    made = explainer()
    made.session = None
    made.explain_all()
    made.session = Torrents()
    made.explain_all()
    assert said == ["rain-test: no torrent is running"] * 2
    made.session = None
    made.explain(ONE)
    assert len(said) == 2


def test_a_torrent_that_fails_is_explained_if_that_was_asked_for(said):
    failed = events.Status(info_hash=ONE, status="error", error="no progress")
    explainer(unasked=False).take("a", failed)
    assert not said
    explainer().take("a", failed)
    assert len(said) == 2
    explainer().take("a", events.Status(info_hash=ONE, status="stopped"))
    assert len(said) == 2


def test_a_torrent_that_stands_still_is_explained_once_until_it_moves(said):
    made = explainer()
    for second in range(int(STALL_SECONDS)):
        made.take("a", progress(second))
    assert not said
    for second in range(100):
        made.take("a", progress(STALL_SECONDS + second))
    assert len(said) == 2
    made.take("a", progress(200, down=5))
    made.take("a", progress(229))
    assert len(said) == 2
    made.take("a", progress(230))
    assert len(said) == 4
    made.take("a", events.Status(info_hash=ONE, status="downloading"))
    made.take("a", progress(300))
    assert len(said) == 4


async def test_a_signal_asks_at_any_time(said):
    deaf()
    made = explainer()
    os.kill(os.getpid(), signal.SIGUSR1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.listen)
        await trio.testing.wait_all_tasks_blocked()
        assert not said
        os.kill(os.getpid(), signal.SIGUSR1)
        with trio.fail_after(10):
            while len(said) < 4:
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert len(said) == 4


async def test_elsewhere_than_in_the_main_thread_signals_are_left_alone():
    before = signal.getsignal(signal.SIGUSR1)
    await trio.to_thread.run_sync(deaf)
    assert signal.getsignal(signal.SIGUSR1) is before
