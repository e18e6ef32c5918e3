"""Our own commands, as whole processes of this checkout."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import stdout_lines
from tests.interop import client, processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.interop.client import Address, Place
    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent

__all__ = ["Rain", "RainFetch", "RainSeed", "command", "environment", "spell"]

ROOT = Path(__file__).resolve().parents[2]

LAUNCH = "import sys; sys.argv[0] = {name!r}; from raintools.{module} import main; sys.exit(main())"


def command(name: str, *arguments: str | Path) -> list[str]:
    """The command line of `name` ("rain-seed"), run from this checkout and not from an install.

    What pip would install is another test's matter; here an older copy in the environment
    must not be measured by mistake.
    """
    code = LAUNCH.format(name=name, module=name.replace("-", "_"))
    return [sys.executable, "-c", code, *map(str, arguments)]


def environment(dht: Sequence[Address] = ()) -> dict[str, str]:
    """What our commands need; they take part in a DHT if there are nodes to begin with."""
    found = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tools")])}
    return found | {"RAIN_NO_DHT": "0"} if dht else found


def bootstrap(dht: Sequence[Address]) -> list[str]:
    """The options that name nodes of a DHT."""
    return [word for node in dht for word in ("--bootstrap", spell(node))]


def spell(address: Address) -> str:
    """An address as the command line and the documents write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read_address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class RainSeed:
    """rain-seed, from its first document on."""

    def __init__(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        host: str = client.LOOPBACK,
        dial: Sequence[Address] = (),
        port: int | None = None,
        home: Path | None = None,
        options: Sequence[str] = (),
        dht: Sequence[Address] = (),
    ) -> None:
        self.home = home or place.home("rain-seed")
        port = processes.free_port(host) if port is None else port
        words = command(
            "rain-seed", torrent.path, "--dir", directory, "--port", str(port), *options
        )
        for peer in dial:
            words += ["--peer", spell(peer)]
        words += bootstrap(dht)
        self.process = place.start(
            words, "rain-seed", self.home, environment=environment(dht), lines=True
        )
        self.document = self._first_document()
        peers = [read_address(text) for text in self.document["peers"]]
        self.address = next(peer for peer in peers if peer[0] == host)

    def _first_document(self) -> dict[str, Any]:
        """The document that says where we are; events may come before it."""
        for number in itertools.count():
            line = stdout_lines.checked(self.process.line(number=number))
            if line["type"] == "torrent":
                return line
        raise AssertionError

    def stop(self) -> None:
        self.process.close()


class RainFetch:
    """rain-fetch; its end is the completion."""

    def __init__(
        self,
        place: Place,
        source: str | Path,
        directory: Path,
        peers: Sequence[Address],
        home: Path | None = None,
        options: Sequence[str] = (),
        dht: Sequence[Address] = (),
    ) -> None:
        self.home = home or place.home("rain-fetch")
        self.address = (client.LOOPBACK, processes.free_port())
        port = str(self.address[1])
        words = command("rain-fetch", source, "--dir", directory, "--port", port, *options)
        for peer in peers:
            words += ["--peer", spell(peer)]
        words += bootstrap(dht)
        self.process: Process = place.start(
            words, "rain-fetch", self.home, environment=environment(dht), lines=True
        )

    def complete(self, seconds: float = processes.PATIENCE) -> float:
        assert self.process.wait(seconds) == 0, self.process.describe()
        assert self.process.ended_at is not None
        stdout_lines.documents("\n".join(self.process.lines))
        return self.process.ended_at

    @property
    def document(self) -> dict[str, Any]:
        """The last line of stdout, which is the torrent document; the process has ended."""
        assert self.process.lines, self.process.describe()
        return stdout_lines.checked(self.process.lines[-1])

    def stop(self) -> None:
        self.process.close()


class Rain:
    """rain-seed and rain-fetch as a test sees them.

    Args:
        options: Of both.
    """

    name = "rain"
    dials_loopback = True
    makes_empty_files = True

    def __init__(self, *options: str) -> None:
        self._options = options

    @staticmethod
    def missing() -> str:
        return ""

    def seed(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        *,
        host: str = client.LOOPBACK,
        dial: Sequence[Address] = (),
    ) -> RainSeed:
        return RainSeed(place, torrent, directory, host, dial, options=self._options)

    def fetch(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        *,
        by_magnet: bool = False,
    ) -> RainFetch:
        source = torrent.magnet if by_magnet else torrent.path
        options = ["--timeout", "30s", *self._options]
        return RainFetch(place, source, directory, peers, options=options)
