"""libtorrent, through Debian's Python bindings in a process of their own."""

from __future__ import annotations

import base64
import functools
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop import client, processes, torrents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.interop.client import Address, Place
    from tests.interop.torrents import Torrent

__all__ = ["Libtorrent", "LibtorrentFetch", "LibtorrentSeed", "Session"]

SCRIPT = Path(__file__).with_name("libtorrent_process.py")


@functools.cache
def interpreter() -> str:
    """A Python that can import libtorrent: the system's, or else our own; empty if none can."""
    for python in ("/usr/bin/python3", sys.executable):
        if Path(python).exists():
            command = [python, "-I", "-c", "import libtorrent"]
            if subprocess.run(command, capture_output=True).returncode == 0:
                return python
    return ""


class Session:
    """The other end of `libtorrent_process`: calls and events."""

    def __init__(
        self, place: Place, listen: str = f"{client.LOOPBACK}:0", **settings: object
    ) -> None:
        self._heard = threading.Condition()
        self._replies: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._number = 0
        options = json.dumps({"listen": listen, "settings": settings})
        command = [interpreter(), "-I", "-X", "faulthandler", str(SCRIPT), options]
        home = place.home("libtorrent")
        self.process = place.start(
            command, "libtorrent", home, talks=True, lines=True, heard=self._hear
        )

    def _hear(self, line: str) -> None:
        message = json.loads(line)
        with self._heard:
            if "event" in message:
                self._events.append(message)
            else:
                self._replies[message["id"]] = message
            self._heard.notify_all()

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have something done and return the reply."""
        self._number += 1
        number = self._number
        self.process.tell(json.dumps({"id": number, "do": do} | arguments))
        with self._heard:
            self._heard.wait_for(lambda: number in self._replies, processes.PATIENCE)
            reply = self._replies.pop(number, None)
        if reply is None or (do != "status" and reply.get("error")):
            raise AssertionError(f"{do}: {reply}: {self.process.describe()}")
        return reply

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """The events of some kinds so far, oldest first."""
        with self._heard:
            return [event for event in self._events if event["event"] in kinds]

    def event(self, *kinds: str, seconds: float = processes.PATIENCE) -> dict[str, Any]:
        """The first event of some kinds, once there is one."""
        deadline = time.monotonic() + seconds
        with self._heard:
            while True:
                for event in self._events:
                    if event["event"] in kinds:
                        return event
                left = deadline - time.monotonic()
                if left <= 0 or self.process.returncode is not None:
                    break
                self._heard.wait(min(left, 1.0))
            last = self._events[-5:]
        raise AssertionError(f"never {kinds}, last events {last}: {self.process.describe()}")

    def port(self) -> int:
        """The port on which the session listens, once it does."""
        return int(processes.until(lambda: self.ask("listening")["port"], "libtorrent listens"))

    def status(self, torrent: int = 0) -> dict[str, Any]:
        return self.ask("status", torrent=torrent)

    def stop(self) -> None:
        self.process.hang_up()
        self.process.wait()


class LibtorrentSeed:
    """A libtorrent session that seeds one torrent, after a full check of the data."""

    def __init__(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        host: str,
        dial: Sequence[Address],
        upload_limit: int,
        settings: dict[str, object],
    ) -> None:
        bracketed = f"[{host}]" if ":" in host else host
        self.session = Session(place, f"{bracketed}:{processes.free_port(host)}", **settings)
        self.process = self.session.process
        self.session.ask(
            "add",
            torrent=str(torrent.path),
            directory=str(directory),
            upload_limit=upload_limit,
            trackers=torrent.trackers,
        )
        self.session.event("checked")
        status = processes.until(lambda: self._seeding(), "libtorrent seeds")
        assert not status["error"], status
        self.address = (host, self.session.port())
        self.session.ask("connect", torrent=0, peers=list(dial))

    def _seeding(self) -> dict[str, Any] | None:
        status = self.session.status()
        return status if status["seeding"] or status["error"] else None

    @property
    def uploaded(self) -> int:
        """Bytes of content that were sent, to anybody."""
        return int(self.session.status()["uploaded"])

    def stop(self) -> None:
        self.session.stop()


class LibtorrentFetch:
    """A libtorrent session that fetches one torrent."""

    def __init__(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        by_magnet: bool,
        host: str,
        settings: dict[str, object],
    ) -> None:
        host = host or (peers[0][0] if peers else client.LOOPBACK)
        bracketed = f"[{host}]" if ":" in host else host
        listen = f"{bracketed}:{processes.free_port(host)}"
        self.session = Session(place, listen, outgoing_interfaces=host, **settings)
        self.process = self.session.process
        self.address = (host, self.session.port())
        source = {"magnet": torrent.magnet} if by_magnet else {"torrent": str(torrent.path)}
        self.session.ask(
            "add",
            directory=str(directory),
            peers=list(peers),
            trackers=torrent.trackers,
            **source,
        )

    def complete(self, seconds: float = processes.PATIENCE) -> float:
        event = self.session.event("finished", "error", seconds=seconds)
        assert event["event"] == "finished", event
        return float(event["time"])

    def metadata(self) -> bytes:
        """The info dictionary that the session has."""
        return base64.b64decode(self.session.ask("metadata", torrent=0)["info"])

    def stop(self) -> None:
        self.session.stop()


class Libtorrent:
    """libtorrent as a test sees it.

    Args:
        settings: Of its sessions, beside those of `libtorrent_process`.
    """

    name = "libtorrent"
    dials_loopback = True
    makes_empty_files = True

    def __init__(self, **settings: object) -> None:
        self._settings = settings

    @staticmethod
    def missing() -> str:
        return "" if interpreter() else "python3-libtorrent"

    def seed(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        *,
        host: str = client.LOOPBACK,
        dial: Sequence[Address] = (),
        upload_limit: int = 0,
    ) -> LibtorrentSeed:
        """Seed; `upload_limit` in bytes per second, 0 for none."""
        return LibtorrentSeed(place, torrent, directory, host, dial, upload_limit, self._settings)

    def fetch(
        self,
        place: Place,
        torrent: Torrent,
        directory: Path,
        peers: Sequence[Address],
        *,
        by_magnet: bool = False,
        host: str = "",
    ) -> LibtorrentFetch:
        """Fetch; `host` is our own address, by default that of the first peer."""
        return LibtorrentFetch(place, torrent, directory, peers, by_magnet, host, self._settings)

    def create(
        self, place: Place, root: Path, out: Path, *, piece_length: int, version: str
    ) -> Torrent:
        """Make a torrent of some version, which `torrents.make` cannot."""
        session = Session(place)
        hashes = session.ask(
            "create",
            content=str(root),
            out=str(out),
            piece_length=piece_length,
            version=version,
            tracker=place.tracker.url,
        )
        session.stop()
        return torrents.read(out, root, hashes["v1"], hashes["v2"], piece_length)
