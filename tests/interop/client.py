"""What the tests ask of every client: seed this, fetch that, say when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from tests.interop import processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent
    from tests.interop.tracker import Tracker

__all__ = ["LOOPBACK", "Address", "Client", "Fetch", "Place", "Seed", "transfer"]

Address: TypeAlias = tuple[str, int]

LOOPBACK = "127.0.0.1"


class Place:
    """Where the clients of one test live: homes, the tracker, and every process started.

    Args:
        root: An empty directory; a home for each process is made below it.
    """

    def __init__(self, root: Path, tracker: Tracker) -> None:
        self.root = root
        self.tracker = tracker
        self.processes: list[Process] = []

    def home(self, name: str) -> Path:
        """A new directory for a process of this name."""
        taken = sum(path.name.startswith(f"{name}-") for path in self.root.iterdir())
        home = self.root / f"{name}-{taken}"
        home.mkdir()
        return home

    def start(self, command: Sequence[str], name: str, home: Path, **how: Any) -> Process:
        """Start a process that ends at the latest when the place is closed."""
        process = processes.Process(command, name=name, home=home, **how)
        self.processes.append(process)
        return process

    def close(self) -> None:
        while self.processes:
            self.processes.pop().close()


class Seed(Protocol):
    """A client that has checked its data and serves them."""

    process: Process
    address: Address

    def stop(self) -> None: ...


class Fetch(Protocol):
    """A client that fetches."""

    process: Process
    address: Address

    def complete(self, seconds: float = processes.PATIENCE) -> float:
        """When all was there (seconds, monotonic), by the client's own account; waits for it."""
        ...

    def stop(self) -> None:
        """End the client in an orderly way, if it has not ended; all is then in the files."""
        ...


class Client(Protocol):
    """One program in both of its roles."""

    name: str
    dials_loopback: bool
    """Whether a fetch connects to peers on loopback; if not, they must connect to it."""
    makes_empty_files: bool
    """Whether a fetch makes the files whose length is 0."""

    @staticmethod
    def missing() -> str:
        """What is not installed; empty if the client can be used."""
        ...

    def seed(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        *,
        host: str = LOOPBACK,
        dial: Sequence[Address] = (),
    ) -> Seed:
        """Serve the content below `directory`; returns once it is checked and served.

        Args:
            dial: Peers to connect to, beside waiting for them.
        """
        ...

    def fetch(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        *,
        by_magnet: bool = False,
    ) -> Fetch:
        """Start fetching into `directory` from `peers` and from nobody else."""
        ...


def transfer(
    place: Place,
    torrent: Torrent,
    seeder: Client,
    fetcher: Client,
    source: Path,
    copy: Path,
    *,
    host: str = LOOPBACK,
    by_magnet: bool = False,
) -> tuple[Seed, Fetch]:
    """Start a seed and a fetch that know each other, in the order in which they can."""
    if fetcher.dials_loopback:
        seed = seeder.seed(place, torrent, source, host=host)
        fetch = fetcher.fetch(place, torrent, copy, [seed.address], by_magnet=by_magnet)
    else:
        fetch = fetcher.fetch(place, torrent, copy, [], by_magnet=by_magnet)
        seed = seeder.seed(place, torrent, source, host=host, dial=[fetch.address])
    return seed, fetch
