"""What a session of many idle torrents costs: `python -m tests.bench.session_idle`.

Adds so many torrents of one small file each, lets them idle, lists them, and starts anew. The
trackers are of this process, on loopback, and answer at once. With --waiting there is no content,
and nobody who has it: they are downloads that wait for peers.

Each torrent has a first announce to make, and the session makes 20 of them a second: until all
are made it is busier than afterwards, so both are told. So has each after a restart, since
trackers hear of the end. Ten thousand take 500 seconds for that, twice: with
--announces-per-second 200 a tenth of it.

    python -m tests.bench.session_idle --torrents 10000 --shared-port 29997 \
        --announces-per-second 200
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import sys
import tempfile
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import run

import trio

from raincore import AddOptions, Config, Session
from raincore.base.config import SessionRules, Sources
from raincore.documents.session_records import TorrentStatus
from raincore.formats import bencoding
from raincore.session import collector

LENGTH, PIECE_LENGTH = 32768, 16384


class Tracker(ThreadingHTTPServer):
    """Bears hundreds that begin at once, and those that hang up."""

    request_queue_size = 1024

    def handle_error(self, *_: object) -> None:
        pass


class Answer(BaseHTTPRequestHandler):
    """A tracker that knows nobody else, and says so as nearly all do: with its counts."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"d8:completei1e10:incompletei0e8:intervali1800e5:peers0:e"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def torrent(number: int, directory: Path, tracker: str, *, waiting: bool = False) -> bytes:
    """Write the content of a torrent, unless it is to wait for it; give its .torrent file."""
    name = f"content-{number}"
    content = hashlib.sha256(name.encode()).digest() * (LENGTH // 32)
    if not waiting:
        (directory / name).write_bytes(content)
    hashes = [hashlib.sha1(content[at : at + PIECE_LENGTH]).digest() for at in (0, PIECE_LENGTH)]
    info = {
        "length": LENGTH,
        "name": name,
        "piece length": PIECE_LENGTH,
        "pieces": b"".join(hashes),
    }
    return bencoding.encode({"announce": tracker, "info": info})


def rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def now() -> tuple[float, float]:
    """The time of day and this process's own, which others that are busy do not lengthen."""
    return time.perf_counter(), time.process_time()


def took(begun: tuple[float, float]) -> str:
    """What has passed since, of both."""
    wall, used = (after - before for after, before in zip(now(), begun, strict=True))
    return f"{wall:.2f} s ({used:.2f} s of a core)"


async def ready(session: Session) -> None:
    """Wait until all have begun to seed, or to wait for peers."""
    idle = TorrentStatus.SEEDING, TorrentStatus.DOWNLOADING
    while any(one.status not in idle for one in session.torrents()):
        await trio.sleep(0.02)


def announced(session: Session) -> int:
    """How many torrents have heard from their tracker."""
    return sum(bool(one.trackers()[0].last_announce) for one in session.torrents())


async def idle(session: Session, seconds: float) -> None:
    """Tell what it costs while first announces go out, if any do, and when they have."""
    before, begun = announced(session), time.process_time()
    await trio.sleep(seconds)
    used, made = time.process_time() - begun, announced(session) - before
    if made:
        busy = f"{used / seconds:.2%} of a core, {made / seconds:.0f} a second"
        print(f"  announcing: {busy}, RSS {rss_mib():.0f} MiB", flush=True)
        while announced(session) < len(session.torrents()):
            await trio.sleep(1)
        await trio.sleep(10)
        begun = time.process_time()
        await trio.sleep(seconds)
        used = time.process_time() - begun
    tell_idle(session, used / seconds)


def tell_idle(session: Session, share: float) -> None:
    """Tell what idling costs, and how long the list takes."""
    times = []
    for _ in range(10):
        start = time.perf_counter()
        rows = session.changes_since(0).changed
        times.append(time.perf_counter() - start)
    revisions = sorted(one.revision for one in session.torrents())
    told = f"list of {len(rows)} {min(times) * 1000:.1f} ms"
    for changed in (0, 100):
        start = time.perf_counter()
        found = session.changes_since(revisions[-changed - 1]).changed
        told += f", delta of {len(found)} {(time.perf_counter() - start) * 1000:.1f} ms"
    print(f"  idle: {share:.2%} of a core, RSS {rss_mib():.0f} MiB, {told}", flush=True)


async def first(config: Config, torrents: list[bytes], seconds: float, at_once: int) -> None:
    async with Session(config, on_warning=print) as session:
        print(f"  open, nothing in it: RSS {rss_mib():.0f} MiB")
        begun = now()
        queue = iter(torrents)

        async def add() -> None:
            for data in queue:
                await session.add_torrent(data, AddOptions(data_dir=config.data_dir))

        async with trio.open_nursery() as nursery:
            for _ in range(at_once):
                nursery.start_soon(add)
        print(f"  all added: {took(begun)} ({at_once} at a time)")
        await ready(session)
        print(f"  all ready: {took(begun)}, RSS {rss_mib():.0f} MiB", flush=True)
        await trio.sleep(10)
        await idle(session, seconds)
        begun = now()
    print(f"  closed: {took(begun)}")


async def again(config: Config, seconds: float) -> None:
    begun = now()
    async with Session(config, on_warning=print) as session:
        print(f"  restart, open: {took(begun)}")
        await ready(session)
        print(f"  restart, all ready: {took(begun)}, RSS {rss_mib():.0f} MiB", flush=True)
        await trio.sleep(10)
        await idle(session, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torrents", type=int, default=1000)
    parser.add_argument("--shared-port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--announces-per-second", type=float)
    parser.add_argument("--waiting", action="store_true")
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--again", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    rules = SessionRules(
        listen_host="127.0.0.1", shared_port=chosen.shared_port, port_begin=30000, port_end=60000
    )
    if chosen.announces_per_second:
        rules = replace(rules, announces_per_second=chosen.announces_per_second)
    config = Config(sources=Sources(dht=False, lsd=False), session=rules)
    collector.be_patient()  # as rain-serve is
    if chosen.again:
        os.environ["XDG_STATE_HOME"] = chosen.again
        trio.run(again, replace(config, data_dir=f"{chosen.again}/data"), chosen.seconds)
        return
    server = Tracker(("127.0.0.1", 0), Answer)
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = place
        data = Path(place) / "data"
        data.mkdir()
        tracker = f"http://127.0.0.1:{server.server_port}/announce"
        torrents = [
            torrent(number, data, tracker, waiting=chosen.waiting)
            for number in range(chosen.torrents)
        ]
        child = os.fork()
        if not child:
            server.serve_forever()
        try:
            print(f"{chosen.torrents} torrents", flush=True)
            trio.run(
                first, replace(config, data_dir=str(data)), torrents, chosen.seconds, chosen.at_once
            )
            sys.stdout.flush()
            run([sys.executable, "-m", "tests.bench.session_idle", *sys.argv[1:], "--again", place])
        finally:
            os.kill(child, 15)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
