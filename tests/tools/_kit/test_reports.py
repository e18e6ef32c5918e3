"""What torrents tell reaches programs as events and people as one bar."""

from dataclasses import replace

import pytest

from raincore.base.ids import InfoHash
from raincore.documents import events
from raintools._kit import reports
from raintools._kit.reports import EVENTS, Reporter

ONE, TWO = InfoHash(b"1" * 20), InfoHash(b"2" * 20)


class Common:
    """Stands for what the common options say."""

    quiet = False

    def __init__(self) -> None:
        self.written: list[events.Event] = []
        self.warnings: list[str] = []
        self.out = self

    def document(self, record) -> None:
        self.written.append(record)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Screen:
    """Takes the bar's place and remembers what was shown."""

    def __init__(self, name, total, **settings) -> None:
        self.name = name
        self.shown: list[tuple[int, int | None, str]] = []
        self.closed = False

    def rename(self, name) -> None:
        self.name = name

    def show(self, done, *, total=None, note="") -> None:
        self.shown.append((done, total, note))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def common() -> Common:
    return Common()


@pytest.fixture
def reporter(common, monkeypatch) -> Reporter:
    monkeypatch.setattr(reports, "Bar", Screen)
    return Reporter(common, write_events=False)


def progress(info_hash=ONE, **changes) -> events.Progress:
    facts = {
        "pieces_have": 1,
        "pieces_total": 4,
        "bytes_done": 1000,
        "bytes_total": 4000,
        "down_rate": 0,
        "up_rate": 0,
        "peers": 1,
    }
    return events.Progress(info_hash=info_hash, **{**facts, **changes})


def test_events_are_written_only_if_they_are_wanted(common, monkeypatch):
    monkeypatch.setattr(reports, "Bar", Screen)
    record = events.PieceDone(info_hash=ONE, index=3)
    Reporter(common, write_events=False).take("a", record)
    assert common.written == []
    Reporter(common, write_events=True).take("a", record)
    assert common.written == [record]


def test_a_warning_names_its_torrent(reporter, common):
    reporter.take("photos", events.Warning(info_hash=ONE, message="hash failed"))
    assert common.warnings == ["photos: hash failed"]


def test_the_bar_says_what_is_being_done(reporter):
    reporter.take("photos", events.Status(info_hash=ONE, status="checking"))
    assert reporter._bar.name == "checking photos"


def test_the_bar_shows_bytes_and_peers(reporter):
    reporter.take("photos", progress())
    assert reporter._bar.shown == [(1000, 4000, "1 peer")]


def test_the_bar_shows_rates_and_what_is_left(reporter):
    reporter.take("photos", progress(down_rate=100, up_rate=50, peers=2))
    [(_, _, note)] = reporter._bar.shown
    assert note.startswith("2 peers, ")
    assert "down, 30s left" in note
    assert note.endswith(" up")


def test_several_torrents_are_shown_together(reporter):
    reporter.take("a", progress(ONE))
    reporter.take("b", progress(TWO, bytes_done=500, bytes_total=1000, peers=3))
    reporter.take("a", progress(ONE, bytes_done=2000))
    assert reporter._bar.shown[-1] == (2500, 5000, "4 peers")


def test_an_unknown_total_is_not_shown_as_zero(reporter):
    reporter.take("a", progress(bytes_done=0, bytes_total=0))
    assert reporter._bar.shown == [(0, None, "1 peer")]


def test_the_bar_goes_away_at_the_end(reporter):
    with reporter:
        pass
    assert reporter._bar.closed


def test_every_kind_of_event_is_announced_in_the_schema():
    from raincore.documents import codec

    kinds = {
        codec.encode(r)["type"] for r in (progress(), events.PieceDone(info_hash=ONE, index=0))
    }
    assert kinds <= set(EVENTS)


def test_the_bar_shows_how_far_the_search_for_metadata_is(reporter):
    counts = dict.fromkeys(("unreachable", "no_metadata", "silent", "hung_up", "bad"), 0)
    sources = {"sources_tried": 0, "sources_failed": 0}
    record = events.MetadataProgress(
        info_hash=ONE,
        peers_tried=3,
        waiting=1,
        refused=2,
        bytes_have=16384,
        bytes_total=20000,
        **counts,
        **sources,
    )
    reporter.take("photos", record)
    assert reporter._bar.shown == [(16384, 20000, "3 peers tried, 2 of no use")]
    reporter.take("photos", replace(record, peers_tried=1, refused=0))
    assert reporter._bar.shown[-1] == (16384, 20000, "no metadata yet")
