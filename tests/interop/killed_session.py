"""A process that has sessions killed at any moment, and looks at what they remember.

Run as `python -m tests.interop.killed_session DIRECTORY ROUNDS SEED`. Everything is imported
once; each round is a fork, so that a kill can hit the opening of a session as well as its work.
Prints one line of JSON: what it did, and what was wrong.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from raincore import AddOptions, Config, Session
from raincore.base.config import SessionRules
from raincore.formats import metainfo
from raincore.session import ledger
from tests.interop.processes import OWN_PORTS
from tests.sim.content import sample
from tests.surroundings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Said = dict[str, Any]
    Model = dict[str, dict[str, object]]
    Say = Callable[..., None]

MADE = sample(1, pieces=2)
TORRENT = metainfo.encode(MADE.info.raw)
WHAT = ("remove", "start", "stop", "verify", "wish")
WISHES = ("started", "labels", "limit", "ratio")
MOST = 150
"""More torrents than this make every opening slow."""
OPEN_SECONDS = 60.0
"""Longer than any opening takes."""


def main() -> None:
    place, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    rng = random.Random(seed)
    model: Model = {}
    doubts: dict[str, Said] = {}
    problems: list[str] = []
    did = {"rounds": 0, "opened": 0, "done": 0, "copied": 0}
    slowest = 0.0
    for number in range(rounds):
        seed, seconds = rng.randrange(1 << 30), rng.uniform(0.0, 0.5)
        # Every other time it is killed while it opens, or soon after.
        for said in round_of(partial(work, place, random.Random(seed)), seconds, number % 2 == 1):
            if said["kind"] == "open":
                did["opened"] += 1
                slowest = max(slowest, said["seconds"])
                found = {one["id"]: one for one in said["torrents"]}
                problems += differences(model, doubts, found, number)
                model, doubts = found, {}
            elif said["kind"] == "begin":
                doubts[said["id"]] = said
            else:
                did["done"] += 1
                apply(model, said)
                doubts.pop(said["id"], None)
        did["rounds"] += 1
        did["copied"] += (place / "data" / "session.db" / "snapshot-1.db").exists()
    print(json.dumps({**did, "slowest": slowest, "left": len(model), "problems": problems[:10]}))


def differences(model: Model, doubts: dict[str, Said], found: Model, number: int) -> list[str]:
    """What the session should know and does not; what was under way may be either."""
    wrong = []
    for id in {*model, *found}:
        allowed = [model.get(id)]
        if id in doubts:
            changed = dict(model)
            apply(changed, doubts[id])
            allowed.append(changed.get(id))
        if found.get(id) not in allowed:
            wrong.append(f"round {number}: {id}: {found.get(id)} is none of {allowed}")
    return wrong


def apply(model: Model, said: Said) -> None:
    """Do to the model what was done to the session."""
    id, what = said["id"], said["what"]
    if what == "remove":
        model.pop(id, None)
    elif what == "add":
        model[id] = {"id": id, "started": said["started"], "labels": [], "limit": 0, "ratio": None}
    else:
        model[id] = {**model[id], **{key: said[key] for key in WISHES if key in said}}


def known(session: Session) -> list[dict[str, object]]:
    """What a session remembers, in the words of the model."""
    return [
        {
            "id": one.id,
            "started": one.life.record.started,
            "labels": list(one.options.labels),
            "limit": one.options.upload_bytes_per_second,
            "ratio": one.options.seed_ratio,
        }
        for one in session.torrents()
    ]


def round_of(
    work: Callable[[int], Awaitable[None]], seconds: float, from_open: bool = False
) -> list[Said]:
    """Let a session work for so long, kill it, and give what it said.

    Args:
        work: Writes lines of JSON to a descriptor, and never ends.
        from_open: Count the time from when it is open.
    """
    child, receiver = begin(work)
    heard, until = b"", time.monotonic() + (OPEN_SECONDS if from_open else seconds)
    while (left := until - time.monotonic()) > 0:
        if select.select([receiver], [], [], left)[0]:
            heard += (piece := os.read(receiver, 65536))
            if not piece:
                break
            if from_open and b"\n" in heard:
                from_open, until = False, time.monotonic() + seconds
    os.kill(child, signal.SIGKILL)
    while piece := os.read(receiver, 65536):
        heard += piece
    os.close(receiver)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"the session ended by itself: {heard[-2000:]!r}")
    return [json.loads(line) for line in heard.splitlines()[: heard.count(b"\n")]]


def begin(work: Callable[[int], Awaitable[None]]) -> tuple[int, int]:
    """Run something in a fork; give its process id, and where to read what it writes."""
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        os.close(receiver)
        try:
            trio.run(work, sender)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(9)
    os.close(sender)
    return child, receiver


async def work(place: Path, rng: random.Random, out: int) -> None:
    """Open the session, say what it knows, and change it for ever."""

    def say(**facts: object) -> None:
        os.write(out, json.dumps(facts).encode() + b"\n")

    ledger.QUIET_SECONDS = 0.05  # so that it is copied again and again
    rules = SessionRules(
        listen_host="127.0.0.1",
        port_begin=OWN_PORTS.start,
        port_end=OWN_PORTS.stop,
        database=str(place / "data" / "session.db"),
        snapshot_interval_seconds=0.01,
    )
    config: Config = replace(LOOPBACK, data_dir=str(place / "data"), session=rules)
    begun = time.monotonic()
    async with Session(config) as session:
        say(kind="open", torrents=known(session), seconds=time.monotonic() - begun)
        while True:
            await change(session, rng, say)


async def change(session: Session, rng: random.Random, say: Say) -> None:
    """Do one thing, or add several at once; say so before, and when it is durable."""
    ids = [one.id for one in session.torrents()]
    what = rng.choice(["add", "many", *WHAT]) if ids else "add"
    if len(ids) > MOST:
        what = "remove"
    async with trio.open_nursery() as nursery:
        for _ in range(rng.randrange(2, 12) if what == "many" else 1):
            one = "add" if what == "many" else what
            id = f"t{rng.randrange(1 << 40):x}" if one == "add" else rng.choice(ids)
            nursery.start_soon(do, session, one, id, rng, say)


async def do(session: Session, what: str, id: str, rng: random.Random, say: Say) -> None:
    """Do one thing to one torrent."""
    facts: dict[str, Any] = {"what": what, "id": id}
    if what in ("add", "start", "stop"):
        facts["started"] = rng.random() < 0.5 if what == "add" else what == "start"
    if what == "wish":
        facts["labels"] = [f"{rng.randrange(1 << 40):x}"]
        facts["limit"] = rng.randrange(1 << 20)
        facts["ratio"] = rng.randrange(1, 10) / 2
    say(kind="begin", **facts)
    match what:
        case "add":
            await session.add_torrent(TORRENT, AddOptions(id=id, stopped=not facts["started"]))
        case "remove":
            await session.remove(id, keep_data=rng.random() < 0.5)
        case "start":
            await session.get(id).start()
        case "stop":
            await session.get(id).stop()
        case "verify":
            await session.get(id).verify()
        case _:
            options = replace(
                session.get(id).options,
                labels=tuple(facts["labels"]),
                upload_bytes_per_second=facts["limit"],
                seed_ratio=facts["ratio"],
            )
            await session.get(id).set_options(options)
    say(kind="done", **facts)


if __name__ == "__main__":
    main()
