"""aria2, one process per torrent; it finds peers by the test's tracker only."""

from __future__ import annotations

import os
import shutil
import socket
from typing import TYPE_CHECKING

from tests.interop import client, processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.interop.client import Address, Place
    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent

__all__ = ["Aria2", "run"]

OPTIONS = [
    "--no-conf=true",
    "--enable-dht=false",
    "--enable-dht6=false",
    "--enable-peer-exchange=false",
    "--bt-enable-lpd=false",
    "--bt-save-metadata=false",
    "--bt-max-peers=0",
    "--file-allocation=none",
    "--allow-overwrite=true",
    "--auto-file-renaming=false",
    "--seed-ratio=0",
    "--summary-interval=0",
    "--show-console-readout=false",
    "--console-log-level=notice",
]


def run(place: Place, directory: Path, source: str, port: int, *options: str) -> Process:
    command = [
        "aria2c",
        *OPTIONS,
        f"--stop-with-process={os.getpid()}",
        f"--dir={directory}",
        f"--listen-port={port}",
        *options,
        source,
    ]
    return place.start(command, "aria2", place.home("aria2"))


def accepts(address: Address) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as probe:
        return probe.connect_ex(address) == 0


class Aria2Seed:
    """aria2 serving what it has checked."""

    def __init__(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        host: str,
        dial: Sequence[Address],
        options: Sequence[str],
    ) -> None:
        self.address = (host, processes.free_port(host))
        place.tracker.tell(torrent.info_hash, dial)
        self.process = run(
            place,
            directory,
            str(torrent.path),
            self.address[1],
            "--check-integrity=true",
            "--seed-time=1000000",
            *options,
        )
        processes.until(self._checked, "aria2 has checked its data")
        processes.until(lambda: accepts(self.address), "aria2 listens")

    def _checked(self) -> bool:
        if self.process.returncode is not None:
            raise AssertionError(self.process.describe())
        return "Verification finished successfully" in self.process.errors

    def stop(self) -> None:
        self.process.close()


class Aria2Fetch:
    """aria2 fetching; its end is the completion."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.address = (client.LOOPBACK, port)

    def complete(self, seconds: float = processes.PATIENCE) -> float:
        assert self.process.wait(seconds) == 0, self.process.describe()
        assert self.process.ended_at is not None
        return self.process.ended_at

    def stop(self) -> None:
        self.process.close()


class Aria2:
    """aria2 as a test sees it.

    Args:
        options: Beside OPTIONS.
    """

    name = "aria2"
    dials_loopback = True
    makes_empty_files = True

    def __init__(self, *options: str) -> None:
        self._options = options

    @staticmethod
    def missing() -> str:
        return "" if shutil.which("aria2c") else "aria2"

    def seed(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        *,
        host: str = client.LOOPBACK,
        dial: Sequence[Address] = (),
    ) -> Aria2Seed:
        return Aria2Seed(place, torrent, directory, host, dial, self._options)

    def fetch(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        *,
        by_magnet: bool = False,
    ) -> Aria2Fetch:
        place.tracker.tell(torrent.info_hash, peers)
        source = torrent.magnet_with(place.tracker.url) if by_magnet else str(torrent.path)
        port = processes.free_port()
        process = run(place, directory, source, port, "--seed-time=0", *self._options)
        return Aria2Fetch(process, port)
