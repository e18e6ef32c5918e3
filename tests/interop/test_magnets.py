"""The info dictionary comes from peers, to us and from us (BEP 9)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.interop import client
from tests.interop.rain_client import RainFetch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent

SECONDS = 90.0
LAYOUTS = ["single file", "1,000 files"]
"""Metadata of one part and of several."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_we_fetch_by_magnet_from_libtorrent(
    layout: str,
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent(layout)
    _, fetch = client.transfer(place, torrent, libtorrent, ours, source, copy, by_magnet=True)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_they_fetch_by_magnet_from_us(
    layout: str,
    ours: Client,
    other: Client,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent(layout)
    _, fetch = client.transfer(place, torrent, ours, other, source, copy, by_magnet=True)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy, empty_files=other.makes_empty_files) == []


def test_libtorrent_gets_the_very_bytes_of_the_info_dictionary_from_us(
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("1,000 files", "hybrid")
    seed = ours.seed(place, torrent, source)
    fetch = libtorrent.fetch(place, torrent, copy, [seed.address], by_magnet=True)
    fetch.session.event("metadata", seconds=SECONDS)
    assert hashlib.sha1(fetch.metadata()).digest() == torrent.info_hash


@pytest.mark.usefixtures("only_rain")
def test_metadata_only_ends_before_any_content(
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("1,000 files")
    seed = libtorrent.seed(place, torrent, source)
    fetch = RainFetch(
        place, torrent.magnet, copy, [seed.address], options=["--metadata-only", "--timeout", "30s"]
    )
    fetch.complete(SECONDS)
    assert fetch.document["info_hash"] == torrent.info_hash.hex()
    assert fetch.document["file_count"] == 1000
    assert list(copy.iterdir()) == []
    assert seed.uploaded == 0
