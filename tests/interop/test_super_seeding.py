"""rain-seed --super-seed, and who passes pieces on or wants few of them (BEP 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import aria2_client, client, processes, torrents
from tests.interop.aria2_client import Aria2Fetch
from tests.interop.libtorrent_client import Session
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent, LibtorrentFetch

SECONDS = 120.0
LEECHERS = 3


def test_libtorrent_passes_on_what_a_super_seed_shows_it(
    only_rain: None,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    tmp_path: Path,
) -> None:
    torrent = make_torrent("single file")
    seed = RainSeed(place, torrent, source, options=["--super-seed"])
    leechers: list[LibtorrentFetch] = []
    copies = [tmp_path / f"copy {n}" for n in range(LEECHERS)]
    for copy in copies:
        copy.mkdir()
        known = [seed.address, *(leecher.address for leecher in leechers)]
        leechers.append(libtorrent.fetch(place, torrent, copy, known))
    for leecher in leechers:
        leecher.complete(SECONDS)
    passed_on = sum(int(leecher.session.status()["uploaded"]) for leecher in leechers)
    for leecher in leechers:
        leecher.stop()
    assert [torrent.faults(copy) for copy in copies] == [[]] * LEECHERS
    length = sum(length for _, length in torrent.files)
    assert passed_on > length, "more than one of three copies came from the other leechers"
    seed.stop()


def test_who_selects_one_file_of_many_gets_it_from_a_super_seed(
    only_rain: None,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    tmp_path: Path,
) -> None:
    if missing := aria2_client.Aria2.missing():
        pytest.skip(f"not installed: {missing}")
    torrent = make_torrent("1,000 files")
    seed = RainSeed(place, torrent, source, options=["--super-seed"])
    copies = {name: tmp_path / name for name in ("rain", "aria2", "libtorrent")}
    wanted = dict(zip(copies, (170, 490, 810), strict=True))
    for copy in copies.values():
        copy.mkdir()
    words = ["--select", str(wanted["rain"])]
    rain = RainFetch(place, torrent.path, copies["rain"], [seed.address], options=words)
    place.tracker.tell(torrent.info_hash, [seed.address])
    port = processes.free_port()
    words = ["--seed-time=0", f"--select-file={wanted['aria2'] + 1}"]
    started = aria2_client.run(place, copies["aria2"], str(torrent.path), port, *words)
    aria2 = Aria2Fetch(started, port)
    session = Session(place, f"{client.LOOPBACK}:{processes.free_port()}")
    session.ask(
        "add",
        torrent=str(torrent.path),
        directory=str(copies["libtorrent"]),
        peers=[seed.address],
        wanted=[wanted["libtorrent"]],
    )
    rain.complete(SECONDS)
    aria2.complete(SECONDS)
    session.event("finished", seconds=SECONDS)
    session.stop()
    for name, number in wanted.items():
        path, _ = torrent.files[number]
        assert torrents.digest(copies[name] / path) == torrent.sums[path], name
    seed.stop()
