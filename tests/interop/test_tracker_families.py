"""Our commands find each other over IPv6 by a real tracker, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import processes
from tests.interop.node_tracker import NodeTracker
from tests.interop.rain_client import RainFetch, RainSeed
from tests.interop.udp_tracker import UdpTracker

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent

pytestmark = pytest.mark.usefixtures("only_rain")


@pytest.fixture
def tracker(place: Place) -> NodeTracker:
    if missing := NodeTracker.missing():
        pytest.skip(f"not installed: {missing}")
    return NodeTracker(place)


def test_a_fetch_finds_a_seed_over_ipv6_and_both_say_goodbye(
    tracker: NodeTracker, make_torrent: MakeTorrent, place: Place, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file").with_tracker(tracker.url("http"))
    seeder = RainSeed(place, torrent, source)
    tracker.until_counts(1, 0)
    fetch = RainFetch(place, torrent.path, copy, [], options=["--timeout", "30s"])
    fetch.complete()
    assert torrent.faults(copy) == []
    tracker.until_counts(1, 0)
    seeder.process.signal(15)
    seeder.process.wait()
    tracker.until_counts(0, 0)


def test_a_udp_tracker_counts_us_over_ipv6(
    tracker: NodeTracker, make_torrent: MakeTorrent, place: Place, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file").with_tracker(tracker.url("udp"))
    seeder = RainSeed(place, torrent, source)
    tracker.until_counts(1, 0)
    fetch = RainFetch(place, torrent.path, copy, [])
    tracker.until_counts(1, 1)
    for process in (fetch.process, seeder.process):
        process.signal(15)
        process.wait()
    tracker.until_counts(0, 0)


def test_a_udp_tracker_brings_ipv6_peers(
    make_torrent: MakeTorrent, place: Place, source: Path, copy: Path
) -> None:
    with UdpTracker() as scripted:
        torrent = make_torrent("single file").with_tracker(scripted.url)
        seeder = RainSeed(place, torrent, source)
        processes.until(lambda: scripted.peers, "the tracker knows the seed")
        fetch = RainFetch(place, torrent.path, copy, [], options=["--timeout", "30s"])
        fetch.complete()
        assert torrent.faults(copy) == []
        seeder.process.signal(15)
        seeder.process.wait()
        assert scripted.peers == {}
        assert scripted.events == [2, 2, 1, 3, 3]
