"""Many small torrents from one seeder: `python -m tests.bench.many_torrents`.

    python -m tests.bench.many_torrents --torrents 200 --rounds 3
    python -m tests.bench.many_torrents --clients rain,aria2

Each client fetches all of them in one process from one libtorrent process that has checked
its data. Time runs from before the first torrent is added, all in one request (transmission
takes them one by one), until the client says that the last one is there. What a tracker of
our own names is the only way to the seeder. Clients take turns; every copy is compared by
hash.

transmission never dials 127.0.0.0/8, and a seeder that dials it instead is refused by each
torrent that is not ready, and waits a minute before it tries again. So the seeder has an
address of another network, on the loopback device of a network namespace: for root only,
and whoever is not compares the others.
"""

from __future__ import annotations

import argparse
import base64
import ctypes
import json
import shutil
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tests.bench.usage import Meter
from tests.interop import client, lan, processes, rain_client, torrents
from tests.interop.aria2_client import OPTIONS, Aria2
from tests.interop.client import Place
from tests.interop.lan import Lan
from tests.interop.libtorrent_client import Session
from tests.interop.qbittorrent_client import Qbittorrent, QbittorrentServer
from tests.interop.tracker import Tracker
from tests.interop.transmission_client import SEEDING, Daemon, Transmission

if TYPE_CHECKING:
    from tests.interop.client import Address
    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent

PIECE = 256 * 1024
SECONDS = 300.0
ELSEWHERE = "10.77.0.254"


class Many(Protocol):
    """A client that takes all of them."""

    process: Process

    def add(self, directory: Path, made: list[Torrent]) -> None: ...

    def done(self) -> bool: ...


class RainServe:
    """rain-serve as anybody starts it, with its files in a home of its own."""

    def __init__(self, place: Place, copy: Path) -> None:
        port, home = processes.free_port(), place.home("rain")
        self._url = f"http://{client.LOOPBACK}:{port}/"
        options = [
            *("--config", "", "--data-dir", str(copy), "--data-dir-includes-torrent-id", "false"),
            *("--database", str(home / "session.db"), "--rpc-port", str(port)),
            *("--dht-enabled", "false"),
        ]
        self.process = place.start(
            rain_client.command("rain-serve", *options),
            "rain-serve",
            home,
            environment=rain_client.environment(),
        )
        processes.until(self._answers, "rain-serve answers")

    def _answers(self) -> bool:
        assert self.process.returncode is None, self.process.describe()
        try:
            self._call("Version")
        except OSError:
            return False
        return True

    def _call(self, method: str, **params: Any) -> Any:
        return self._post(call(method, params))["result"]

    def _post(self, value: Any) -> Any:
        kind = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self._url, json.dumps(value).encode(), kind)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=SECONDS) as response:
            return json.load(response)

    def add(self, directory: Path, made: list[Torrent]) -> None:
        coded = (base64.b64encode(torrent.path.read_bytes()).decode() for torrent in made)
        replies = self._post([call("AddTorrent", {"Torrent": one}) for one in coded])
        assert all("result" in reply for reply in replies), replies
        self._count = len(made)

    def done(self) -> bool:
        found = self._call("QueryTorrents", Status=["Seeding"], Limit=1)
        return bool(found["Total"] == self._count)


