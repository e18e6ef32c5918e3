"""Our commands find each other by a real tracker, and by nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.interop.opentracker import Opentracker
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

TIMEOUT = ["--timeout", "30s"]
Announced = "Callable[[str], tuple[Torrent, Opentracker]]"


@pytest.fixture
def announced(place: Place, make_torrent: MakeTorrent, tmp_path: Path) -> Announced:
    """Makes a torrent that names a running opentracker by a scheme, and nobody else."""
    if missing := Opentracker.missing():
        pytest.skip(f"not installed: {missing}")

    def make(scheme: str) -> tuple[Torrent, Opentracker]:
        torrent = make_torrent("single file")
        tracker = Opentracker(place, torrent.info_hash)
        raw = torrent.path.read_bytes()
        old, new = place.tracker.url.encode(), tracker.url(scheme).encode()
        torrent.path.write_bytes(
            raw.replace(b"%d:%s" % (len(old), old), b"%d:%s" % (len(new), new))
        )
        assert new in torrent.path.read_bytes()
        return torrent, tracker

    return make


def tracker_events(fetch: RainFetch) -> list[dict[str, object]]:
    shown = [json.loads(line) for line in fetch.process.lines]
    return [event for event in shown if event["type"] == "tracker"]


@pytest.mark.parametrize("scheme", ["http", "udp"])
def test_a_fetch_finds_a_seed_by_the_tracker_only_and_both_say_goodbye(
    announced: Announced, place: Place, source: Path, copy: Path, scheme: str
) -> None:
    torrent, tracker = announced(scheme)
    seeder = RainSeed(place, torrent, source)
    tracker.until_counts(1, 0, 0)
    fetch = RainFetch(place, torrent.path, copy, [], options=[*TIMEOUT, "--events"])
    fetch.complete()
    assert torrent.faults(copy) == []
    # The answer to `completed` may come when the torrent is over already, which nobody is told.
    assert not any("error" in event for event in tracker_events(fetch))
    assert tracker_events(fetch)
    tracker.until_counts(1, 1, 0)
    seeder.process.signal(15)
    seeder.process.wait()
    tracker.until_counts(0, 1, 0)


@pytest.mark.parametrize("scheme", ["http", "udp"])
def test_a_magnet_link_with_nothing_but_a_tracker_is_enough(
    announced: Announced, place: Place, source: Path, copy: Path, scheme: str
) -> None:
    torrent, tracker = announced(scheme)
    RainSeed(place, torrent, source)
    tracker.until_counts(1, 0, 0)
    link = torrent.magnet_with(tracker.url(scheme))
    fetch = RainFetch(place, link, copy, [], options=TIMEOUT)
    fetch.complete()
    assert torrent.faults(copy) == []


def test_without_trackers_nobody_hears_of_us(
    announced: Announced, place: Place, source: Path
) -> None:
    torrent, tracker = announced("http")
    RainSeed(place, torrent, source, options=["--no-trackers"])
    assert tracker.counts == (0, 0, 0)


def test_a_refusal_ends_the_fetch_with_the_trackers_words(
    announced: Announced, place: Place, copy: Path
) -> None:
    torrent, tracker = announced("http")
    other = torrent.magnet_with(tracker.url("http")).replace(torrent.info_hash.hex(), "ab" * 20)
    fetch = RainFetch(place, other, copy, [], options=["--port", "0"])
    assert fetch.process.wait() == 4
    errors = fetch.process.errors
    assert "no tracker answered: announce error: Requested download is not authorized" in errors
