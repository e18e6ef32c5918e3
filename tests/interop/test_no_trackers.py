"""Packet captures: without trackers nothing is sent to them, not even to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import torrents
from tests.interop.lab import WORLD, Lab
from tests.interop.rain_client import command

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

TRACKER = "http://tracker.rain.test:8000/announce"
TCP, UDP = 6, 17


@pytest.fixture
def lab(place: Place) -> Iterator[Lab]:
    if missing := Lab.missing():
        pytest.skip(missing)
    try:
        lab = Lab(place)
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")
    try:
        lab.serve(["tracker.rain.test"], [f"{WORLD}:9"], place.root)
        lab.sniff(lab.home)
        yield lab
    finally:
        place.close()
        lab.close()


@pytest.fixture
def torrent(source: Path, tmp_path: Path) -> Torrent:
    source.mkdir()
    root = torrents.write_content(source, "content", {"": 100_000})
    return torrents.make(root, tmp_path / "content.torrent", piece_length=65536, tracker=TRACKER)


def sent(lab: Lab, *words: str | Path) -> Counter[tuple[str, str, str, int, int]]:
    """What a command sends that knows nobody, until it gives up or has served for a while."""
    process = lab.start(lab.home, command(*map(str, words)), str(words[0]))
    process.wait()
    assert process.returncode in (0, 4), process.describe()
    return lab.sent(lab.home)


def commands(torrent: Torrent, source: Path, copy: Path) -> list[list[str | Path]]:
    return [
        ["rain-fetch", torrent.path, "--dir", copy, "--timeout", "3s", "--port", "7001"],
        ["rain-fetch", torrent.magnet_with(TRACKER), "--dir", copy, "--timeout", "3s"],
        ["rain-seed", torrent.path, "--dir", source, "--seed-time", "3s"],
    ]


def test_no_trackers_means_no_packet_at_all(
    lab: Lab, torrent: Torrent, source: Path, copy: Path
) -> None:
    for words in commands(torrent, source, copy):
        assert not sent(lab, *words, "--no-trackers"), words


def test_a_run_with_trackers_is_seen(lab: Lab, torrent: Torrent, source: Path, copy: Path) -> None:
    """The other would pass with a sniffer that sees nothing."""
    for number, words in enumerate(commands(torrent, source, copy), 1):
        asked: dict[tuple[str, int, int], int] = {}
        for (_, _, target, protocol, port), count in sent(lab, *words).items():
            key = (target, protocol, port)
            asked[key] = asked.get(key, 0) + count
        assert asked[WORLD, UDP, 53] >= number
        assert asked[WORLD, TCP, 8000] >= 3 * number
