"""The template writes what the view says, whatever the numbers are."""

import random
from dataclasses import fields, is_dataclass, replace

import pytest

from raincore.documents.session_records import TorrentStats, TorrentStatus
from raincore.rpc import stats_json, views
from raincore.wire import jsonrpc

TEXTS = ("", "plain", 'quo"te\\', "<b>&amp;", "日本\x00\x1b\u202e", "half \ud800")


def other(value, dice):
    """Another value of the same kind."""
    if is_dataclass(value):
        return replace(
            value, **{f.name: other(getattr(value, f.name), dice) for f in fields(value)}
        )
    if isinstance(value, TorrentStatus):
        return dice.choice(list(TorrentStatus))
    if isinstance(value, bool):
        return dice.random() < 0.5
    if isinstance(value, str):
        return dice.choice(TEXTS)
    if isinstance(value, float):
        return dice.random()
    return dice.choice([0, 1, dice.getrandbits(20), 2**63 - 1])


@pytest.mark.parametrize("number", range(50))
def test_it_is_the_view_to_the_byte(number):
    dice = random.Random(number)
    stats = other(TorrentStats(info_hash="", port=0, name=""), dice)
    stats = replace(stats, eta_seconds=dice.choice([None, 0, 494, 10**6]))
    assert stats_json.of(stats) == jsonrpc.written(views.torrent_stats(stats))


def test_of_a_torrent_that_is_alone_the_same_bytes_are_taken():
    stats = TorrentStats(info_hash="0a" * 20, port=1, name="n")
    assert stats_json.of(stats) == jsonrpc.written(views.torrent_stats(stats))
    assert stats_json.crowd(stats) is stats_json.ALONE
