"""Some files of a torrent that libtorrent seeds: v1, hybrid and v2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import processes, torrents
from tests.interop.rain_client import RainFetch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent

SECONDS = 90.0


@pytest.mark.parametrize("version", ["v1", "hybrid", "v2"])
def test_selected_files_come_from_libtorrent_and_no_others(
    version: str,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("odd sizes", version)
    wanted = [path for path, length in torrent.files if length][1::2]
    options = [word for path in wanted for word in ("--select", path)]
    some = RainFetch(place, torrent.path, copy, [], options=options)
    processes.until(lambda: processes.listens(some.address[1]), "rain-fetch listens")
    seed = libtorrent.seed(place, torrent, source, dial=[some.address])  # which dials once
    some.complete(SECONDS)
    there = [str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()]
    assert sorted(there) == sorted(wanted)
    assert all(torrents.digest(copy / path) == torrent.sums[path] for path in wanted)
    seed.stop()
    rest = RainFetch(place, torrent.path, copy, [], home=some.home)
    processes.until(lambda: processes.listens(rest.address[1]), "rain-fetch listens")
    libtorrent.seed(place, torrent, source, dial=[rest.address])
    rest.complete(SECONDS)
    assert torrent.faults(copy) == []
    assert not list(some.home.rglob("parts/*"))
