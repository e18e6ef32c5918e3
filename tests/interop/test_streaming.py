"""rain-fetch --stdout: one file of a torrent, in order, from libtorrent, rain and a web server."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.interop import processes, rain_client
from tests.interop.rain_client import RainSeed
from tests.surroundings import LOOPBACK_ONLY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

SECONDS = 90.0
LARGE = "large.bin"
RANGES = {"0-": (0, None), "70000-1999999": (70_000, 2_000_000), "-65537": (-65_537, None)}


def environment(home: Path) -> dict[str, str]:
    return processes.surroundings(home) | rain_client.environment() | LOOPBACK_ONLY


def stream(
    home: Path, source: str | Path, copy: Path, options: Sequence[str], *, sends: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run rain-fetch to its end; with `sends`, a reader that leaves after so many bytes."""
    words = rain_client.command("rain-fetch", source, "--dir", copy, "--timeout", "30s", *options)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home), cwd=home
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            data = process.stdout.read() if sends is None else process.stdout.read(sends)
            process.stdout.close()
            code = process.wait(SECONDS)
            return subprocess.CompletedProcess(words, code, data, process.stderr.read())
        finally:
            process.kill()


def on_disk(copy: Path) -> list[str]:
    return sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())


def peer(address: tuple[str, int]) -> list[str]:
    return ["--peer", rain_client.spell(address)]


def content_of(source: Path, torrent: Torrent) -> bytes:
    return (source / torrent.name / LARGE).read_bytes()


@pytest.mark.parametrize("version", ["v1", "hybrid", "v2"])
def test_any_range_comes_from_libtorrent_as_it_is(
    version: str,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("odd sizes", version)
    port = processes.free_port()
    seed = libtorrent.seed(place, torrent, source, dial=[("127.0.0.1", port)])
    for number, (text, (first, stop)) in enumerate(RANGES.items()):
        home, options = place.home("rain-fetch"), ["--stdout", LARGE, f"--range={text}"]
        where = copy / str(number)
        where.mkdir()
        ended = stream(home, torrent.path, where, [*options, *peer(seed.address)])
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == content_of(source, torrent)[first:stop]
        assert on_disk(where) == [f"{torrent.name}/{LARGE}"]


def test_a_magnet_link_is_streamed_too_and_a_re_run_needs_nobody(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    seed = RainSeed(place, torrent, source)
    home = place.home("rain-fetch")
    options = ["--stdout", LARGE]
    ended = stream(home, torrent.magnet, copy, [*options, *peer(seed.address)])
    assert (ended.returncode, ended.stdout) == (0, content_of(source, torrent)), ended.stderr
    seed.stop()
    again = stream(home, torrent.path, copy, [*options, "--no-trackers"])
    assert (again.returncode, again.stdout) == (0, content_of(source, torrent)), again.stderr


def test_a_reader_that_leaves_ends_it_quietly(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    seed = RainSeed(place, torrent, source)
    options = ["--stdout", LARGE, "--quiet", *peer(seed.address)]
    ended = stream(place.home("rain-fetch"), torrent.path, copy, options, sends=100)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == content_of(source, torrent)[:100]


def test_a_reader_that_leaves_while_there_is_nothing_to_write_ends_it_quietly(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    seed = RainSeed(place, torrent, source, options=["--limit-up", "50KiB"])
    options = ["--stdout", LARGE, "--quiet", *peer(seed.address)]
    ended = stream(place.home("rain-fetch"), torrent.path, copy, options, sends=100)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == content_of(source, torrent)[:100]


def test_nobody_there_is_a_stall(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    listen = ["--port", str(processes.free_port())]
    options = ["--stdout", "0", "--no-trackers", "--timeout", "1s", *listen]
    ended = stream(place.home("rain-fetch"), torrent.path, copy, options)
    assert (ended.returncode, ended.stdout) == (4, b"")
    assert b"no progress for 1s" in ended.stderr
    assert on_disk(copy) == []


def test_an_interrupt_saves_what_there_is(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    seed = RainSeed(place, torrent, source, options=["--limit-up", "300KiB"])
    home = place.home("rain-fetch")
    words = rain_client.command("rain-fetch", torrent.path, "--dir", copy, "--stdout", LARGE)
    words += peer(seed.address)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(home)
    ) as process:
        assert process.stdout is not None
        first = process.stdout.read(70_000)
        os.kill(process.pid, signal.SIGINT)
        first += process.stdout.read()
        assert process.wait(SECONDS) == 130
    content = content_of(source, torrent)
    assert content.startswith(first)
    assert len(first) < len(content)
    seed.stop()
    rest = stream(home, torrent.path, copy, ["--stdout", LARGE, "--range", "0-65535"])
    assert (rest.returncode, rest.stdout) == (0, content[:65_536]), rest.stderr


def test_two_readers_of_one_torrent_in_one_directory_do_not_disturb_each_other(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    seed = RainSeed(place, torrent, source)
    home = place.home("rain-fetch")
    words = rain_client.command("rain-fetch", torrent.path, "--dir", copy, "--stdout", LARGE)
    with subprocess.Popen(
        [*words, "--limit-down", "200KiB", *peer(seed.address)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(home),
    ) as first:
        assert first.stdout is not None
        begun = first.stdout.read(1)
        second = stream(home, torrent.path, copy, ["--stdout", LARGE, *peer(seed.address)])
        begun += first.stdout.read()
        assert first.wait(SECONDS) == 0
    whole = content_of(source, torrent)
    assert (second.returncode, second.stdout) == (0, whole), second.stderr
    assert begun == whole
    assert second.stderr.count(b"another process fetches it") == 1
    assert on_disk(copy) == [f"{torrent.name}/{LARGE}"]
    assert on_disk(home / ".local" / "state" / "rain" / "aside") == []


def test_a_second_fetch_into_one_directory_says_so_in_one_line(
    place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("odd sizes")
    seed = RainSeed(place, torrent, source)
    home = place.home("rain-fetch")
    words = rain_client.command("rain-fetch", torrent.path, "--dir", copy, *peer(seed.address))
    with subprocess.Popen(
        [*words, "--events", "--limit-down", "100KiB"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(home),
    ) as first:
        assert first.stdout is not None
        while b'"piece"' not in first.stdout.readline():
            pass
        second = subprocess.run(
            words, capture_output=True, env=environment(home), timeout=SECONDS, check=False
        )
        os.kill(first.pid, signal.SIGINT)
        first.stdout.read()
        assert first.wait(SECONDS) == 130
    assert second.returncode == 5
    [line] = second.stderr.splitlines()
    assert b"another process is writing it; wait for it" in line
    again = subprocess.run(words, capture_output=True, env=environment(home), check=False)
    assert again.returncode == 0, again.stderr
