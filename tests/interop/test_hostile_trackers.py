"""Whatever a tracker sends costs bounded memory and time and one warning; then the next is asked."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import processes
from tests.interop.hostile_trackers import HARMFUL, STRANGE, HostileTrackers, HostileUdpTracker
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Address, Place
    from tests.interop.conftest import MakeTorrent

pytestmark = pytest.mark.usefixtures("only_rain")

MEMORY = 110 * 1024
"""KiB; a fetch that meets no tracker at all takes 60 MiB."""


def packed(address: Address) -> bytes:
    host, port = address
    return socket.inet_aton(host) + port.to_bytes(2, "big")


def fetched(fetch: RainFetch, seconds: float) -> list[dict[str, Any]]:
    """The tracker events of a fetch that was successful and modest."""
    peak = processes.PeakMemory(fetch.process)
    fetch.complete(seconds)
    assert 0 < peak.kib < MEMORY
    assert "SECRET" not in fetch.process.errors
    assert "\x1b" not in fetch.process.errors
    assert "Traceback" not in fetch.process.errors
    shown = [json.loads(line) for line in fetch.process.lines]
    return [event for event in shown if event["type"] == "tracker"]


def test_harm_is_a_failure_each_and_the_next_tracker_is_asked(
    make_torrent: MakeTorrent, place: Place, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    seeder = RainSeed(place, torrent, source, options=["--no-trackers"])
    with HostileTrackers(packed(seeder.address)) as hostile:
        urls = [hostile.url(kind) for kind in (*HARMFUL, "port-0")]
        torrent = torrent.with_tracker(*urls)
        fetch = RainFetch(place, torrent.path, copy, [], options=["--events"])
        events = fetched(fetch, 120)
    assert torrent.faults(copy) == []
    failed = [event["url"] for event in events if "error" in event]
    assert failed == urls[:-1]
    assert all(len(event["error"]) < 150 for event in events if "error" in event)
    warnings = fetch.process.errors.splitlines()
    assert all(line.startswith("rain-fetch: warning: ") for line in warnings)
    assert len(warnings) <= len(HARMFUL)


@pytest.mark.parametrize("kind", STRANGE)
def test_nonsense_in_an_answer_does_not_spoil_the_rest(
    make_torrent: MakeTorrent, place: Place, source: Path, copy: Path, kind: str
) -> None:
    torrent = make_torrent("single file")
    seeder = RainSeed(place, torrent, source, options=["--no-trackers"])
    with HostileTrackers(packed(seeder.address)) as hostile:
        torrent = torrent.with_tracker(hostile.url(kind))
        fetch = RainFetch(place, torrent.path, copy, [], options=["--events"])
        hostile.peers += packed(fetch.address)  # its own
        # Of 2000 addresses in any order 30 are dialled in a second: the seeder's may be the last.
        [first, *_] = fetched(fetch, 120)
    assert torrent.faults(copy) == []
    assert first["peers"] <= 2000
    assert fetch.process.errors == ""


def test_packets_that_answer_nothing_are_silence_and_the_next_tracker_is_asked(
    make_torrent: MakeTorrent, place: Place, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    seeder = RainSeed(place, torrent, source, options=["--no-trackers"])
    with HostileTrackers(packed(seeder.address)) as kind, HostileUdpTracker() as hostile:
        torrent = torrent.with_tracker(hostile.url, kind.url("port-0"))
        fetch = RainFetch(place, torrent.path, copy, [], options=["--events"])
        events = fetched(fetch, 120)
        assert hostile.asked == 2  # connects at 0 and 15 s
    assert torrent.faults(copy) == []
    assert events[0]["error"] == "timeout contacting tracker"
