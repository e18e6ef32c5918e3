"""Peers that lie, refuse or say nothing cost time, never content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import processes, torrents
from tests.interop.rain_client import RainFetch
from tests.interop.scripted_peer import Manners, ScriptedPeer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent

MIB = 1 << 20
PIECE_LENGTH = 64 * 1024
LIAR = "127.0.0.2"
"""Another address than the honest peer's: clients ban addresses, not ports."""
SECONDS = 90.0

LIES: dict[str, Callable[[int, int], bool]] = {
    "in every block": lambda piece, begin: True,
    "in one block of some pieces": lambda piece, begin: piece % 5 == 0 and begin == 16384,
}
ALONE = [manners for manners in Manners if manners is not Manners.SERVE]


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_is_dropped_and_the_honest_peer_kept(
    lie: str, ours: Client, place: Place, source: Path, copy: Path, tmp_path: Path, seed: int
) -> None:
    root = torrents.write_content(source, "content.bin", {"": 16 * MIB}, seed)
    out = tmp_path / "content.torrent"
    torrent = torrents.make(root, out, piece_length=PIECE_LENGTH, tracker=place.tracker.url)
    with (
        ScriptedPeer(torrent, root, rate=4 * MIB) as honest,
        ScriptedPeer(torrent, root, rate=4 * MIB, host=LIAR, corrupt=LIES[lie]) as liar,
    ):
        fetch = ours.fetch(place, torrent, copy, [honest.address, liar.address])
        fetch.complete(SECONDS)
        fetch.stop()
        assert liar.corrupted > 0, "the liar was never asked"
        last_words = [found.closed_at for found in liar.connections]
        assert None not in last_words, "the liar is still connected"
        assert max(filter(None, last_words)) < honest.served[-1].time, "the liar stayed to the end"
        assert sum(bool(found.served) for found in liar.connections) == 1, "and came back"
        assert sum(bool(found.served) for found in honest.connections) == 1
    assert torrent.faults(copy) == []


@pytest.mark.parametrize("manners", ALONE)
def test_a_useless_peer_does_not_keep_us_from_a_good_one(
    manners: Manners,
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("single file")
    good = libtorrent.seed(place, torrent, source)
    with ScriptedPeer(torrent, source / torrent.name, host=LIAR, manners=manners) as useless:
        fetch = ours.fetch(place, torrent, copy, [useless.address, good.address])
        fetch.complete(SECONDS)
        fetch.stop()
    assert torrent.faults(copy) == []


@pytest.mark.usefixtures("only_rain")
@pytest.mark.parametrize("manners", ALONE)
def test_with_useless_peers_only_the_timeout_ends_the_fetch(
    manners: Manners, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file")
    with ScriptedPeer(torrent, source / torrent.name, manners=manners) as useless:
        fetch = RainFetch(place, torrent.path, copy, [useless.address], options=["--timeout", "2s"])
        assert fetch.process.wait(30.0) == 4, fetch.process.describe()
    assert_one_clear_line(fetch)
    assert useless.connections


@pytest.mark.usefixtures("only_rain")
@pytest.mark.parametrize("by", ["torrent", "magnet"])
def test_a_fetch_from_a_closed_port_ends_by_the_timeout(
    by: str, place: Place, make_torrent: MakeTorrent, copy: Path
) -> None:
    torrent = make_torrent("single file")
    nobody = ("127.0.0.1", processes.free_port())
    source = torrent.magnet if by == "magnet" else torrent.path
    fetch = RainFetch(place, source, copy, [nobody], options=["--timeout", "2s"])
    assert fetch.process.wait(30.0) == 4, fetch.process.describe()
    assert_one_clear_line(fetch)
    assert list(copy.iterdir()) == [], "no file is touched before its first byte is due"


def assert_one_clear_line(fetch: RainFetch) -> None:
    lines = fetch.process.errors.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rain-fetch: error: "), lines
