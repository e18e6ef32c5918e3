"""Peers are found in the local network and through other peers (BEP 11, BEP 14).

Hosts of their own, since addresses on loopback are nobody's neighbours to some clients.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import aria2_client, processes, rain_client, torrents
from tests.interop.lan import Lan
from tests.interop.libtorrent_client import Session
from tests.interop.rain_client import spell
from tests.interop.transmission_client import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.interop.client import Address, Place
    from tests.interop.lan import Host
    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent

PORT = 16881
SECONDS = 120.0
FOREIGN = ["libtorrent", "transmission", "aria2"]
SLOW = 40_000
"""Bytes per second: a torrent of three megabytes is not there before a minute has passed."""

pytestmark = pytest.mark.usefixtures("only_rain")


@pytest.fixture
def lan(place: Place) -> Iterator[Lan]:
    if missing := Lan.missing():
        pytest.skip(missing)
    with Lan(place) as lan:
        yield lan


@pytest.fixture
def torrent(lan: Lan, source: Path, tmp_path: Path, seed: int) -> Torrent:
    source.mkdir()
    root = torrents.write_content(source, "shared", {"": 3_000_001}, seed)
    out = tmp_path / "content.torrent"
    return torrents.make(root, out, piece_length=64 * 1024, tracker=lan.tracker.url)


class Rain:
    """rain-seed or rain-fetch on a host, with all that it says."""

    def __init__(
        self,
        host: Host,
        name: str,
        torrent: str | Path,
        directory: Path,
        *options: str,
        lsd: bool = False,
        peers: Sequence[Address] = (),
    ) -> None:
        self.address = (host.address, PORT)
        words = rain_client.command(
            name, torrent, "--dir", directory, "--port", str(PORT), "--events", *options
        )
        words += [word for peer in peers for word in ("--peer", spell(peer))]
        environment = rain_client.environment() | ({"RAIN_NO_LSD": "0"} if lsd else {})
        self.process = host.start(words, name, host.home(name), environment=environment, lines=True)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event for line in self.process.lines if (event := json.loads(line))["type"] == kind]

    def met(self) -> set[str]:
        """The hosts of all peers that it was ever connected to."""
        found = [event for event in self.events("peer") if event["state"] == "connected"]
        return {event["address"].rpartition(":")[0] for event in found}

    def seeds(self) -> None:
        self.until("seeding")

    def until(self, status: str) -> None:
        def reached() -> bool:
            assert self.process.returncode is None, self.process.describe()
            return any(event["status"] == status for event in self.events("status"))

        processes.until(reached, f"it is {status}")

    def complete(self) -> None:
        assert self.process.wait(SECONDS) == 0, self.process.describe()


def foreign(
    name: str,
    host: Host,
    torrent: Torrent,
    directory: Path,
    *,
    lsd: bool = False,
    pex: bool = False,
    seed: bool = False,
    peers: Sequence[Address] = (),
) -> Any:
    """Another client with one torrent: its address, `complete` and `stop`."""
    make = {"libtorrent": Libtorrent, "transmission": Transmission, "aria2": Aria2}[name]
    return make(host, torrent, directory, lsd, pex, seed, peers)


class Libtorrent:
    def __init__(
        self,
        host: Host,
        torrent: Torrent,
        directory: Path,
        lsd: bool,
        pex: bool,
        seed: bool,
        peers: Sequence[Address],
    ) -> None:
        self.address = (host.address, PORT)
        self.session = Session(host, f"{host.address}:{PORT}", enable_lsd=lsd)  # type: ignore[arg-type]
        self.session.ask(
            "add", torrent=str(torrent.path), directory=str(directory), peers=list(peers), pex=pex
        )
        if seed:
            self.session.event("checked")

    def complete(self) -> None:
        self.session.event("finished", seconds=SECONDS)

    def stop(self) -> None:
        self.session.stop()


class Transmission:
    def __init__(
        self,
        host: Host,
        torrent: Torrent,
        directory: Path,
        lsd: bool,
        pex: bool,
        seed: bool,
        peers: Sequence[Address],
    ) -> None:
        host.tracker.tell(torrent.info_hash, peers)
        settings = {"lpd-enabled": lsd, "pex-enabled": pex}
        self.daemon = Daemon(host, host.address, port=PORT, remote=True, **settings)  # type: ignore[arg-type]
        self.address = self.daemon.address
        self.daemon.add(directory, torrent, False, host.tracker.url)
        if seed:
            self.complete()

    def complete(self) -> None:
        self.daemon.complete(SECONDS)

    def stop(self) -> None:
        self.daemon.stop()


class Aria2:
    def __init__(
        self,
        host: Host,
        torrent: Torrent,
        directory: Path,
        lsd: bool,
        pex: bool,
        seed: bool,
        peers: Sequence[Address],
    ) -> None:
        host.tracker.tell(torrent.info_hash, peers)
        self.address = (host.address, PORT)
        self.process: Process = aria2_client.run(
            host,  # type: ignore[arg-type]
            directory,
            str(torrent.path),
            PORT,
            f"--bt-enable-lpd={str(lsd).lower()}",
            f"--enable-peer-exchange={str(pex).lower()}",
            *(["--check-integrity=true", "--seed-time=1000000"] if seed else ["--seed-time=0"]),
        )

    def complete(self) -> None:
        assert self.process.wait(SECONDS) == 0, self.process.describe()

    def stop(self) -> None:
        self.process.close()


@pytest.mark.parametrize("name", FOREIGN)
def test_they_find_us_in_the_local_network(
    name: str, lan: Lan, torrent: Torrent, source: Path, copy: Path
) -> None:
    Rain(lan.host(), "rain-seed", torrent.path, source, "--no-trackers", lsd=True).seeds()
    fetch = foreign(name, lan.host(), torrent, copy, lsd=True)
    fetch.complete()
    fetch.stop()  # then all is in the files
    assert torrent.faults(copy) == []


@pytest.mark.parametrize("name", FOREIGN)
def test_we_find_them_in_the_local_network(
    name: str, lan: Lan, torrent: Torrent, source: Path, copy: Path
) -> None:
    if name != "aria2":
        foreign(name, lan.host(), torrent, source, lsd=True, seed=True)
    fetch = Rain(lan.host(), "rain-fetch", torrent.path, copy, "--no-trackers", lsd=True)
    if name == "aria2":  # it dials nobody while it seeds, and says once in five minutes where it is
        fetch.until("downloading")
        foreign(name, lan.host(), torrent, source, lsd=True, seed=True)
    fetch.complete()
    assert torrent.faults(copy) == []


def test_a_link_and_nothing_else_finds_our_own_seed(
    lan: Lan, torrent: Torrent, source: Path, copy: Path
) -> None:
    fetch = Rain(lan.host(), "rain-fetch", torrent.magnet, copy, lsd=True)
    Rain(lan.host(), "rain-seed", torrent.path, source, "--no-trackers", lsd=True)
    fetch.complete()
    assert torrent.faults(copy) == []


@pytest.mark.parametrize("name", FOREIGN)
def test_they_tell_us_of_their_peers(
    name: str, lan: Lan, torrent: Torrent, source: Path, copy: Path, tmp_path: Path
) -> None:
    slow = ["--no-trackers", "--limit-up", str(SLOW)]
    seed = Rain(lan.host(), "rain-seed", torrent.path, source, *slow)
    seed.seeds()
    (tmp_path / "theirs").mkdir()
    hub = foreign(name, lan.host(), torrent, tmp_path / "theirs", pex=True, peers=[seed.address])
    processes.until(seed.met, "they know the seed")
    newcomer = Rain(
        lan.host(), "rain-fetch", torrent.path, copy, "--no-trackers", peers=[hub.address]
    )
    expected = {seed.address[0], hub.address[0]}
    processes.until(lambda: newcomer.met() >= expected, "we know it through them", SECONDS)


@pytest.mark.parametrize("name", FOREIGN)
def test_we_tell_them_of_our_peers(
    name: str, lan: Lan, torrent: Torrent, source: Path, copy: Path, tmp_path: Path
) -> None:
    slow = ["--no-trackers", "--limit-up", str(SLOW)]
    seed = Rain(lan.host(), "rain-seed", torrent.path, source, *slow)
    seed.seeds()
    hub = Rain(lan.host(), "rain-fetch", torrent.path, copy, "--no-trackers", peers=[seed.address])
    processes.until(seed.met, "we know the seed")
    (tmp_path / "theirs").mkdir()
    there = lan.host()
    foreign(name, there, torrent, tmp_path / "theirs", pex=True, peers=[hub.address])
    processes.until(lambda: there.address in hub.met(), "they know us", SECONDS)
    processes.until(lambda: there.address in seed.met(), "they know it through us", SECONDS)
