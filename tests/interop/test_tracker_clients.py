"""Other clients and ours find each other by one real tracker, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import processes
from tests.interop.opentracker import Opentracker
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")


@pytest.fixture(params=["http", "udp"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def announced(place: Place, make_torrent: MakeTorrent, scheme: str) -> tuple[Torrent, Opentracker]:
    """A torrent that names a running opentracker, and nobody else."""
    if missing := Opentracker.missing():
        pytest.skip(f"not installed: {missing}")
    torrent = make_torrent("single file")
    tracker = Opentracker(place, torrent.info_hash)
    return torrent.with_tracker(tracker.url(scheme)), tracker


def test_we_find_another_client_that_seeds(
    announced: tuple[Torrent, Opentracker],
    place: Place,
    source: Path,
    copy: Path,
    other: Client,
    scheme: str,
) -> None:
    if scheme == "udp" and other.name == "aria2":
        pytest.skip("aria2 asks a UDP tracker only when it has the DHT")
    torrent, tracker = announced
    other.seed(place, torrent, source)
    tracker.until_counts(1, 0, 0)
    fetch = RainFetch(place, torrent.path, copy, [], options=["--timeout", "40s"])
    fetch.complete()
    assert torrent.faults(copy) == []
    tracker.until_counts(1, 1, 0)


def test_another_client_finds_us(
    announced: tuple[Torrent, Opentracker],
    place: Place,
    source: Path,
    copy: Path,
    other: Client,
    scheme: str,
) -> None:
    if scheme == "udp" and other.name == "aria2":
        pytest.skip("aria2 asks a UDP tracker only when it has the DHT")
    torrent, tracker = announced
    if other.dials_loopback:
        RainSeed(place, torrent, source)
        tracker.until_counts(1, 0, 0)
        fetch = other.fetch(place, torrent, copy, [])
    else:  # then we dial whom the tracker knows when we come
        fetch = other.fetch(place, torrent, copy, [])
        processes.until(lambda: tracker.counts[2] == 1, "the tracker knows the other client")
        RainSeed(place, torrent, source)
    fetch.complete()
    fetch.stop()
    assert torrent.faults(copy, empty_files=other.makes_empty_files) == []
