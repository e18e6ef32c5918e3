"""Whole processes side by side: transfers and file tools, ours next to the others.

    python -m tests.bench.whole_process                   1 GiB, 5 rounds, everything
    python -m tests.bench.whole_process --size 4096 --rounds 3 fetch seed
    python -m tests.bench.whole_process --clients rain fetch fetch-v2 fetch-hybrid
    python -m tests.bench.whole_process --size 4096 create-v1 create-many-hybrid verify
    python -m tests.bench.whole_process --json out.json --clients rain,libtorrent seed
    python -m tests.bench.whole_process --size 256 --rc4 fetch seed
    python -m tests.bench.whole_process --size 512 --rc4 --seeder rain fetch

Clear TCP on loopback, or RC4 that both sides demand, one file, pieces of 1 MiB, all files on
a tmpfs. The counterpart is libtorrent in a process of its own; with RC4 its seeder is slower
than what it feeds, and `--seeder rain` shows what a leecher can take. A seeder has checked
all its data before anything is measured. Clients take turns, round after round; the table shows medians, min..max and the
ratio to the best other client. What is counted is said by `trials.Trial`.

Copies are overwritten: between rounds a copy's bytes are zeroed in place, so that no run
pays for new memory (which on a virtual machine can cost more than the transfer); with
`--fresh` the copy is deleted instead. Either way each copy is compared by hash.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import file_tools, trials
from tests.bench.file_tools import FileTools
from tests.interop import torrents
from tests.interop.aria2_client import Aria2
from tests.interop.client import Place
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.rain_client import Rain
from tests.interop.tracker import Tracker
from tests.interop.transmission_client import Transmission

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.trials import Trial
    from tests.interop.client import Client
    from tests.interop.torrents import Torrent

__all__ = ["main"]

MIB, GIB = 1 << 20, 1 << 30
CLIENTS: dict[str, Client] = {
    found.name: found for found in (Rain(), Libtorrent(), Aria2(), Transmission())
}
FORCED_RC4 = {"in_enc_policy": 0, "out_enc_policy": 0, "allowed_enc_level": 2}
WITH_RC4: dict[str, Client] = {
    found.name: found
    for found in (
        Rain("--encryption", "require"),
        Libtorrent(**FORCED_RC4),
        Aria2("--bt-force-encryption=true"),
        Transmission(encryption=2),
    )
}
VERSIONS = {"fetch-v2": "v2", "fetch-hybrid": "hybrid"}
"""A fetch of the same content by another kind of torrent, from and by those who know it."""

FETCHES = ("fetch", *VERSIONS)
KINDS = (*FETCHES, "seed", "seed-20", *file_tools.KINDS)
LEECHERS = 20
SLOW, SLOW_ROUNDS = 30.0, 2
"""A client that takes so many seconds runs in so many rounds only."""
SMALL = 32 * MIB
"""The content of `seed-20`."""


class Bench:
    """Content, copies and results of one invocation."""

    def __init__(self, options: argparse.Namespace, root: Path, tracker: Tracker) -> None:
        self.options = options
        self.root = root
        self.tracker = tracker
        self.rows: dict[str, dict[str, list[Trial]]] = {}
        self.tools = FileTools(root / "tools", options.size * MIB)
        self.tools.root.mkdir()
        self.clients = WITH_RC4 if options.rc4 else CLIENTS
        self.counterpart = Libtorrent(**FORCED_RC4) if options.rc4 else Libtorrent()
        self.seeder = self.clients[options.seeder]

    def content(self, name: str, length: int) -> Torrent:
        """One file of random bytes and its torrent."""
        directory = self.root / "source"
        root = torrents.write_content(directory, name, {"": length})
        out = self.root / f"{name}.torrent"
        return torrents.make(root, out, piece_length=MIB, tracker=self.tracker.url)

    def content_of(self, version: str, name: str, length: int) -> Torrent:
        """The same as a v2 or hybrid torrent, made by libtorrent."""
        root = torrents.write_content(self.root / "source", name, {"": length})
        place = self.place()
        try:
            out = self.root / f"{name} {version}.torrent"
            made = Libtorrent().create(place, root, out, piece_length=MIB, version=version)
        finally:
            place.close()
        return made

    def copy(self, torrent: Torrent, number: int = 0) -> Path:
        """A directory to fetch into, with what an earlier run left, zeroed."""
        directory = self.root / f"copy {number}"
        directory.mkdir(exist_ok=True)
        for left in directory.iterdir():
            if left.name != torrent.name or self.options.fresh:
                left.unlink()
        target = directory / torrent.name
        if not self.options.fresh:
            zeros = bytes(MIB)
            with target.open("r+b" if target.exists() else "wb") as file:
                for _ in range(torrent.length // MIB):
                    file.write(zeros)
                file.truncate(torrent.length)
        return directory

    def place(self) -> Place:
        homes = self.root / "homes"
        shutil.rmtree(homes, ignore_errors=True)
        homes.mkdir()
        return Place(homes, self.tracker)

    def compare(self, runs: dict[str, tuple[list[str], Callable[[str], Trial]]]) -> None:
        """Let every client run once per round of every kind, in turn, and note what it took."""
        for number in range(self.options.rounds):
            for kind, (names, run) in runs.items():
                rows = self.rows.setdefault(kind, {name: [] for name in names})
                for name in names:
                    if len(rows[name]) >= SLOW_ROUNDS and rows[name][-1].seconds > SLOW:
                        continue
                    try:
                        trial = run(name)
                    except AssertionError as error:
                        print(f"{kind} {name}: FAILED: {error}", file=sys.stderr)
                        continue
                    rows[name].append(trial)
                    rate = trial.content_bytes / MIB / trial.seconds
                    print(f"{kind} {number + 1} {name}: {rate:.0f} MiB/s", file=sys.stderr)

    def fetch(self, kinds: list[str]) -> None:
        """Fetch the same content by each kind of torrent; the kinds take turns as well."""
        self.compare({kind: self.fetch_of(kind) for kind in kinds})

    def fetch_of(self, kind: str) -> tuple[list[str], Callable[[str], Trial]]:
        """Who can fetch by a kind of torrent, and how one does."""
        length = self.options.size * MIB
        if kind == "fetch":
            torrent, names = self.content("large.bin", length), self.options.clients
        else:
            torrent = self.content_of(VERSIONS[kind], "large.bin", length)
            names = [name for name in self.options.clients if name in ("rain", "libtorrent")]

        def run(name: str) -> Trial:
            copy = self.copy(torrent)
            place = self.place()
            try:
                client, source = self.clients[name], self.root / "source"
                return trials.fetch(place, client, self.seeder, torrent, source, copy)
            finally:
                place.close()

        return names, run

    def seed(self, kind: str, length: int, leechers: int) -> None:
        torrent = self.content(f"{kind}.bin", length)

        def run(name: str) -> Trial:
            copies = [self.copy(torrent, number) for number in range(leechers)]
            place = self.place()
            try:
                client, source = self.clients[name], self.root / "source"
                return trials.seed(place, client, self.counterpart, torrent, source, copies)
            finally:
                place.close()

        self.compare({kind: (self.options.clients, run)})

    def use(self, kind: str) -> None:
        """Run a kind of `file_tools`, which share their content."""

        def run(name: str) -> Trial:
            place = self.place()
            try:
                return self.tools.trial(kind, name, place)
            finally:
                place.close()

        self.compare({kind: (list(self.tools.clients(kind)), run)})

    def run(self, kind: str) -> None:
        if kind == "seed":
            self.seed(kind, self.options.size * MIB, 1)
        elif kind == "seed-20":
            self.seed(kind, SMALL, LEECHERS)
        else:
            self.use(kind)
            return
        self.tidy()

    def tidy(self) -> None:
        """Remove what a kind has left, but for what all file tools share."""
        for left in self.root.iterdir():
            if left != self.tools.root:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def table(rows: dict[str, dict[str, list[Trial]]]) -> str:
    """The results for people: one block per kind, one line per client."""
    lines = []
    for kind, clients in rows.items():
        lines += [
            "",
            f"{kind:<14}{'MiB/s':>7} {'min..max':>12} {'× best':>7} {'wall s':>8} "
            f"{'CPU-s/GiB':>10} {'whole life':>11} {'peak MiB':>9}",
        ]
        rates = {name: [_rate(trial) for trial in found] for name, found in clients.items()}
        best = max(
            (statistics.median(r) for name, r in rates.items() if r and name != "rain"),
            default=0.0,
        )
        for name, found in clients.items():
            if not found:
                lines.append(f"{name:<14}failed")
                continue
            median = statistics.median(rates[name])
            span = f"{min(rates[name]):.0f}..{max(rates[name]):.0f}"
            gib = found[0].content_bytes / GIB
            lines.append(
                f"{name:<14}{median:>7.0f} {span:>12} {median / best if best else 0:>7.2f} "
                f"{_median(found, 'seconds'):>8.3f} "
                f"{_median(found, 'cpu_seconds') / gib:>10.2f} "
                f"{_median(found, 'cpu_seconds_whole_life') / gib:>11.2f} "
                f"{max(trial.peak_bytes for trial in found) / MIB:>9.0f}"
            )
    return "\n".join(lines)


def _rate(trial: Trial) -> float:
    return trial.content_bytes / MIB / trial.seconds


def _median(found: list[Trial], field: str) -> float:
    return float(statistics.median(getattr(trial, field) for trial in found))


def parse(arguments: list[str]) -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.whole_process",
        description=summary,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND", help=str(KINDS))
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="content, in MiB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", default=",".join(CLIENTS), help="default: %(default)s")
    parser.add_argument("--fresh", action="store_true", help="delete copies between rounds")
    parser.add_argument("--rc4", action="store_true", help="encrypt everything, on both sides")
    parser.add_argument("--seeder", choices=("libtorrent", "rain"), default="libtorrent")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every trial, as JSON")
    parser.add_argument("--directory", type=Path, default=Path("/dev/shm"), help="a tmpfs")
    options = parser.parse_args(arguments)
    options.clients = [name for name in options.clients.split(",") if not CLIENTS[name].missing()]
    return options


def main() -> None:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory(prefix="rain-bench-", dir=options.directory) as root,
        Tracker() as tracker,
    ):
        bench = Bench(options, Path(root), tracker)
        kinds = options.kinds or KINDS
        if fetches := [kind for kind in kinds if kind in FETCHES]:
            bench.fetch(fetches)
            bench.tidy()
        for kind in kinds:
            if kind not in FETCHES:
                bench.run(kind)
    copies = "deleted" if options.fresh else "overwritten"
    how = "RC4" if options.rc4 else "clear"
    print(
        f"{options.size} MiB, {how}, {options.rounds} rounds, copies {copies}, "
        f"{os.cpu_count()} cores"
    )
    print(table(bench.rows))
    if "inspect" in bench.rows:
        print(file_tools.each(bench.rows["inspect"]["rain"]))
    if options.json:
        report = {
            "size_mib": options.size,
            "rounds": options.rounds,
            "rc4": options.rc4,
            "seeder": options.seeder,
            "copies": copies,
            "machine": {"cores": os.cpu_count(), "kernel": platform.release()},
            "trials": {
                kind: {name: [asdict(trial) for trial in found] for name, found in row.items()}
                for kind, row in bench.rows.items()
            },
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
