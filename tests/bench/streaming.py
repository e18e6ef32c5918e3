"""How soon the first byte comes, how fast the rest, and in how much memory.

    python -m tests.bench.streaming [--mib 1024] [--seed rain|libtorrent] [--ranges 20]

rain-fetch --stdout as a process, over loopback: the time from its start to the first byte of the
file and to the last, its peak memory (VmHWM), and random ranges compared with the file itself.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

from tests.interop import processes, rain_client, torrents
from tests.interop.client import Place
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.rain_client import RainSeed
from tests.interop.tracker import Tracker

MIB = 1024 * 1024
CHUNK = 256 * 1024


def words_of(torrent: torrents.Torrent, copy: Path, peer: tuple[str, int], *more: str) -> list[str]:
    """The command line."""
    return [
        *rain_client.command("rain-fetch", torrent.path, "--quiet", "--dir", copy),
        *("--stdout", "0", "--peer", rain_client.spell(peer), "--no-trackers", *more),
    ]


def environment(home: Path) -> dict[str, str]:
    """Where it may remember things."""
    home.mkdir()
    return processes.surroundings(home) | rain_client.environment()


def peak_kib(pid: int) -> int:
    """VmHWM of a process; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(s.split()[1]) for s in status.splitlines() if s.startswith("VmHWM")), 0)


def whole(torrent: torrents.Torrent, root: Path, peer: tuple[str, int], number: int) -> str:
    """Stream all of it once."""
    env, peak, length = environment(root / f"home{number}"), 0, 0
    started = time.monotonic()
    words = words_of(torrent, root / f"copy{number}", peer)
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=env, bufsize=0) as process:
        assert process.stdout is not None
        first = 0.0
        while data := process.stdout.read(CHUNK):
            first = first or time.monotonic() - started
            length += len(data)
            if length % (32 * MIB) < CHUNK:
                peak = max(peak, peak_kib(process.pid))
    seconds = time.monotonic() - started
    assert length == torrent.length, f"{length} of {torrent.length} bytes"
    rate = length / MIB / (seconds - first)
    return f"first byte {first:.2f} s, then {rate:.0f} MiB/s, peak {peak / 1024:.0f} MiB"


def ranges(
    torrent: torrents.Torrent, root: Path, peer: tuple[str, int], source: Path, count: int
) -> str:
    """Stream some ranges, and compare them."""
    dice, env = random.Random(1), environment(root / "home")
    with source.open("rb") as file:
        for number in range(count):
            begin = dice.randrange(torrent.length)
            length = min(dice.randrange(1, 4 * MIB), torrent.length - begin)
            wanted = f"--range={begin}-{begin + length - 1}"
            words = words_of(torrent, root / f"range{number}", peer, wanted)
            got = subprocess.run(words, stdout=subprocess.PIPE, env=env, check=True).stdout
            assert got == os.pread(file.fileno(), length, begin), wanted
    return f"{count} ranges are equal"


def main() -> None:
    """Print a line for each round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--seed", choices=["rain", "libtorrent"], default="rain")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ranges", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Tracker() as tracker:
        root = Path(name)
        place = Place(root, tracker)
        try:
            (root / "source").mkdir()
            content = torrents.write_content(
                root / "source", "content", {"": chosen.mib * MIB - 12_345}
            )
            torrent = torrents.make(
                content, root / "a.torrent", piece_length=MIB, tracker=tracker.url
            )
            seed = (
                RainSeed(place, torrent, root / "source")
                if chosen.seed == "rain"
                else Libtorrent().seed(place, torrent, root / "source")
            )
            for number in range(chosen.rounds):
                print(whole(torrent, root, seed.address, number), flush=True)
            print(ranges(torrent, root, seed.address, content, chosen.ranges))
        finally:
            place.close()


if __name__ == "__main__":
    main()
