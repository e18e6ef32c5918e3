"""Every kind of torrent, by file and by link, in the clear and by RC4, with who knows all of it.

These rows are not in test_transfers, test_v2_transfers, test_magnets and test_encryption, which
also have the clients that know version 1 only; test_qbittorrent has its own. Those clients have
no hybrids: transmission 3.00 takes them for corrupt, and aria2 calls them by another info-hash
than everybody else, so that it meets nobody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.interop import client
from tests.interop.aria2_client import Aria2
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.rain_client import Rain, RainFetch, RainSeed
from tests.interop.transmission_client import Transmission

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent

pytestmark = pytest.mark.usefixtures("only_rain")

SECONDS = 90.0
FORCED, DISABLED = 0, 2
RC4 = 2
LAYOUT = "odd sizes"


def libtorrent(encryption: str) -> Libtorrent:
    policy = FORCED if encryption == "rc4" else DISABLED
    return Libtorrent(in_enc_policy=policy, out_enc_policy=policy, allowed_enc_level=RC4)


def ours(encryption: str) -> Rain:
    policy = "require" if encryption == "rc4" else "off"
    return Rain("--encryption", policy, "--events")


def connections(end: object) -> set[str | None]:
    """What protected the content, by the events of an end that is ours."""
    assert isinstance(end, RainSeed | RainFetch)
    events = [json.loads(line) for line in end.process.lines]
    return {
        one.get("encryption")
        for one in events
        if one["type"] == "peer" and one["state"] == "connected"
    }


@pytest.mark.parametrize("by_magnet", [False, True], ids=["torrent", "magnet"])
@pytest.mark.parametrize(
    ("version", "encryption"), [("hybrid", "plain"), ("hybrid", "rc4"), ("v2", "rc4")]
)
@pytest.mark.parametrize("we_seed", [False, True], ids=["fetch", "seed"])
def test_libtorrent_and_we(
    we_seed: bool,
    version: str,
    encryption: str,
    by_magnet: bool,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    if missing := Libtorrent.missing():
        pytest.skip(f"not installed: {missing}")
    pair: tuple[Client, Client] = (libtorrent(encryption), ours(encryption))
    torrent = make_torrent(LAYOUT, version)
    giver, taker = reversed(pair) if we_seed else pair
    seed, fetch = client.transfer(place, torrent, giver, taker, source, copy, by_magnet=by_magnet)
    fetch.complete(SECONDS)
    fetch.stop()
    seed.stop()
    assert torrent.faults(copy) == []
    expected = "rc4" if encryption == "rc4" else None
    assert connections(seed if we_seed else fetch) == {expected}


@pytest.mark.parametrize("by_magnet", [False, True], ids=["torrent", "magnet"])
@pytest.mark.parametrize("version", ["v1", "hybrid", "v2"])
@pytest.mark.parametrize("encryption", ["plain", "rc4"])
def test_we_and_we(
    encryption: str,
    version: str,
    by_magnet: bool,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent, rain = make_torrent(LAYOUT, version), ours(encryption)
    seed, fetch = client.transfer(place, torrent, rain, rain, source, copy, by_magnet=by_magnet)
    fetch.complete(SECONDS)
    fetch.stop()
    seed.stop()
    assert torrent.faults(copy) == []
    expected = {"rc4" if encryption == "rc4" else None}
    assert connections(seed) == connections(fetch) == expected


@pytest.mark.parametrize(
    "other", [Transmission(encryption=0), Aria2()], ids=["transmission", "aria2"]
)
@pytest.mark.parametrize("we_seed", [False, True], ids=["fetch", "seed"])
def test_clients_of_version_1_and_we_by_link_in_the_clear(
    we_seed: bool,
    other: Client,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    if missing := other.missing():
        pytest.skip(f"not installed: {missing}")
    pair: tuple[Client, Client] = (other, ours("plain"))
    torrent = make_torrent(LAYOUT)
    giver, taker = reversed(pair) if we_seed else pair
    seed, fetch = client.transfer(place, torrent, giver, taker, source, copy, by_magnet=True)
    fetch.complete(SECONDS)
    fetch.stop()
    seed.stop()
    assert torrent.faults(copy) == []
    assert connections(seed if we_seed else fetch) == {None}
