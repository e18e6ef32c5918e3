"""Seeds that lack something: together they are a whole one, and nobody gets a bad byte."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.interop.opentracker import Opentracker
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

PARTIAL = ["--partial"]


def spoil(path: Path, *, odd: bool) -> bytes:
    """Make every second piece of 64 KiB bad."""
    content = bytearray(path.read_bytes())
    for begin in range(65536 if odd else 0, len(content), 2 * 65536):
        content[begin] ^= 0xFF
    path.write_bytes(content)
    return bytes(content)


def halves(place: Place, torrent: Torrent, source: Path, tmp_path: Path) -> list[RainSeed]:
    """Two seeds; what is bad at one is good at the other."""
    seeds = []
    for odd in (False, True):
        directory = tmp_path / f"half {odd}"
        shutil.copytree(source, directory)
        content = spoil(directory / torrent.name, odd=odd)
        seed = RainSeed(place, torrent, directory, options=PARTIAL)
        assert "only what is good is served" in seed.process.errors
        assert (directory / torrent.name).read_bytes() == content
        seeds.append(seed)
    return seeds


@pytest.mark.parametrize("version", ["v1", "hybrid"])
def test_two_that_complement_each_other_are_as_good_as_a_whole_one(
    make_torrent: MakeTorrent, place: Place, source: Path, copy: Path, tmp_path: Path, version: str
) -> None:
    torrent = make_torrent("single file", version)
    assert torrent.piece_length == 65536
    seeds = halves(place, torrent, source, tmp_path)
    options = ["--timeout", "30s", "--events"]
    addresses = [seed.address for seed in seeds]
    fetch = RainFetch(place, torrent.path, copy, addresses, options=options)
    fetch.complete()
    assert torrent.faults(copy) == []
    assert "bad" not in fetch.process.errors  # no piece failed, so nobody was banned


def test_libtorrent_gets_the_whole_from_both(
    libtorrent: Libtorrent,
    make_torrent: MakeTorrent,
    place: Place,
    source: Path,
    copy: Path,
    tmp_path: Path,
) -> None:
    torrent = make_torrent("single file")
    seeds = halves(place, torrent, source, tmp_path)
    fetch = libtorrent.fetch(place, torrent, copy, [seed.address for seed in seeds])
    fetch.complete()
    assert torrent.faults(copy) == []


def test_a_tracker_does_not_count_it_as_a_seed(
    make_torrent: MakeTorrent, place: Place, source: Path
) -> None:
    if missing := Opentracker.missing():
        pytest.skip(f"not installed: {missing}")
    torrent = make_torrent("single file")
    tracker = Opentracker(place, torrent.info_hash)
    torrent = torrent.with_tracker(tracker.url("http"))
    spoil(source / torrent.name, odd=True)
    seed = RainSeed(place, torrent, source, options=PARTIAL)
    tracker.until_counts(0, 0, 1)
    seed.process.signal(15)
    seed.process.wait()
    tracker.until_counts(0, 0, 0)
