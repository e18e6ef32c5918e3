"""Many peers at once: what they cost, and how fast they are served.

    python -m tests.bench.crowds [--size 1024] [--rounds 3] [KIND...]
    python -m tests.bench.crowds --size 512 from-20 to-20
    python -m tests.bench.crowds fetch-200 seed-200

`fetch-200` and `seed-200`: CPU per GiB of ours with 200 connected peers beside that with one,
for the same content, from the first connection to the end. The peers are `crowd`'s, which take
and give in turns, so that all of them are busy.
`from-20`: one leecher, 20 seeds of libtorrent that send 10 MiB/s each. `to-20`: one seed, 20
leechers of libtorrent, 32 MiB each. Ours beside the other clients, in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import trials
from tests.bench.trials import Trial
from tests.bench.usage import Meter
from tests.interop import processes, torrents
from tests.interop.aria2_client import Aria2
from tests.interop.client import Place
from tests.interop.libtorrent_client import Libtorrent, LibtorrentSeed
from tests.interop.qbittorrent_client import Qbittorrent
from tests.interop.rain_client import Rain
from tests.interop.tracker import Tracker
from tests.interop.transmission_client import Transmission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interop.client import Address, Client
    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent

__all__ = ["main"]

MIB, GIB = 1 << 20, 1 << 30
MANY = 200
SEEDS, SEED_RATE = 20, 10 * MIB
LEECHERS, SMALL = 20, 32 * MIB
PATIENCE = 300.0
CROWD = Path(__file__).with_name("crowd.py")
CLIENTS: dict[str, Client] = {
    found.name: found for found in (Rain(), Libtorrent(), Aria2(), Qbittorrent(), Transmission())
}
KINDS = ("fetch-200", "seed-200", "from-20", "to-20")


class Bench:
    """Where everything is, and the results."""

    def __init__(self, root: Path, tracker: Tracker, options: argparse.Namespace) -> None:
        self.root, self.tracker, self.options = root, tracker, options
        self.rows: dict[str, dict[str, list[Trial]]] = {}
        self.homes = 0

    def place(self) -> Place:
        """For the processes of one run."""
        self.homes += 1
        home = self.root / f"homes {self.homes}"
        home.mkdir()
        return Place(home, self.tracker)

    def torrent(self, name: str, length: int) -> Torrent:
        """Random content and its torrent."""
        content = torrents.write_content(self.root / "source", name, {"": length})
        out = self.root / f"{name}.torrent"
        return torrents.make(content, out, piece_length=MIB, tracker=self.tracker.url)

    def copy(self, torrent: Torrent, number: int = 0) -> Path:
        """Where to fetch to: zeros are there, so that nobody pays for new memory."""
        directory = self.root / f"copy {number}"
        directory.mkdir(exist_ok=True)
        target = directory / torrent.name
        zeros = bytes(MIB)
        with target.open("r+b" if target.exists() else "wb") as file:
            for _ in range(torrent.length // MIB):
                file.write(zeros)
        for left in directory.iterdir():
            if left != target:
                left.unlink()
        return directory

    def note(self, kind: str, name: str, trial: Trial) -> None:
        """Remember a result and tell it."""
        self.rows.setdefault(kind, {}).setdefault(name, []).append(trial)
        rate = trial.content_bytes / MIB / trial.seconds
        cpu = trial.cpu_seconds * GIB / trial.content_bytes
        print(f"{kind} {name}: {rate:.0f} MiB/s, {cpu:.2f} CPU-s/GiB", file=sys.stderr)

    # --- one peer and two hundred ------------------------------------------------------------

    def crowded(self, kind: str) -> None:
        """Interleave runs with one peer and with many."""
        torrent = self.torrent("crowded.bin", self.options.size * MIB)
        run = self.crowded_fetch if kind.startswith("fetch") else self.crowded_seed
        for _ in range(self.options.rounds):
            for count in (1, MANY):
                place = self.place()
                try:
                    self.note(kind, f"{count} peers", run(place, torrent, count))
                finally:
                    place.close()

    def crowd(
        self, place: Place, role: str, count: int, torrent: Torrent, address: tuple[str, int]
    ) -> Process:
        """Start peers that connect to an address."""
        content = self.root / "source" / torrent.name
        facts = [torrent.info_hash.hex(), str(content), str(MIB), address[0], str(address[1])]
        command = [sys.executable, str(CROWD), role, str(count), *facts]
        return place.start(command, "crowd", place.home("crowd"), lines=True)

    def crowded_fetch(self, place: Place, torrent: Torrent, count: int) -> Trial:
        """Fetch from a crowd: one of them is dialled, the others dial."""
        port = processes.free_port()
        crowd = self.crowd(place, "seed", count, torrent, ("127.0.0.1", port))
        seed = ("127.3.0.1", json.loads(crowd.line())["port"])
        copy = self.copy(torrent)
        client = Rain("--encryption", "off", "--port", str(port))
        fetching = client.fetch(place, torrent, copy, [seed])
        with Meter(fetching.process) as meter:
            started = moment(crowd, "connected")
            before = meter.cpu_seconds()
            ended = fetching.complete(PATIENCE)
            cpu = meter.cpu_seconds() - before
        if faults := torrent.faults(copy):
            raise AssertionError(faults)
        return Trial(torrent.length, ended - started, cpu, meter.cpu_seconds(), meter.peak_bytes)

    def crowded_seed(self, place: Place, torrent: Torrent, count: int) -> Trial:
        """Seed to a crowd, which together gets everything once."""
        seeding = Rain("--encryption", "off").seed(place, torrent, self.root / "source")
        with Meter(seeding.process) as meter:
            before = meter.cpu_seconds()
            crowd = self.crowd(place, "leech", count, torrent, seeding.address)
            started = moment(crowd, "connected")
            ended = moment(crowd, "done")
            cpu = meter.cpu_seconds() - before
        return Trial(torrent.length, ended - started, cpu, cpu, meter.peak_bytes)

    # --- twenty beside the others ------------------------------------------------------------

    def from_many(self) -> None:
        """One leecher of twenty seeds that are not fast."""
        torrent = self.torrent("from-20.bin", self.options.size * MIB // 2)
        place = self.place()
        try:
            source = self.root / "source"
            seeds = [
                Libtorrent().seed(
                    place, torrent, source, host=f"127.0.2.{number}", upload_limit=SEED_RATE
                )
                for number in range(1, SEEDS + 1)
            ]
            for name in self.turns():
                self.note("from-20", name, self.fetch(CLIENTS[name], torrent, seeds))
        finally:
            place.close()

    def fetch(self, client: Client, torrent: Torrent, seeds: list[LibtorrentSeed]) -> Trial:
        """Fetch from all of them."""
        place, copy = self.place(), self.copy(torrent)
        told = [len(seed.session.events("connected")) for seed in seeds]
        try:
            peers = [seed.address for seed in seeds] if client.dials_loopback else []
            fetching = client.fetch(place, torrent, copy, peers)
            with Meter(fetching.process) as meter:
                for seed in seeds if not peers else ():
                    seed.session.ask("connect", torrent=0, peers=[fetching.address])
                started = first_connected(seeds, told, fetching.address)
                before = meter.cpu_seconds()
                ended = fetching.complete(PATIENCE)
                cpu = meter.cpu_seconds() - before
                fetching.stop()
        finally:
            place.close()
        if faults := torrent.faults(copy):
            raise AssertionError(f"{client.name}: {faults}")
        return Trial(torrent.length, ended - started, cpu, meter.cpu_seconds(), meter.peak_bytes)

    def to_many(self) -> None:
        """One seed of twenty leechers."""
        torrent = self.torrent("to-20.bin", SMALL)
        for name in self.turns():
            copies = [self.copy(torrent, number) for number in range(LEECHERS)]
            place = self.place()
            try:
                source = self.root / "source"
                client = CLIENTS[name]
                trial = trials.seed(place, client, Libtorrent(), torrent, source, copies)
            except AssertionError as error:  # of 20 leechers one crashes now and then
                print(f"to-20 {name}: FAILED: {error}", file=sys.stderr)
                continue
            finally:
                place.close()
            self.note("to-20", name, trial)

    def turns(self) -> Iterator[str]:
        """Clients in turn, round after round; one that is very slow gets one turn only."""
        slow: set[str] = set()
        for _ in range(self.options.rounds):
            for name in self.options.clients:
                if name in slow:
                    continue
                began = time.monotonic()
                yield name
                if time.monotonic() - began > 40.0:
                    slow.add(name)

    def run(self, kind: str) -> None:
        """Do one kind."""
        if kind == "from-20":
            self.from_many()
        elif kind == "to-20":
            self.to_many()
        else:
            self.crowded(kind)


def moment(crowd: Process, what: str) -> float:
    """When a crowd said something, once it has."""
    for number in range(10):
        line = json.loads(crowd.line(PATIENCE, number))
        if what in line:
            return float(line["time"])
    raise AssertionError(f"never {what}: {crowd.describe()}")


def first_connected(seeds: list[LibtorrentSeed], told: list[int], client: Address) -> float:
    """When the first connection between a client and any of the seeds came.

    Seeds go on dialling the clients before it, which have ended: an event of those would start
    the clock while this one is still being started.

    Args:
        told: How many events each seed had told before the client was started.
        client: Where it listens, if they dial it.
    """
    dialled = f":{client[1]} "

    def found() -> list[float]:
        return [
            event["time"]
            for seed, before in zip(seeds, told, strict=True)
            for event in seed.session.events("connected")[before:]
            if "incoming" in event["text"] or dialled in event["text"]
        ]

    return float(min(processes.until(found, "a seed is connected")))


def table(rows: dict[str, dict[str, list[Trial]]]) -> str:
    """Medians, and the ratio of the first line to the best of the others."""
    lines = []
    for kind, found in rows.items():
        rates = {
            name: statistics.median(one.content_bytes / MIB / one.seconds for one in many)
            for name, many in found.items()
        }
        costs = {
            name: statistics.median(one.cpu_seconds * GIB / one.content_bytes for one in many)
            for name, many in found.items()
        }
        lines += ["", f"{kind:<14}{'MiB/s':>8}{'wall s':>9}{'CPU-s/GiB':>11}{'peak MiB':>10}"]
        for name, many in found.items():
            peak = max(one.peak_bytes for one in many) / MIB
            wall = statistics.median(one.seconds for one in many)
            lines.append(
                f"{name:<14}{rates[name]:>8.0f}{wall:>9.2f}{costs[name]:>11.2f}{peak:>10.0f}"
            )
        if kind.endswith("-200"):
            lines.append(f"CPU of many / of one: {costs[f'{MANY} peers'] / costs['1 peers']:.2f}")
        elif others := [rate for name, rate in rates.items() if name != "rain"]:
            lines.append(f"rate / that of the best: {rates.get('rain', 0) / max(others):.2f}")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.crowds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="content, in MiB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default=",".join(CLIENTS), help="default: %(default)s")
    parser.add_argument("--directory", type=Path, default=Path("/dev/shm"), help="a tmpfs")
    options = parser.parse_args()
    options.clients = [name for name in options.clients.split(",") if not CLIENTS[name].missing()]
    with (
        tempfile.TemporaryDirectory(prefix="rain-bench-", dir=options.directory) as root,
        Tracker() as tracker,
    ):
        bench = Bench(Path(root), tracker, options)
        for kind in options.kinds or KINDS:
            bench.run(kind)
    load = os.getloadavg()[0]
    print(f"{options.size} MiB, {options.rounds} rounds, {os.cpu_count()} cores, load {load:.1f}")
    print(table(bench.rows))


if __name__ == "__main__":
    main()
