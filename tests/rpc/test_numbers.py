"""Numbers are written once for as long as they are the same object, and of what stands still."""

from dataclasses import replace

import pytest

from raincore.documents.session_records import TorrentStats, TorrentStatus
from raincore.rpc import numbers as numbers_module
from raincore.rpc import stats_json
from raincore.rpc.numbers import STANDING, Numbers

STATS = TorrentStats(info_hash="00" * 20, port=1, name="n", file_count=3)


def test_the_same_numbers_are_written_once():
    numbers = Numbers()
    first = numbers.of("a", STATS)
    assert first == stats_json.of(STATS)
    assert numbers.of("a", STATS) is first


def test_other_numbers_are_written_anew_and_the_latest_are_kept():
    numbers = Numbers()
    numbers.of("a", STATS)
    later = replace(STATS, file_count=4)
    assert numbers.of("a", later) == stats_json.of(later)
    assert numbers.of("a", later) is numbers.of("a", later)
    assert numbers.of("a", STATS) == stats_json.of(STATS)


def test_torrents_of_one_info_hash_are_not_mistaken_for_each_other():
    numbers = Numbers()
    other = replace(STATS, name="other")
    assert numbers.of("a", STATS) != numbers.of("b", other)
    assert numbers.of("a", STATS) == stats_json.of(STATS)


@pytest.mark.parametrize("status", list(TorrentStatus))
def test_nothing_is_kept_of_a_torrent_that_runs(status):
    numbers = Numbers()
    numbers.of("a", STATS)
    stats = replace(STATS, status=status)
    assert numbers.of("a", stats) == stats_json.of(stats)
    assert len(numbers) == (1 if status in STANDING else 0)
    numbers.of("b", replace(STATS, status=TorrentStatus.SEEDING))
    assert len(numbers) == (1 if status in STANDING else 0)


def test_torrents_that_are_gone_are_forgotten_when_they_are_many(monkeypatch):
    monkeypatch.setattr(numbers_module, "SPARE", 2)
    numbers = Numbers()
    for id in "abcd":
        numbers.of(id, STATS)
    numbers.weed(1)
    assert len(numbers) == 4
    numbers.weed(0)
    assert len(numbers) == 0
