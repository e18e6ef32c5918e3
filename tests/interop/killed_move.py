"""A process that has servers killed while they hand a torrent to each other.

Run as `python -m tests.interop.killed_move DIRECTORY ROUNDS SEED`. Of two servers either, or both,
are killed at any moment of a move. The torrent must then be known to one of them, to the
receiver if it had said so, and in the end its content must be whole.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import trio

from raincore.formats import metainfo
from tests.interop import processes
from tests.interop.killed_session import begin
from tests.interop.processes import OWN_PORTS
from tests.rpc.homes import Home
from tests.sim.content import sample

MADE = sample(1, pieces=200)
ID = "moved"
PORTS = (processes.free_port(), processes.free_port())
TORRENT_PORTS = OWN_PORTS[:2000] if PORTS[0] in OWN_PORTS[2000:] else OWN_PORTS[2002:]
PATIENCE = 60.0


def main() -> None:
    place, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    rng = random.Random(seed)
    content = place / "0" / "rain" / "data" / ID / "sample"
    content.parent.mkdir(parents=True)
    content.write_bytes(MADE.content)
    holder, problems = 0, []
    did = {"rounds": 0, "moved": 0, "slowest": 0.0}
    first = Servers(place)
    packed = base64.b64encode(metainfo.encode(MADE.info.raw)).decode()
    first.call(0, "AddTorrent", Torrent=packed, ID=ID)
    first.wait_whole(0)
    first.kill(0, 1)
    for number in range(rounds):
        servers = Servers(place)
        did["slowest"] = max(did["slowest"], servers.slowest)
        answers: list[Any] = []
        target = f"http://127.0.0.1:{PORTS[1 - holder]}"
        moving = partial(servers.call, holder, "MoveTorrent", ID=ID, Target=target)
        thread = threading.Thread(
            target=lambda call, heard: heard.append(call()), args=(moving, answers)
        )
        thread.start()
        if number % 4 == 3:
            thread.join(PATIENCE)  # killed as soon as it is said to be done
        time.sleep(rng.choice([0.1, 0.4, 1.2]) * rng.random())
        servers.kill(*rng.choice([(0,), (1,), (0, 1)]))
        thread.join(PATIENCE)
        servers.kill(0, 1)
        servers = Servers(place)
        there = [who for who in (0, 1) if servers.has(who)]
        said_so = answers == [{}]
        did["moved"] += said_so
        if not there:
            problems.append(f"round {number}: nobody has it, killed after {answers}")
            break
        if said_so and there != [1 - holder]:
            problems.append(f"round {number}: moved, and {there} have it, not {1 - holder}")
        holder = there[-1] if len(there) == 1 else 1 - holder
        if len(there) == 2:
            # The receiver had taken it when the sender was killed before forgetting it.
            servers.call(1 - holder, "RemoveTorrent", ID=ID, KeepData=True)
        servers.wait_whole(holder)
        servers.kill(0, 1)
        did["rounds"] += 1
    print(json.dumps({**did, "problems": problems[:10]}))


class Servers:
    """Two servers, each in a fork."""

    def __init__(self, place: Path) -> None:
        self.children: dict[int, int] = {}
        self.slowest = 0.0
        for who in (0, 1):
            begun = time.monotonic()
            child, heard = begin(partial(serve, place / str(who), PORTS[who]))
            os.close(heard)
            self.children[who] = child
            while self.call(who, "Version") is None:
                if time.monotonic() > begun + PATIENCE:
                    raise SystemExit(f"server {who} does not start")
                time.sleep(0.02)
            self.slowest = max(self.slowest, time.monotonic() - begun)

    def call(self, who: int, method: str, **params: object) -> Any:
        """The result of one call, or its error; None if the server cannot be reached."""
        body = json.dumps(
            {"jsonrpc": "2.0", "method": f"Session.{method}", "params": params, "id": 0}
        )
        kind = {"Content-Type": "application/json", "Accept": "application/json"}
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", PORTS[who], timeout=PATIENCE)
            connection.request("POST", "/", body, kind)
            reply = json.loads(connection.getresponse().read())
            return reply.get("result", reply.get("error"))
        return None

    def has(self, who: int) -> bool:
        """Whether a server knows the torrent."""
        return [one["ID"] for one in self.call(who, "ListTorrents")["Torrents"]] == [ID]

    def wait_whole(self, who: int) -> None:
        """Wait until a server has verified all of the torrent, and seeds it."""
        until = time.monotonic() + PATIENCE
        while (stats := self.call(who, "GetTorrentStats", ID=ID)["Stats"])["Status"] != "Seeding":
            if stats["Error"] or time.monotonic() > until:
                raise SystemExit(f"server {who} has it not whole: {stats}")
            time.sleep(0.02)

    def kill(self, *whom: int) -> None:
        """Kill those that still run."""
        for who in whom:
            if child := self.children.pop(who, 0):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


async def serve(folder: Path, port: int, out: int) -> None:
    """A server, until it is killed."""
    folder.mkdir(exist_ok=True)
    home = Home(
        folder,
        rpc_unix_socket="",
        rpc_port=str(port),
        port_begin=str(TORRENT_PORTS.start),
        port_end=str(TORRENT_PORTS.stop),
    )
    async with home.open():
        await trio.sleep_forever()


if __name__ == "__main__":
    main()
