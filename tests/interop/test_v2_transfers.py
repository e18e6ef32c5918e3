"""v2 torrents go to and from libtorrent, the only other client here that speaks BEP 52."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent

SECONDS = 90.0
LAYOUTS = ["single file", "odd sizes", "an empty file", "1,000 files"]


@pytest.mark.parametrize("by_magnet", [False, True], ids=["torrent", "magnet"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("we_seed", [False, True], ids=["fetch", "seed"])
def test_v2_content_arrives_whole(
    we_seed: bool,
    layout: str,
    by_magnet: bool,
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent(layout, "v2")
    giver, taker = (ours, libtorrent) if we_seed else (libtorrent, ours)
    _, fetch = client.transfer(place, torrent, giver, taker, source, copy, by_magnet=by_magnet)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []
