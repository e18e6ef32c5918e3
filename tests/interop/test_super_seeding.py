"""rain-seed --super-seed and three leechers of libtorrent's, which pass pieces on (BEP 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interop.rain_client import RainSeed

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
