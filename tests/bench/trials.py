"""One measured run of one client: fetching or seeding."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench import usage
from tests.bench.usage import Meter
from tests.interop.libtorrent_client import LibtorrentSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Fetch, Place, Seed
    from tests.interop.libtorrent_client import Libtorrent
    from tests.interop.torrents import Torrent

__all__ = ["Trial", "fetch", "seed"]

SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run took.

    Seconds run from the moment the counterpart has a connection (file tools: the process
    starts) to completion by the client's own account. `cpu_seconds` is the same span of the
    measured process tree, `cpu_seconds_whole_life` from its start to its end (seeding: to
    the last leecher's completion). The latter holds start-up and the check of what is on the
    disk: for a fetch, of the zeroed copy, which aria2 alone does not check.
    """

    content_bytes: int
    seconds: float
    cpu_seconds: float
    cpu_seconds_whole_life: float
    peak_bytes: int


def fetch(
    place: Place,
    client: Client,
    counterpart: Client,
    torrent: Torrent,
    source: Path,
    copy: Path,
) -> Trial:
    """Fetch from one seeder, which has checked all its data before.

    A client that does not dial a peer on loopback is dialled by the seeder.
    """
    with ExitStack() as stack:
        if client.dials_loopback:
            seeding = counterpart.seed(place, torrent, source)
            fetching = client.fetch(place, torrent, copy, [seeding.address])
            meter = stack.enter_context(Meter(fetching.process))
        else:
            fetching = client.fetch(place, torrent, copy, [])
            meter = stack.enter_context(Meter(fetching.process))
            seeding = counterpart.seed(place, torrent, source, dial=[fetching.address])
        started = connected(seeding, fetching)
        cpu_before = meter.cpu_seconds()
        ended = fetching.complete(SECONDS)
        cpu = meter.cpu_seconds() - cpu_before
        fetching.stop()
        seeding.stop()
        place.close()
        whole = meter.cpu_seconds()
    faults = torrent.faults(copy)
    if faults:
        raise AssertionError(f"{client.name}: {faults}")
    return Trial(torrent.length, ended - started, cpu, whole, meter.peak_bytes)


def connected(seeding: Seed, fetching: Fetch) -> float:
    """Wait until a leecher is with its seeder, and say since when, in monotonic seconds."""
    if isinstance(seeding, LibtorrentSeed):
        found: float = seeding.session.event("connected", seconds=SECONDS)["time"]
        return found
    ports = {seeding.address[1], fetching.address[1]}
    deadline = time.monotonic() + SECONDS
    while not usage.is_connected(ports):
        if time.monotonic() > deadline or fetching.process.returncode is not None:
            raise AssertionError(f"never connected: {fetching.process.describe()}")
        time.sleep(usage.INTERVAL / 5)
    return time.monotonic()


def seed(
    place: Place,
    client: Client,
    counterpart: Libtorrent,
    torrent: Torrent,
    source: Path,
    copies: list[Path],
) -> Trial:
    """Seed to as many libtorrent leechers as there are copies, each in its own process.

    Each leecher has an address of its own: transmission talks to one peer per address.
    """
    seeding = client.seed(place, torrent, source)
    with Meter(seeding.process) as meter:
        cpu_before = meter.cpu_seconds()
        leechers = [
            counterpart.fetch(place, torrent, copy, [seeding.address], host=f"127.0.1.{number}")
            for number, copy in enumerate(copies, 1)
        ]
        ended = max(leecher.complete(SECONDS) for leecher in leechers)
        whole = meter.cpu_seconds()
        started = min(leecher.session.event("connected")["time"] for leecher in leechers)
        for leecher in leechers:
            leecher.stop()  # in order: what it had not written yet would be missing
    place.close()
    for copy in copies:
        if faults := torrent.faults(copy):
            raise AssertionError(f"{client.name}: {faults}")
    moved = torrent.length * len(copies)
    return Trial(moved, ended - started, whole - cpu_before, whole, meter.peak_bytes)
