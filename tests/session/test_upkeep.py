"""Torrents that have reached their limits stop, and those that do not get on are cut off."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import trio

from raincore import AddOptions, Session, TorrentOptions
from raincore.base.config import SessionRules
from raincore.documents.session_records import TorrentStatus
from raincore.session.upkeep import limit_reached
from raincore.storage.torrent_record import Counts


def life(uploaded: int = 0, seeded: float = 0.0, **wishes) -> SimpleNamespace:
    counts = Counts(uploaded=uploaded, seeded_seconds=seeded)
    return SimpleNamespace(
        record=SimpleNamespace(options=TorrentOptions(**wishes)),
        counts=lambda: counts,
        ratio=lambda: uploaded / 100,
        uploaded_until=(0, 0.0),
    )


@pytest.mark.parametrize(
    ("torrent", "rules", "reason"),
    [
        (life(uploaded=200), {}, ""),
        (life(uploaded=200), {"seed_ratio": 2.0}, "it has given enough: ratio 2"),
        (life(uploaded=199), {"seed_ratio": 2.0}, ""),
        (life(uploaded=200, seed_ratio=3.0), {"seed_ratio": 2.0}, ""),
        (life(uploaded=300, seed_ratio=3.0), {}, "it has given enough: ratio 3"),
        (life(seeded=60.0), {"seed_seconds": 60.0}, "it was seeded long enough: 60 s"),
        (life(seeded=60.0, seed_seconds=61.0), {"seed_seconds": 60.0}, ""),
    ],
)
def test_limits_of_the_torrent_go_before_those_of_the_session(torrent, rules, reason):
    assert limit_reached(torrent, SessionRules(**rules), 1000.0) == reason


def test_a_torrent_that_nobody_wants_stops():
    torrent, rules = life(uploaded=5), SessionRules(seed_idle_seconds=100.0)
    assert limit_reached(torrent, rules, 1000.0) == ""
    assert limit_reached(torrent, rules, 1099.0) == ""
    torrent.counts = lambda: Counts(uploaded=6)
    assert limit_reached(torrent, rules, 1100.0) == ""
    assert limit_reached(torrent, rules, 1200.0) == "nobody has wanted anything for 100 s"


async def test_a_limit_stops_a_seeding_torrent_for_good(torrent, config, put):
    rules = replace(config.session, seed_seconds=0.5, health_check_interval_seconds=1.0)
    with trio.fail_after(60):
        async with Session(replace(config, session=rules)) as session:
            put("a")
            begin = session.changes_since(0).revision
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_stopped()
            async for event in session.events(begin):
                if event.code == "limit":
                    assert event.message == "it was seeded long enough: 0.5 s"
                    break
        async with Session(config) as session:
            assert session.get("a").status is TorrentStatus.STOPPED


async def test_a_torrent_that_does_not_stop_is_cut_off(torrent, config, put, monkeypatch):
    from raincore.engine.torrent import Torrent

    rules = replace(
        config.session, health_check_interval_seconds=1.0, health_check_timeout_seconds=0.5
    )
    with trio.fail_after(60):
        async with Session(replace(config, session=rules)) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            monkeypatch.setattr(Torrent, "stop", lambda self: None)
            await one.stop()
            assert one.status is TorrentStatus.STOPPING
            await one.wait_stopped()
            assert one.status is TorrentStatus.STOPPED
