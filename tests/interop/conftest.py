"""Clients, content and torrents for the tests with real clients on loopback.

    INTEROP_SUBJECT=libtorrent python -m pytest tests/interop

puts another client (libtorrent, aria2, transmission) in our place, which shows whether a
failure is ours or the harness's. Tests of our command line are then skipped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.interop import torrents
from tests.interop.aria2_client import Aria2
from tests.interop.client import Client, Place
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.rain_client import Rain
from tests.interop.tracker import Tracker
from tests.interop.transmission_client import Transmission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIENTS: dict[str, Client] = {
    found.name: found for found in (Rain(), Libtorrent(), Aria2(), Transmission())
}
SUBJECT = os.environ.get("INTEROP_SUBJECT", "rain")
PIECE_LENGTH = 64 * 1024
# Debian's libtorrent 2.0 crashes by itself once in some thousand sessions, and its qbittorrent
# calls one in fifty hybrids that came by magnet broken, from a libtorrent seed as well as from
# ours. One more try tells that from what we cause; our own processes get no such mercy.
CRASHED = r"\b(aria2|libtorrent|qbittorrent|transmission)\b.*ended with -(6|11)\b|'state': 'error'"


class MakeTorrent(Protocol):
    """What the fixture `make_torrent` gives."""

    def __call__(self, layout: str, version: str = "v1") -> torrents.Torrent: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "interop" in item.path.parts:
            item.add_marker(pytest.mark.interop)
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=CRASHED))


def usable(name: str) -> Client:
    if missing := CLIENTS[name].missing():
        pytest.skip(f"not installed: {missing}")
    return CLIENTS[name]


@pytest.fixture(params=["libtorrent", "aria2", "transmission"])
def other(request: pytest.FixtureRequest) -> Client:
    """Each foreign client in turn."""
    return usable(request.param)


@pytest.fixture
def libtorrent() -> Libtorrent:
    """The one client that can be steered closely."""
    client = usable("libtorrent")
    assert isinstance(client, Libtorrent)
    return client


@pytest.fixture
def ours() -> Client:
    """The client under test."""
    return usable(SUBJECT)


@pytest.fixture
def only_rain() -> None:
    """For tests of the command line itself."""
    if SUBJECT != "rain":
        pytest.skip("another client stands in for ours")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Homes and a tracker; every process is ended afterwards, its log printed if a test fails."""
    (tmp_path / "homes").mkdir()
    with Tracker() as tracker:
        place = Place(tmp_path / "homes", tracker)
        try:
            yield place
        finally:
            started = list(place.processes)
            place.close()
            for process in started:
                print(process.describe())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The directory that holds the content to be shared."""
    return tmp_path / "source"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The directory into which it is fetched."""
    (tmp_path / "copy").mkdir()
    return tmp_path / "copy"


@pytest.fixture
def make_torrent(place: Place, source: Path, tmp_path: Path, seed: int) -> MakeTorrent:
    """Writes the content of a layout and a torrent of it."""

    def make(layout: str, version: str = "v1") -> torrents.Torrent:
        source.mkdir()
        root = torrents.write_content(source, f"a {layout}", torrents.LAYOUTS[layout], seed)
        out = tmp_path / "content.torrent"
        if version == "v1":
            return torrents.make(root, out, piece_length=PIECE_LENGTH, tracker=place.tracker.url)
        client = usable("libtorrent")
        assert isinstance(client, Libtorrent)
        return client.create(place, root, out, piece_length=PIECE_LENGTH, version=version)

    return make
