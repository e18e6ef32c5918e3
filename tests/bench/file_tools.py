"""Creating, verifying and inspecting as whole processes: ours, and what others have for it."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.trials import Trial
from tests.bench.usage import Meter
from tests.interop import libtorrent_client, torrents
from tests.interop.rain_client import command, environment

if TYPE_CHECKING:
    from tests.interop.client import Place

__all__ = ["KINDS", "FileTools", "each"]

SECONDS = 300.0
MIB = 1 << 20
OTHERS = Path(__file__).with_name("other_tools.py")
VERSIONS = {"v1": "--v1", "v2": "--v2", "hybrid": "--hybrid"}
CREATORS = {
    "v1": ("rain", "mktorrent", "libtorrent"),
    "v2": ("rain", "libtorrent"),
    "hybrid": ("rain", "libtorrent"),
}
PIECE, MANY_PIECE = 20, 17  # as powers of two, for one large file and for many small ones
FILES = 20_000
TORRENTS = 2000
KINDS = (
    *(f"create-{version}" for version in VERSIONS),
    *(f"create-many-{version}" for version in VERSIONS),
    "verify",
    "inspect",
    "inspect-one",
)


class Run(NamedTuple):
    """A command line, and the bytes of what it works on."""

    words: list[str]
    length: int


class FileTools:
    """The content that the kinds share, made when it is first needed.

    Args:
        root: A directory on a tmpfs.
        size: Bytes of the one large file.
    """

    def __init__(self, root: Path, size: int) -> None:
        self.root = root
        self.size = size
        self.out = root / "made.torrent"

    def clients(self, kind: str) -> tuple[str, ...]:
        """Who takes part."""
        if kind.startswith("create"):
            return CREATORS[kind.rpartition("-")[2]]
        return {"verify": ("rain", "torf"), "inspect": ("rain", "libtorrent")}.get(
            kind, ("rain", "python -c pass")
        )

    def trial(self, kind: str, client: str, place: Place) -> Trial:
        """One run of one client.

        Raises:
            AssertionError: It failed.
        """
        self.out.unlink(missing_ok=True)
        words, length = self.run_of(kind, client)
        home = place.home(client.partition(" ")[0])
        process = place.start(words, client.partition(" ")[0], home, environment=environment())
        with Meter(process) as meter:
            code = process.wait(SECONDS)
        if code or (kind.startswith("create") and not self.out.exists()):
            raise AssertionError(process.describe())
        assert process.ended_at is not None
        seconds, cpu = process.ended_at - process.started_at, meter.cpu_seconds()
        return Trial(length, seconds, cpu, cpu, meter.peak_bytes)

    def run_of(self, kind: str, client: str) -> Run:
        """What to start."""
        if kind == "verify":
            return self.verifying(client)
        if kind.startswith("inspect"):
            return self.inspecting(client, 1 if kind == "inspect-one" else TORRENTS)
        version = kind.rpartition("-")[2]
        exponent = MANY_PIECE if "-many-" in kind else PIECE
        content, length = self.many() if "-many-" in kind else self.large()
        if client == "rain":
            size = f"{(1 << exponent) // 1024}KiB"
            rain = command("rain-create", content, "--out", self.out, "--piece-length", size)
            return Run([*rain, VERSIONS[version]], length)
        if client == "mktorrent":
            threads = str(os.cpu_count())
            pieces = ["-t", threads, "-l", str(exponent)]
            return Run(["mktorrent", *pieces, "-o", str(self.out), str(content)], length)
        asked = [version, str(1 << exponent), str(content), str(self.out)]
        return Run([libtorrent_client.interpreter(), "-I", str(OTHERS), "create", *asked], length)

    def verifying(self, client: str) -> Run:
        content, length = self.large()
        torrent = self.root / "large.torrent"
        if not torrent.exists():
            torrents.make(content, torrent, piece_length=1 << PIECE, tracker="http://t.example/")
        if client == "rain":
            return Run(command("rain-verify", torrent, "--dir", self.root), length)
        return Run([sys.executable, str(OTHERS), "verify", str(torrent), str(content)], length)

    def inspecting(self, client: str, count: int) -> Run:
        paths = self.collection()[:count]
        length = sum(path.stat().st_size for path in paths)
        if client == "rain":
            return Run(command("rain-inspect", *paths), length)
        if client == "libtorrent":
            python = libtorrent_client.interpreter()
            return Run([python, "-I", str(OTHERS), "inspect", *map(str, paths)], length)
        return Run([sys.executable, "-c", "pass"], length)

    def large(self) -> tuple[Path, int]:
        """One file of random bytes."""
        if not (self.root / "large.bin").exists():
            torrents.write_content(self.root, "large.bin", {"": self.size})
        return self.root / "large.bin", self.size

    def many(self) -> tuple[Path, int]:
        """20,000 files of 4 to 16 KiB in 400 directories."""
        dice = Random(1)
        names = [f"{n // 1000:02}/{n // 50 % 20:02}/file {n:05}.dat" for n in range(FILES)]
        layout = {name: dice.randint(4096, 16384) for name in names}
        if not (self.root / "many").exists():
            torrents.write_content(self.root, "many", layout)
        return self.root / "many", sum(layout.values())

    def collection(self) -> list[Path]:
        """2,000 torrents of 1 to 40 files and 1,000 pieces."""
        directory = self.root / "torrents"
        if not directory.exists():
            directory.mkdir()
            dice = Random(1)
            for number in range(TORRENTS):
                files = [
                    {"length": MIB, "path": ["season 1", f"episode {n:02}.mkv"]}
                    for n in range(dice.randint(1, 40))
                ]
                pieces = dice.randbytes(20 * len(files) * MIB // 65536)
                info = {"files": files, "name": f"t{number}", "piece length": 65536}
                value = {"announce": "http://t.example/", "info": {**info, "pieces": pieces}}
                (directory / f"{number:04}.torrent").write_bytes(torrents.encode(value))
        return sorted(directory.iterdir())


def each(trials: list[Trial]) -> str:
    """What `inspect` took for one torrent."""
    seconds = statistics.median(trial.seconds for trial in trials)
    return f"inspect: {1000 * seconds / TORRENTS:.2f} ms a torrent, {TORRENTS} in one process"
