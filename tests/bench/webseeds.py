"""Fetch one large file from nginx, with rain, libtorrent and aria2 in one run.

    .venv/bin/python -m tests.bench.webseeds --size 1024 --rounds 3

CPU-seconds are those of the fetching process, from start to end, per GiB; they include the
check of its hashes and, for rain, starting Python.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.interop import torrents
from tests.interop.aria2_client import Aria2
from tests.interop.client import Client, Fetch, Place
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.nginx import Nginx
from tests.interop.rain_client import RainFetch
from tests.interop.torrents import Torrent
from tests.interop.tracker import Tracker

MIB = 1 << 20
SECONDS = 600.0
OTHERS: dict[str, Client] = {"libtorrent": Libtorrent(), "aria2": Aria2()}


def trial(place: Place, name: str, torrent: Torrent, copy: Path) -> tuple[float, float]:
    """Seconds from start to completion, and CPU-seconds."""
    started = time.monotonic()
    run: Fetch
    if name == "rain":
        run = RainFetch(place, torrent.path, copy, [], options=["--no-trackers"])
    else:
        run = OTHERS[name].fetch(place, torrent, copy, [])
    ended = run.complete(SECONDS)
    run.stop()
    usage = run.process.usage
    assert usage is not None
    assert torrent.faults(copy) == []
    return ended - started, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="MiB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at", type=Path, default=Path("/dev/shm"), help="where files go")
    options = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ("rain", *OTHERS)}
    with tempfile.TemporaryDirectory(dir=options.at) as directory, Tracker() as tracker:
        top = Path(directory)
        (top / "homes").mkdir()
        place = Place(top / "homes", tracker)
        try:
            (top / "source").mkdir()
            root = torrents.write_content(top / "source", "large", {"": options.size * MIB})
            torrent = torrents.make(
                root, top / "large.torrent", piece_length=MIB, tracker=tracker.url
            )
            server = Nginx(place, top / "source")
            raw = torrent.path.read_bytes()
            url = torrents.encode(f"{server.url}/large")
            torrent.path.write_bytes(raw[:-1] + b"8:url-list" + url + b"e")
            for _ in range(options.rounds):
                for name, results in found.items():
                    copy = top / "copy"
                    copy.mkdir()
                    results.append(trial(place, name, torrent, copy))
                    shutil.rmtree(copy)
        finally:
            place.close()
    for name, results in found.items():
        seconds = statistics.median(took for took, _ in results)
        cpu = statistics.median(used for _, used in results) * 1024 / options.size
        print(f"{name:12} {options.size / seconds:8.0f} MiB/s {cpu:6.2f} CPU-s/GiB")


if __name__ == "__main__":
    main()
