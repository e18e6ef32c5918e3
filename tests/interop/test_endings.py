"""Full disks, taken ports, signals and readers that leave: one line, the right code, in time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.interop import processes, rain_client, torrents
from tests.interop.rain_client import RainFetch, RainSeed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

MIB = 1 << 20
STOP_SECONDS = 6.0
"""The five of the contract and one for a loaded machine to notice."""
SECONDS = 60.0
FULL_DISK_LENGTH = 64 * MIB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 4 MiB."""
    target = tmp_path / "small"
    target.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(target)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs to mount a small tmpfs, which this user may not")
    try:
        yield target
    finally:
        subprocess.run(["umount", "--lazy", str(target)], check=True)


def full_disk_torrent(place: Place, source: Path, tmp_path: Path, seed: int) -> Torrent:
    """A torrent for which the small disk is too small, and that no memory of ours takes in whole."""
    root = torrents.write_content(source, "content.bin", {"": FULL_DISK_LENGTH}, seed)
    out = tmp_path / "content.torrent"
    return torrents.make(root, out, piece_length=64 * 1024, tracker=place.tracker.url)


def test_a_full_disk_is_waited_for_and_the_fetch_goes_on_by_itself(
    libtorrent: Libtorrent,
    place: Place,
    source: Path,
    small_disk: Path,
    tmp_path: Path,
    seed: int,
) -> None:
    torrent = full_disk_torrent(place, source, tmp_path, seed)
    peer = libtorrent.seed(place, torrent, source)
    options = ["--timeout", "60s", "--events"]
    fetch = RainFetch(place, torrent.path, small_disk, [peer.address], options=options)
    warned = "no space left on device"
    processes.until(lambda: warned in fetch.process.errors, "it waits for the disk", SECONDS)
    uploaded = peer.uploaded
    assert "waiting for at most 1m" in fetch.process.errors
    subprocess.run(["mount", "-o", "remount,size=96m", str(small_disk)], check=True)
    fetch.complete(SECONDS)
    assert torrent.faults(small_disk) == []
    assert peer.uploaded < FULL_DISK_LENGTH + 64 * 1024, "something was fetched twice"
    assert uploaded < FULL_DISK_LENGTH, "what could not be written was asked for"
    assert fetch.process.errors.count(warned) == 1, "told more than once"


def test_a_full_disk_ends_the_fetch_which_goes_on_when_there_is_room(
    libtorrent: Libtorrent,
    place: Place,
    source: Path,
    small_disk: Path,
    tmp_path: Path,
    seed: int,
) -> None:
    torrent = full_disk_torrent(place, source, tmp_path, seed)
    peer = libtorrent.seed(place, torrent, source)
    options = ["--timeout", "6s"]
    fetch = RainFetch(place, torrent.path, small_disk, [peer.address], options=options)
    assert fetch.process.wait(SECONDS) == 5, fetch.process.describe()
    lines = fetch.process.errors.splitlines()
    assert len(lines) == 2, lines
    assert "waiting for at most 6s" in lines[0], lines
    assert lines[1].startswith("rain-fetch: error: "), lines

    subprocess.run(["mount", "-o", "remount,size=96m", str(small_disk)], check=True)
    again = RainFetch(place, torrent.path, small_disk, [peer.address], home=fetch.home)
    again.complete(SECONDS)
    assert torrent.faults(small_disk) == []


def test_a_port_in_use_is_an_error_that_names_it(
    place: Place, make_torrent: MakeTorrent, source: Path
) -> None:
    torrent = make_torrent("single file")
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = rain_client.command("rain-seed", torrent.path, "--dir", source, "--port", port)
        process = place.start(
            words,
            "rain-seed",
            place.home("rain-seed"),
            environment=rain_client.environment(),
            lines=True,
        )
        assert process.wait(SECONDS) == 4, process.describe()
    assert process.lines == []
    lines = process.errors.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rain-seed: error: "), lines
    assert port in lines[0]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_an_idle_seed(
    number: signal.Signals, code: int, place: Place, make_torrent: MakeTorrent, source: Path
) -> None:
    seed = RainSeed(place, make_torrent("single file"), source)
    seed.process.signal(number)
    assert seed.process.wait(STOP_SECONDS) == code, seed.process.describe()
    assert seed.process.errors == ""


def test_sigterm_ends_a_seed_that_is_serving(
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("single file")
    seed = RainSeed(place, torrent, source, options=["--limit-up", "100KiB"])
    fetch = libtorrent.fetch(place, torrent, copy, [seed.address])
    processes.until(lambda: fetch.session.status()["downloaded"], "libtorrent has got a block")
    seed.process.signal(signal.SIGTERM)
    assert seed.process.wait(STOP_SECONDS) == 143, seed.process.describe()


def test_sigterm_ends_a_fetch_that_waits_for_peers(
    place: Place, make_torrent: MakeTorrent, copy: Path
) -> None:
    nobody = ("127.0.0.1", processes.free_port())
    fetch = RainFetch(place, make_torrent("single file").path, copy, [nobody])
    processes.until(lambda: processes.listens(fetch.address[1]), "rain-fetch listens")
    fetch.process.signal(signal.SIGTERM)
    assert fetch.process.wait(STOP_SECONDS) == 143, fetch.process.describe()


def test_a_seed_ends_when_its_reader_goes_away(
    place: Place, make_torrent: MakeTorrent, source: Path
) -> None:
    torrent = make_torrent("single file")
    home = place.home("rain-seed")
    with (
        subprocess.Popen(
            rain_client.command("rain-seed", torrent.path, "--dir", source),
            cwd=home,
            env=processes.surroundings(home) | rain_client.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as seed,
        contextlib.ExitStack() as at_last,
    ):
        at_last.callback(seed.kill)
        assert seed.stdout is not None
        assert seed.stderr is not None
        assert json.loads(seed.stdout.readline())["peers"]
        seed.stdout.close()
        assert seed.wait(STOP_SECONDS) == 0
        assert seed.stderr.read() == b""


def test_a_disk_that_is_taken_away_is_waited_for_and_nothing_is_written_in_its_place(
    libtorrent: Libtorrent,
    place: Place,
    source: Path,
    small_disk: Path,
    tmp_path: Path,
    seed: int,
) -> None:
    files = {f"{number}.bin": 256 * 1024 for number in range(12)}
    root = torrents.write_content(source, "content", files, seed)
    out = tmp_path / "content.torrent"
    torrent = torrents.make(root, out, piece_length=64 * 1024, tracker=place.tracker.url)
    peer = libtorrent.seed(place, torrent, source, upload_limit=512 * 1024)
    options = ["--timeout", "60s"]
    fetch = RainFetch(place, torrent.path, small_disk, [peer.address], options=options)
    processes.until(lambda: (small_disk / torrent.name).exists(), "it has begun", SECONDS)
    away = tmp_path / "away"
    away.mkdir()
    subprocess.run(["mount", "--bind", str(small_disk), str(away)], check=True)
    try:
        subprocess.run(["umount", "--lazy", str(small_disk)], check=True)
        processes.until(lambda: "disk away" in fetch.process.errors, "it has noticed", SECONDS)
        assert list(small_disk.iterdir()) == []
        subprocess.run(["mount", "--bind", str(away), str(small_disk)], check=True)
        fetch.complete(SECONDS)
        assert torrent.faults(small_disk) == []
    finally:
        subprocess.run(["umount", "--lazy", str(away)], check=True)
