"""Encrypted and plain peers meet: ours with each other and with every other client.

What is asked of a foreign client is in POLICIES; which of our own policies suits it, and
what then protects the content, is in the same table.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import stdout_lines
from tests.interop import client, processes
from tests.interop.aria2_client import Aria2
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.rain_client import Rain, RainFetch, RainSeed, spell
from tests.interop.transmission_client import Transmission

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent

pytestmark = pytest.mark.usefixtures("only_rain")

SECONDS = 90.0
FORCED, ENABLED, DISABLED = 0, 1, 2
PLAIN, RC4, BOTH = 1, 2, 3
CLEAR = None


def libtorrent(policy: int, level: int = BOTH, *, prefer_rc4: bool = False) -> Libtorrent:
    return Libtorrent(
        in_enc_policy=policy,
        out_enc_policy=policy,
        allowed_enc_level=level,
        prefer_rc4=prefer_rc4,
    )


FOREIGN: dict[str, Client] = {
    "libtorrent disabled": libtorrent(DISABLED),
    "libtorrent enabled": libtorrent(ENABLED),
    "libtorrent prefers rc4": libtorrent(ENABLED, prefer_rc4=True),
    "libtorrent forced plaintext": libtorrent(FORCED, PLAIN),
    "libtorrent forced rc4": libtorrent(FORCED, RC4),
    "transmission tolerated": Transmission(encryption=0),
    "transmission preferred": Transmission(encryption=1),
    "transmission required": Transmission(encryption=2),
    "aria2": Aria2(),
    "aria2 requires plaintext": Aria2("--bt-require-crypto=true", "--bt-min-crypto-level=plain"),
    "aria2 requires arc4": Aria2("--bt-require-crypto=true", "--bt-min-crypto-level=arc4"),
    "aria2 forced": Aria2("--bt-force-encryption=true"),
}
NO_RC4 = ["libtorrent disabled", "libtorrent forced plaintext"]
"""These and --encryption require have nothing in common."""

NO_CLEAR = [
    "libtorrent forced plaintext",
    "libtorrent forced rc4",
    "transmission required",
    "aria2 requires plaintext",
    "aria2 requires arc4",
    "aria2 forced",
]
"""These and --encryption off have nothing in common."""


def foreign(name: str) -> Client:
    found = FOREIGN[name]
    if missing := found.missing():
        pytest.skip(f"not installed: {missing}")
    return found


def ours(policy: str) -> Rain:
    return Rain("--encryption", policy, "--events")


def encryptions(lines: list[str]) -> set[str | None]:
    """What protected the content of each peer that connected, by our own events."""
    events = [json.loads(line) for line in lines]
    return {
        event.get("encryption")
        for event in events
        if event["type"] == "peer" and event["state"] == "connected"
    }


def exchange(
    place: Place,
    make_torrent: MakeTorrent,
    seeder: Client,
    fetcher: Client,
    source: Path,
    copy: Path,
    *,
    by_magnet: bool,
) -> tuple[set[str | None], ...]:
    """Move a file; what protected it, by the events of each side that is ours."""
    torrent = make_torrent("single file")
    seed, fetch = client.transfer(
        place, torrent, seeder, fetcher, source, copy, by_magnet=by_magnet
    )
    fetch.complete(SECONDS)
    fetch.stop()
    seed.stop()
    assert torrent.faults(copy) == []
    rains = [end for end in (seed, fetch) if isinstance(end, RainSeed | RainFetch)]
    return tuple(encryptions(end.process.lines) for end in rains)


@pytest.mark.parametrize("direction", ["fetch", "seed"])
@pytest.mark.parametrize("by_magnet", [False, True], ids=["torrent", "magnet"])
@pytest.mark.parametrize("name", FOREIGN)
def test_every_client_and_we_agree(
    name: str,
    by_magnet: bool,
    direction: str,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    """By magnet link with our default; by torrent with RC4 required where they can."""
    requires = not by_magnet and name not in NO_RC4
    rain, other = ours("require" if requires else "prefer"), foreign(name)
    pair = (other, rain) if direction == "fetch" else (rain, other)
    [found] = exchange(place, make_torrent, *pair, source, copy, by_magnet=by_magnet)
    if requires:
        assert found == {"rc4"}
    elif name in NO_CLEAR:
        assert found <= {"rc4", "plaintext"}
        assert found
    if name == "libtorrent disabled":
        assert found == {CLEAR}


@pytest.mark.parametrize("direction", ["fetch", "seed"])
@pytest.mark.parametrize("name", [name for name in FOREIGN if name not in NO_CLEAR])
def test_without_encryption_we_still_reach_who_takes_plain_peers(
    name: str,
    direction: str,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    rain, other = ours("off"), foreign(name)
    pair = (other, rain) if direction == "fetch" else (rain, other)
    assert exchange(place, make_torrent, *pair, source, copy, by_magnet=False) == ({CLEAR},)


@pytest.mark.parametrize(
    ("policy", "name", "reason"),
    [
        ("require", "libtorrent disabled", "peer refuses an encrypted handshake: {address}"),
        ("off", "libtorrent forced rc4", "during the handshake: "),
        ("off", "transmission required", "during the handshake: "),
        ("off", "aria2 forced", "during the handshake: "),
    ],
)
def test_policies_with_nothing_in_common_end_with_the_reason(
    policy: str,
    name: str,
    reason: str,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("single file")
    seed = foreign(name).seed(place, torrent, source)
    options = ["--encryption", policy, "--timeout", "3s", "--no-trackers"]
    fetch = RainFetch(place, torrent.path, copy, [seed.address], options=options)
    assert fetch.process.wait(SECONDS) == 4
    assert reason.format(address=spell(seed.address)) in fetch.process.errors
    assert len(fetch.process.errors.strip().splitlines()) == 1


COMMON = {
    ("prefer", "prefer"): "plaintext",
    ("prefer", "require"): "rc4",
    ("prefer", "off"): CLEAR,
    ("require", "prefer"): "rc4",
    ("require", "require"): "rc4",
    ("off", "prefer"): CLEAR,
    ("off", "off"): CLEAR,
}


@pytest.mark.parametrize(("seeds", "fetches"), COMMON)
def test_we_and_we_agree(
    seeds: str,
    fetches: str,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    expected = {COMMON[seeds, fetches]}
    found = exchange(place, make_torrent, ours(seeds), ours(fetches), source, copy, by_magnet=True)
    assert found == (expected, expected)


@pytest.mark.parametrize(
    ("seeds", "fetches", "reason"),
    [
        ("off", "require", "peer refuses an encrypted handshake: "),
        ("require", "off", "during the handshake: "),
    ],
)
def test_we_and_we_disagree_with_a_reason(
    seeds: str,
    fetches: str,
    reason: str,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("single file")
    seed = RainSeed(place, torrent, source, options=["--encryption", seeds])
    options = ["--encryption", fetches, "--timeout", "3s", "--no-trackers"]
    fetch = RainFetch(place, torrent.path, copy, [seed.address], options=options)
    assert fetch.process.wait(SECONDS) == 4
    assert reason in fetch.process.errors
    assert torrent.faults(copy) != []


def test_several_torrents_on_one_encrypted_port_are_told_apart(
    place: Place, source: Path, copy: Path, tmp_path: Path, seed: int
) -> None:
    from tests.interop import torrents

    made = []
    for number in range(3):
        root = torrents.write_content(source, f"number {number}", {"": 300_000}, seed + number)
        made.append(
            torrents.make(
                root,
                tmp_path / f"{number}.torrent",
                piece_length=65536,
                tracker=place.tracker.url,
            )
        )
    options = ["--encryption", "require", "--no-trackers"]
    server = RainSeed(
        place, made[0], source, options=[*options, *(str(one.path) for one in made[1:])]
    )
    processes.until(lambda: len(server.process.lines) >= 2, "all are served")
    for torrent in reversed(made):
        fetch = RainFetch(place, torrent.magnet, copy, [server.address], options=options)
        fetch.complete(SECONDS)
        assert torrent.faults(copy) == []
    documents = stdout_lines.documents("\n".join(server.process.lines))
    assert {tuple(document["peers"]) for document in documents} == {tuple(server.document["peers"])}
