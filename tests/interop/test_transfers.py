"""The same content arrives whole, whoever seeds and whoever fetches.

Hybrid torrents go to and from libtorrent only: aria2 1.36 announces another info-hash for
them (it re-encodes the info dictionary) and transmission 3.00 refuses them.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.interop import client, torrents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent

SECONDS = 90.0


def found_in(directory: Path) -> set[str]:
    return {str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file()}


@pytest.mark.parametrize("layout", torrents.LAYOUTS)
def test_we_fetch_what_they_seed(
    layout: str,
    ours: Client,
    other: Client,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent(layout)
    _, fetch = client.transfer(place, torrent, other, ours, source, copy)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []
    assert found_in(copy) == set(torrent.sums), "nothing but the content"


@pytest.mark.parametrize("layout", torrents.LAYOUTS)
def test_they_fetch_what_we_seed(
    layout: str,
    ours: Client,
    other: Client,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent(layout)
    _, fetch = client.transfer(place, torrent, ours, other, source, copy)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy, empty_files=other.makes_empty_files) == []
    assert found_in(source) == set(torrent.sums), "a seed writes nothing beside the content"


def test_we_fetch_a_hybrid_torrent_as_version_1(
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("odd sizes", "hybrid")
    _, fetch = client.transfer(place, torrent, libtorrent, ours, source, copy)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []


def test_libtorrent_fetches_a_hybrid_torrent_from_us(
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("odd sizes", "hybrid")
    _, fetch = client.transfer(place, torrent, ours, libtorrent, source, copy)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []


@pytest.fixture
def six() -> str:
    """The loopback address of IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return "::1"
    except OSError:
        pytest.skip("no IPv6 on loopback")


def test_we_fetch_over_ipv6(
    six: str,
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("single file")
    _, fetch = client.transfer(place, torrent, libtorrent, ours, source, copy, host=six)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []


def test_we_seed_over_ipv6(
    six: str,
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("single file")
    _, fetch = client.transfer(place, torrent, ours, libtorrent, source, copy, host=six)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []
