"""The info dictionary comes from peers, to us and from us (BEP 9)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from raincore.formats import metainfo
from tests.interop import client
from tests.interop.rain_client import RainFetch, command, environment, spell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Address, Client, Place
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


def resolve(place: Place, link: str, out: Path, peer: Address) -> metainfo.Metainfo:
    """The torrent that rain-magnet makes of a link, as written."""
    home = place.home("rain-magnet")
    words = command("rain-magnet", "--resolve", link, "-o", out, "--peer", spell(peer))
    process = place.start(
        [*words, "--timeout", "60s"], "rain-magnet", home, environment=environment(()), lines=True
    )
    assert process.wait(SECONDS) == 0, process.describe()
    return metainfo.parse(out.read_bytes())


@pytest.mark.usefixtures("only_rain")
def test_a_link_becomes_its_torrent_file_from_every_client(
    other: Client,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    tmp_path: Path,
) -> None:
    torrent = make_torrent("1,000 files")
    seed = other.seed(place, torrent, source)
    written = resolve(place, torrent.magnet, tmp_path / "resolved.torrent", seed.address)
    assert written.info.raw == metainfo.parse(torrent.path.read_bytes()).info.raw


@pytest.mark.usefixtures("only_rain")
@pytest.mark.parametrize("version", ["hybrid", "v2"])
@pytest.mark.parametrize("name", ["its own hash", "the v2 hash"])
def test_v2_and_hybrid_links_become_torrent_files_with_their_piece_layers(
    version: str,
    name: str,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    tmp_path: Path,
) -> None:
    torrent = make_torrent("single file", version)
    theirs = metainfo.parse(torrent.path.read_bytes())
    seed = libtorrent.seed(place, torrent, source)
    link = torrent.magnet
    if name == "the v2 hash":
        assert theirs.info.info_hash_v2 is not None
        link = f"magnet:?xt=urn:btmh:1220{theirs.info.info_hash_v2.hex()}"
    written = resolve(place, link, tmp_path / "resolved.torrent", seed.address)
    assert written.info.raw == theirs.info.raw
    assert written.piece_layers == theirs.piece_layers
