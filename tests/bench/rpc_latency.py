"""How soon the server answers while the disk is stalled, and how long its lists take.

python -m tests.bench.rpc_latency [TORRENTS [FILES]]

One torrent has FILES files, 100 by default.

All torrents are stopped but a few, which check content on a disk that answers after five
seconds. The budgets: 50 ms for 99 of 100 replies, 30 ms for the list of a thousand.
"""

import json
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import trio

from raincore.base.config import Config, SessionRules, Sources
from raincore.base.server_config import RpcRules
from raincore.formats import bencoding
from raincore.rpc.api import Api
from raincore.rpc.application import Application
from raincore.rpc.listening import open_listeners
from raincore.rpc.serving import HttpServer
from raincore.session.add_options import AddOptions
from raincore.session.collector import be_patient
from raincore.session.session import Session
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout

STALL_SECONDS = 5.0
CHECKED = 4
ROUNDS = 40
PIECE = 16384
HEAD = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CALLS = {
    "ListTorrents": {},
    "QueryTorrents": {},
    "QueryTorrents, delta": {"Since": -1},
    "GetTorrentStats": {"ID": "t0"},
    "GetTorrentPeers": {"ID": "t0"},
    "GetSessionStats": {},
    "GetManyStats": {},
    "GetTorrentFiles": {"ID": "t4"},
    "GetEvents": {"Since": 0},
}


class Stalled(FileStorage):
    """Files on a disk that has stopped to answer."""

    def read_into(self, offset: int, buffer: memoryview) -> int:
        time.sleep(STALL_SECONDS)
        return super().read_into(offset, buffer)


def torrent(number: int, files: int) -> bytes:
    if number == CHECKED:
        each = [{b"length": 1, b"path": [b"directory", b"file %d" % at]} for at in range(files)]
        pieces = bytes(20 * -(-files // PIECE))
        info = {b"files": each, b"name": b"many", b"piece length": PIECE, b"pieces": pieces}
        return bencoding.encode({b"info": info})
    info = {
        b"length": PIECE,
        b"name": b"t%d" % number,
        b"piece length": PIECE,
        b"pieces": bytes(20),
    }
    return bencoding.encode({b"info": info})


async def ask(stream: trio.SocketStream, method: str, params: dict) -> tuple[float, dict]:
    """Make one call; seconds, and the result."""
    value = {"jsonrpc": "2.0", "method": f"Session.{method}", "params": params, "id": 0}
    body = json.dumps(value)
    head = f"{HEAD}Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    began = time.perf_counter()
    await stream.send_all((head + body).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await stream.receive_some()
    lines, _, found = answer.partition(b"\r\n\r\n")
    size = next(
        int(x.split(b":")[1]) for x in lines.split(b"\r\n") if x.lower()[:15] == b"content-length:"
    )
    while len(found) < size:
        found += await stream.receive_some()
    return time.perf_counter() - began, json.loads(found)


class Longest(trio.abc.Instrument):
    """The most processor time for which a task other than our own kept all others waiting."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.began = 0.0
        self.own = trio.lowlevel.current_task()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.began = time.thread_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is not self.own:
            self.seconds = max(self.seconds, time.thread_time() - self.began)


async def measure(address: tuple[str, int]) -> None:
    stream = await trio.open_tcp_stream(*address)
    _, reply = await ask(stream, "QueryTorrents", {"Limit": 1})
    revision = reply["result"]["Revision"]
    for name, params in CALLS.items():
        asked = {**params, "Since": revision} if "Since" in params else params
        longest = Longest()
        trio.lowlevel.add_instrument(longest)
        times = [(await ask(stream, name.partition(",")[0], asked))[0] for _ in range(ROUNDS)]
        trio.lowlevel.remove_instrument(longest)
        times.sort()
        worst = times[int(len(times) * 0.99)]
        print(
            f"{name:24} median {statistics.median(times) * 1e3:6.1f} ms   p99 {worst * 1e3:6.1f} ms"
            f"   longest turn {longest.seconds * 1e3:5.1f} ms"
        )
    await stream.aclose()


async def main(count: int, files: int, folder: Path) -> None:
    config = Config(
        data_dir=str(folder / "data"),
        session=SessionRules(max_active_checks=CHECKED, listen_host="127.0.0.1"),
        sources=Sources(dht=False, lsd=False),
    )

    def storage(record, info):
        layout = Layout.of(info, Path(record.data_dir))
        return Stalled(layout, info.geometry, writable=True)

    async with Session(config, make_storage=storage) as session:
        began = time.perf_counter()
        async with trio.open_nursery() as adding:
            for number in range(count):
                options = AddOptions(id=f"t{number}", stopped=True)
                adding.start_soon(partial(session.add_torrent, torrent(number, files), options))
        print(f"{count} added in {time.perf_counter() - began:.2f} s")
        for number in range(CHECKED):
            place = folder / "data" / f"t{number}" / f"t{number}"
            place.parent.mkdir(parents=True)
            place.write_bytes(b"x" * PIECE)
            await session.get(f"t{number}").start()
        rules = RpcRules(port=0)
        application = Application(Api(session, None), rules, None)
        (listener,) = open_listeners(rules)
        ended = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(HttpServer(application, rules).serve, [listener], ended)
            address = listener.socket.getsockname()
            print(session.get("t0").status.value)
            await measure(address)
            ended.set()


if __name__ == "__main__":
    be_patient()  # as rain-serve is
    with tempfile.TemporaryDirectory() as made:
        trio.run(
            main,
            *[int(text) for text in (sys.argv[1:] + ["1000", "100"][len(sys.argv) - 1 :])],
            Path(made),
        )
