"""Our commands and libtorrent find each other by a DHT of libtorrent nodes, and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import processes, rain_client
from tests.interop.libtorrent_client import Libtorrent, Session
from tests.interop.libtorrent_dht import NODE_SETTINGS, LibtorrentDht
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

OPTIONS = ["--no-trackers", "--timeout", "60s", "--events"]


@pytest.fixture
def dht(place: Place, libtorrent: Libtorrent) -> LibtorrentDht:
    """Twenty-four nodes."""
    return LibtorrentDht(place)


def events(lines: list[str], kind: str) -> list[dict[str, Any]]:
    return [event for event in map(json.loads, list(lines)) if event["type"] == kind]


def bare_link(torrent: Torrent) -> str:
    """A link with nothing but the info-hash."""
    return f"magnet:?xt=urn:btih:{torrent.info_hash.hex()}"


def until_stored(seed: RainSeed) -> None:
    """Wait until some node tells others of the seed."""
    processes.until(
        lambda: [one for one in events(seed.process.lines, "dht") if one["stored"]],
        "a node stores our announce",
    )


def take_part(place: Place, dht: LibtorrentDht, host: str) -> Session:
    """One more libtorrent session, with torrents and a node."""
    settings: dict[str, Any] = dict(NODE_SETTINGS)
    session = Session(place, f"{host}:{processes.free_port(host)}", **settings)
    for node_host, port in dht.entrance:
        session.ask("dht_node", host=node_host, port=port)
    return session


def test_a_seed_and_a_fetch_of_ours_find_each_other_by_nothing_but_the_link(
    dht: LibtorrentDht, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    seed = RainSeed(place, torrent, source, options=["--no-trackers", "--events"], dht=dht.entrance)
    until_stored(seed)
    fetch = RainFetch(place, bare_link(torrent), copy, [], options=OPTIONS, dht=dht.entrance)
    fetch.complete()
    assert torrent.faults(copy) == []
    [first, *_] = [one for one in events(seed.process.lines, "dht") if one["stored"]]
    assert first["answered"] >= 8
    assert first["stored"] >= 4


def test_a_seed_of_ours_is_found_by_libtorrent(
    dht: LibtorrentDht, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    seed = RainSeed(place, torrent, source, options=["--no-trackers", "--events"], dht=dht.entrance)
    until_stored(seed)
    session = take_part(place, dht, "127.0.2.1")
    session.ask("add", directory=str(copy), magnet=bare_link(torrent), dht=True)
    assert session.event("finished", "error")["event"] == "finished"
    session.stop()
    assert torrent.faults(copy) == []


def test_a_seed_of_libtorrent_is_found_by_a_fetch_with_nothing_but_the_link(
    dht: LibtorrentDht, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    session = take_part(place, dht, "127.0.2.2")
    session.ask("add", directory=str(source), torrent=str(torrent.path), dht=True)
    session.event("checked")
    fetch = RainFetch(place, bare_link(torrent), copy, [], options=OPTIONS, dht=dht.entrance)
    fetch.complete()
    assert torrent.faults(copy) == []
    assert any(one["peers"] for one in events(fetch.process.lines, "dht"))


def test_nodes_are_remembered_between_runs(
    dht: LibtorrentDht, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    seed = RainSeed(place, torrent, source, options=["--no-trackers", "--events"], dht=dht.entrance)
    until_stored(seed)
    seed.stop()
    nowhere = [("127.0.3.1", processes.free_port("127.0.3.1"))]
    again = RainSeed(
        place, torrent, source, home=seed.home, options=["--no-trackers", "--events"], dht=nowhere
    )
    until_stored(again)
    fetch = RainFetch(place, bare_link(torrent), copy, [], options=OPTIONS, dht=dht.entrance)
    fetch.complete()
    assert torrent.faults(copy) == []


def test_a_peer_that_runs_a_node_is_a_way_into_the_dht(
    dht: LibtorrentDht, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    nowhere = [("127.0.3.1", processes.free_port("127.0.3.1"))]
    seed = RainSeed(place, torrent, source, options=["--no-trackers", "--events"], dht=nowhere)
    session = take_part(place, dht, "127.0.2.3")
    session.ask("add", directory=str(copy), torrent=str(torrent.path), peers=[seed.address])
    # Each tells the other where its node is when they shake hands (BEP 5, "port").
    until_stored(seed)
    session.stop()


@pytest.fixture
def island() -> Iterator[str]:
    """A network namespace with a loopback device and nothing else."""
    name = f"rain-{os.getpid()}-island"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespaces here: {made.stderr.strip()}")
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def test_without_any_network_a_fetch_ends_soon_with_one_line(place: Place, island: str) -> None:
    command = rain_client.command("rain-fetch", "--no-lsd", f"magnet:?xt=urn:btih:{'ab' * 20}")
    fetch = place.start(
        ["ip", "netns", "exec", island, *command],
        "rain-fetch",
        place.home("rain-fetch"),
        environment=rain_client.environment() | {"RAIN_NO_DHT": "0"},
    )
    assert fetch.wait() == 4
    assert fetch.ended_at is not None
    assert fetch.ended_at - fetch.started_at < 40  # 2 s on a quiet machine, interpreter included
    [line] = fetch.errors.splitlines()
    assert re.search("DHT: 0 of [1-9] nodes answered", line)


def test_nobody_in_the_dht_is_said_with_the_count_of_nodes(place: Place, copy: Path) -> None:
    hosts = ["127.0.3.1", "127.0.4.1", "127.0.5.1"]
    nowhere = [(host, processes.free_port(host)) for host in hosts]
    fetch = RainFetch(
        place, f"magnet:?xt=urn:btih:{'ab' * 20}", copy, [], options=["--port", "0"], dht=nowhere
    )
    assert fetch.process.wait() == 4
    assert "DHT: 0 of 3 nodes answered" in fetch.process.errors
    assert "Traceback" not in fetch.process.errors


def test_a_dht_that_knows_nobody_ends_with_the_time_and_says_so(
    dht: LibtorrentDht, place: Place, copy: Path
) -> None:
    link = f"magnet:?xt=urn:btih:{'ab' * 20}"
    fetch = RainFetch(place, link, copy, [], options=["--timeout", "5s"], dht=dht.entrance)
    assert fetch.process.wait() == 4
    assert "nodes answered, none knows a peer" in fetch.process.errors