def call(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """A call of JSON-RPC."""
    return {"jsonrpc": "2.0", "method": f"Session.{method}", "params": params, "id": 1}


class Transmissions:
    """One transmission-daemon."""

    def __init__(self, place: Place, copy: Path) -> None:
        queue = {"download-queue-enabled": False, "peer-limit-global": 2000}
        self.daemon = Daemon(place, client.LOOPBACK, **queue)
        self.process = self.daemon.process

    def add(self, directory: Path, made: list[Torrent]) -> None:
        for torrent in made:
            self.daemon.add(directory, torrent, False, "")

    def done(self) -> bool:
        found = self.daemon.call("torrent-get", fields=["status", "percentDone"])["torrents"]
        return all(one["status"] == SEEDING and one["percentDone"] == 1 for one in found)


class Qbittorrents:
    """One qbittorrent-nox."""

    def __init__(self, place: Place, copy: Path) -> None:
        self.server = QbittorrentServer(place)
        self.process = self.server.process
        wishes = {"queueing_enabled": False, "max_connec": 2000, "listen_port": 0}
        self.server.post("app/setPreferences", json=json.dumps(wishes))

    def add(self, directory: Path, made: list[Torrent]) -> None:
        self.server.add_all(directory, made)
        self._count = len(made)

    def done(self) -> bool:
        found = json.loads(self.server.get("torrents/info", filter="completed"))
        return len(found) == self._count


class Aria2s:
    """One aria2c, which takes its list when it starts."""

    process: Process

    def __init__(self, place: Place, copy: Path) -> None:
        self._place = place

    def add(self, directory: Path, made: list[Torrent]) -> None:
        home = self._place.home("aria2")
        listed = home / "list"
        listed.write_text("".join(f"{torrent.path}\n" for torrent in made))
        command = ["aria2c", *OPTIONS, f"--dir={directory}", f"--input-file={listed}"]
        command += ["--seed-time=0", "--max-concurrent-downloads=50"]
        command += [f"--listen-port={processes.free_port()}"]
        self.process = self._place.start(command, "aria2", home)

    def done(self) -> bool:
        if self.process.returncode is None:
            return False
        assert self.process.returncode == 0, self.process.describe()
        return True


CLIENTS: dict[str, tuple[type, str]] = {
    "rain": (RainServe, ""),
    "transmission": (Transmissions, Transmission.missing()),
    "qbittorrent": (Qbittorrents, Qbittorrent.missing()),
    "aria2": (Aria2s, Aria2.missing()),
}


def moved() -> str:
    """Go to a network of our own; the seeder's address there, or loopback if there is none."""
    if Lan.missing():
        return client.LOOPBACK
    if ctypes.CDLL(None).unshare(lan.CLONE_NEWNET):
        return client.LOOPBACK
    lan.ip("link set lo up")
    lan.ip(f"address add {ELSEWHERE}/32 dev lo")
    return ELSEWHERE


def seeder(place: Place, made: list[Torrent], source: Path, host: str) -> Address:
    """A libtorrent process that serves them all."""
    wide = {"connections_limit": 4000, "unchoke_slots_limit": -1, "active_limit": 4000}
    address = (host, processes.free_port(host))
    session = Session(place, f"{address[0]}:{address[1]}", **wide)
    for torrent in made:
        session.ask("add", torrent=str(torrent.path), directory=str(source), trackers=())
    for number in range(len(made)):
        processes.until(lambda n=number: session.status(n)["seeding"], "libtorrent seeds", SECONDS)
    return address


def trial(
    name: str, place: Place, made: list[Torrent], source: Path, copy: Path, host: str
) -> list[float]:
    """Seconds, and CPU seconds, of one client."""
    for _ in range(2):  # libtorrent itself crashes now and then while much is added
        try:
            address = seeder(place, made, source, host)
            break
        except AssertionError:
            place.close()
    else:
        address = seeder(place, made, source, host)
    for torrent in made:
        place.tracker.tell(torrent.info_hash, [address])
    many: Many = CLIENTS[name][0](place, copy)
    began = time.monotonic()
    many.add(copy, made)
    with Meter(many.process) as meter:
        processes.until(many.done, f"{name} has it all", SECONDS)
        seconds, cpu = time.monotonic() - began, meter.cpu_seconds()
    place.close()
    for torrent in made:
        assert not torrent.faults(copy), (name, torrent.faults(copy))
    return [seconds, cpu]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torrents", type=int, default=200)
    parser.add_argument("--size", type=int, default=1 << 20, help="bytes of each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default=",".join(CLIENTS))
    chosen = parser.parse_args()
    host = moved()
    names = [name for name in chosen.clients.split(",") if not CLIENTS[name][1]]
    if host == client.LOOPBACK and "transmission" in names:
        print("without transmission: it does not dial loopback, and only root has another network")
        names.remove("transmission")
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with home as root, Tracker() as tracker:
        source = Path(root) / "source"
        source.mkdir()
        made = []
        for number in range(chosen.torrents):
            content = torrents.write_content(source, f"t{number}", {"": chosen.size}, number)
            out = Path(root) / f"t{number}.torrent"
            made.append(torrents.make(content, out, piece_length=PIECE, tracker=tracker.url))
        for number in range(chosen.rounds):
            for name in names:
                folder = Path(root) / f"{name}-{number}"
                copy = folder / "copy"
                copy.mkdir(parents=True)
                found[name].append(trial(name, Place(folder, tracker), made, source, copy, host))
                print(f"{name}: {found[name][-1][0]:.2f} s", flush=True)
                shutil.rmtree(folder, ignore_errors=True)  # qbittorrent writes to its end
    others = [statistics.median(x[0] for x in found[name]) for name in names if name != "rain"]
    for name in names:
        times = [one[0] for one in found[name]]
        middle = statistics.median(times)
        ratio = f"{middle / min(others):.2f}" if others else "-"
        cpu = statistics.median(one[1] for one in found[name])
        print(
            f"{name:14}{middle:7.2f} s ({min(times):.2f}..{max(times):.2f})  CPU {cpu:6.2f} s",
            end="",
        )
        print(f"  {ratio} of the best other")


if __name__ == "__main__":
    main()
