"""Rows are written once for as long as they say the same, and never out of date."""

from dataclasses import fields, replace

import pytest

from raincore.documents.session_records import TorrentStats, TorrentStatus, TorrentSummary
from raincore.rpc import rows as rows_module
from raincore.rpc import stats_json, views
from raincore.rpc.rows import Rows
from raincore.wire import jsonrpc

ROW = TorrentSummary(id="a", name="n", info_hash="00" * 20, labels=("x",), revision=3)
STATS = TorrentStats(info_hash="00" * 20, port=1, name="n", file_count=3)
OTHERWISE = {
    "id": "b",
    "name": "other",
    "info_hash": "11" * 20,
    "info_hash_v2": "22" * 32,
    "port": 1,
    "added_at": 1_772_359_200.0,
    "status": TorrentStatus.SEEDING,
    "error": "disk full",
    "labels": ("x", "y"),
    "completed_at": 1_772_359_200.0,
    "revision": 4,
}


@pytest.fixture
def written():
    """What was asked of the view."""
    return []


@pytest.fixture
def rows(written):
    def view(row):
        written.append(row)
        return jsonrpc.written(views.summary(row))

    return Rows(view)


def test_the_same_row_is_written_once(rows, written):
    assert rows.of(ROW.id, ROW) == jsonrpc.written(views.summary(ROW))
    assert rows.of(ROW.id, ROW) is rows.of(ROW.id, replace(ROW))
    assert written == [ROW]


@pytest.mark.parametrize("field", [field.name for field in fields(TorrentSummary)])
def test_a_row_that_differs_in_any_field_is_written_anew(rows, field):
    rows.of(ROW.id, ROW)
    other = replace(ROW, **{field: OTHERWISE[field]})
    assert rows.of(ROW.id, other) == jsonrpc.written(views.summary(other)) != rows.of(ROW.id, ROW)


def test_rows_of_torrents_that_are_gone_are_forgotten_when_they_are_many(rows):
    for number in range(rows_module.SPARE + 20):
        rows.of(str(number), replace(ROW, id=str(number)))
        rows.weed(10)
    assert len(rows) == rows_module.SPARE + 20
    rows.of("one more", ROW)
    rows.weed(10)
    assert len(rows) == 0


# --- the numbers of torrents ---------------------------------------------------------------


@pytest.fixture
def numbers():
    return Rows(stats_json.of, stats_json.stand_still)


def test_the_same_numbers_are_written_once(numbers):
    first = numbers.of("a", STATS)
    assert first == stats_json.of(STATS)
    assert numbers.of("a", STATS) is first


def test_other_numbers_are_written_anew_and_the_latest_are_kept(numbers):
    numbers.of("a", STATS)
    later = replace(STATS, file_count=4)
    assert numbers.of("a", later) == stats_json.of(later)
    assert numbers.of("a", later) is numbers.of("a", later)
    assert numbers.of("a", STATS) == stats_json.of(STATS)


def test_torrents_of_one_info_hash_are_not_mistaken_for_each_other(numbers):
    other = replace(STATS, name="other")
    assert numbers.of("a", STATS) != numbers.of("b", other)
    assert numbers.of("a", STATS) == stats_json.of(STATS)


@pytest.mark.parametrize("status", list(TorrentStatus))
def test_nothing_is_kept_of_the_numbers_of_a_torrent_that_runs(numbers, status):
    numbers.of("a", STATS)
    stats = replace(STATS, status=status)
    assert numbers.of("a", stats) == stats_json.of(stats)
    kept = 1 if status in (TorrentStatus.STOPPED, TorrentStatus.QUEUED) else 0
    assert len(numbers) == kept
    numbers.of("b", replace(STATS, status=TorrentStatus.SEEDING))
    assert len(numbers) == kept
