"""Records as rain's JSON: what raw replies in test_methods do not show."""

import time

import pytest

from raincore.documents.session_records import SessionEvent, TorrentStats, TorrentSummary
from raincore.rpc import views


@pytest.fixture
def zone(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    views.local_time.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    views.local_time.cache_clear()


def test_times_have_the_local_offset_and_seconds(zone):
    assert views.moment(1_772_359_200.9) == "2026-03-01T15:30:00+05:30"


def test_no_time_is_gos_zero():
    assert views.moment(None) == views.moment(0) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("eta", "told"),
    [
        (None, -1),
        (0, 0),
        (59, 59),
        (63, 65),
        (301, 300),
        (494, 495),
        (1000, 990),
        (2000, 1980),
        (4000, 3900),
        (8000, 8100),
        (15000, 14400),
        (30000, 28800),
    ],
)
def test_an_estimate_is_told_no_finer_than_it_can_be_known(eta, told):
    stats = TorrentStats(info_hash="", port=0, name="", eta_seconds=eta)
    assert views.torrent_stats(stats)["ETA"] == told


def test_a_summary_has_more_than_rain_tells():
    row = TorrentSummary(id="a", name="n", info_hash="00" * 20, labels=("x",), revision=3)
    shown = views.summary(row)
    assert views.torrent(row).items() <= shown.items()
    assert shown["Labels"] == ["x"]
    assert shown["Status"] == "Stopped"
    assert shown["CompletedAt"] == "0001-01-01T00:00:00Z"


def test_events_have_milliseconds(zone):
    shown = views.event(SessionEvent(revision=1, time=1_772_359_200.25, id="a", kind="added"))
    assert shown["Time"] == "2026-03-01T15:30:00.250+05:30"
