"""qbittorrent and we: each version of the protocol, each way, in the clear and by RC4."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.interop import client
from tests.interop.client import Place
from tests.interop.qbittorrent_client import DISABLED, REQUIRED, Qbittorrent, QbittorrentServer
from tests.interop.rain_client import Rain, RainFetch, RainSeed
from tests.interop.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.interop.conftest import MakeTorrent

pytestmark = pytest.mark.usefixtures("only_rain")

SECONDS = 90.0
POLICIES = {"plain": (DISABLED, "off", None), "rc4": (REQUIRED, "require", "rc4")}


@pytest.fixture(scope="module")
def server_of(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[int], QbittorrentServer]]:
    """Gives the program that thinks so of encryption; it serves all tests of this file."""
    if missing := Qbittorrent.missing():
        pytest.skip(f"not installed: {missing}")
    root = tmp_path_factory.mktemp("qbittorrent")
    running: dict[int, QbittorrentServer] = {}
    with Tracker() as tracker:
        place = Place(root, tracker)

        def get(encryption: int) -> QbittorrentServer:
            if encryption not in running:
                running[encryption] = QbittorrentServer(place, encryption)
            return running[encryption]

        try:
            yield get
        finally:
            place.close()


@pytest.mark.parametrize("by_magnet", [False, True], ids=["torrent", "magnet"])
@pytest.mark.parametrize("version", ["v1", "hybrid", "v2"])
@pytest.mark.parametrize("encryption", POLICIES)
@pytest.mark.parametrize("we_seed", [False, True], ids=["fetch", "seed"])
def test_content_arrives_whole(
    we_seed: bool,
    encryption: str,
    version: str,
    by_magnet: bool,
    server_of: Callable[[int], QbittorrentServer],
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    theirs, policy, expected = POLICIES[encryption]
    other, ours = Qbittorrent(server_of(theirs)), Rain("--encryption", policy, "--events")
    torrent = make_torrent("odd sizes", version)
    giver, taker = (ours, other) if we_seed else (other, ours)
    seed, fetch = client.transfer(place, torrent, giver, taker, source, copy, by_magnet=by_magnet)
    try:
        fetch.complete(SECONDS)
    finally:
        fetch.stop()
        seed.stop()
    assert torrent.faults(copy) == []
    rain = seed if we_seed else fetch
    assert isinstance(rain, RainSeed | RainFetch)
    events = [json.loads(line) for line in rain.process.lines]
    connected = [one for one in events if one["type"] == "peer" and one["state"] == "connected"]
    assert {one.get("encryption") for one in connected} == {expected}
