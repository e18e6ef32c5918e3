"""A seed that is killed at any moment, or whose data somebody changes, never sends a bad byte.

    RAIN_KILLS=6 .venv/bin/python -m pytest tests/interop/test_killed_seeds.py

kills thirty times.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.interop import client, processes, rain_client, torrents
from tests.interop.checking_leecher import CheckingLeecher
from tests.interop.rain_client import RainSeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

MIB = 1 << 20
PIECE_LENGTH = 256 * 1024
LENGTH = 40 * MIB + 12_345
"""More than twice what rain-seed keeps in memory."""
ROUNDS = 5 * int(os.environ.get("RAIN_KILLS", "1"))
BAD = 7
"""The piece that is bad in some rounds."""


def made(place: Place, source: Path, tmp_path: Path, seed: int) -> tuple[Torrent, list[bytes]]:
    """A torrent of one file, and the hashes of its pieces."""
    root = torrents.write_content(source, "content.bin", {"": LENGTH}, seed)
    out = tmp_path / "content.torrent"
    torrent = torrents.make(root, out, piece_length=PIECE_LENGTH, tracker=place.tracker.url)
    data = root.read_bytes()
    pieces = range(0, LENGTH, PIECE_LENGTH)
    return torrent, [hashlib.sha1(data[at : at + PIECE_LENGTH]).digest() for at in pieces]


def flip(path: Path, piece: int) -> None:
    """Change a byte in the middle of a piece, and change it back the next time."""
    with path.open("r+b") as file:
        file.seek(piece * PIECE_LENGTH + PIECE_LENGTH // 2)
        [byte] = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 0xFF]))


def test_a_seed_that_is_killed_again_and_again_gives_good_pieces_only(
    place: Place, source: Path, tmp_path: Path, seed: int
) -> None:
    torrent, hashes = made(place, source, tmp_path, seed)
    dice, path, home = random.Random(seed), source / torrent.name, place.home("rain-seed")
    leecher = CheckingLeecher(torrent, hashes, dice)
    is_bad = False
    for number in range(ROUNDS):
        if dice.random() < 0.5:
            flip(path, BAD)
            is_bad = not is_bad
        port = processes.free_port()
        options = ["--partial", *dice.choice([[], [], ["--quick"], ["--recheck"]])]
        words = ["--dir", source, "--port", str(port), *options]
        command = rain_client.command("rain-seed", torrent.path, *words)
        process = place.start(
            command, "rain-seed", home, environment=rain_client.environment(), lines=True
        )
        if number % 2:  # the others may be killed while they begin
            process.line()
        killer = threading.Timer(dice.uniform(0.2, 3.0), process.signal, [9])
        killer.start()
        given = len(leecher.good)
        while killer.is_alive():
            leecher.take((client.LOOPBACK, port), 5.0)
            time.sleep(0.02)
        process.wait()
        assert leecher.bad == [], process.describe()
        assert not (is_bad and BAD in leecher.good[given:])
    assert leecher.good


def test_what_is_changed_under_a_running_seed_is_not_sent_any_more(
    place: Place, source: Path, tmp_path: Path, seed: int
) -> None:
    torrent, hashes = made(place, source, tmp_path, seed)
    seeder = RainSeed(place, torrent, source)
    leecher = CheckingLeecher(torrent, hashes, random.Random(seed))
    everything = list(range(len(hashes)))
    leecher.take_all(seeder.address, everything)
    changed = len(hashes) // 2  # which is in no cache any more
    flip(source / torrent.name, changed)
    leecher.good.clear()
    leecher.take_all(seeder.address, [piece for piece in everything[::4] if piece != changed])
    leecher.take(seeder.address, 3.0, only=[changed])
    assert leecher.bad == []
    assert changed not in leecher.good
    assert "what is bad is not served" in seeder.process.errors
