"""A process that has sessions killed while they fetch and give, and looks at what they still have.

Run as `python -m tests.interop.killed_download DIRECTORY ROUNDS SEED`. Another process seeds,
slowly, and has a session that fetches from the killed one alone: since a piece that fails its
hash has whoever gave it banned, that session becomes complete only if it never got a bad byte.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import trio

from raincore import AddOptions, Config, Session
from raincore.base.config import SessionRules, Sources
from raincore.formats import metainfo
from raincore.storage.torrent_record import TorrentOptions
from tests.interop.killed_session import apply, begin, differences, known, round_of
from tests.interop.processes import free_port
from tests.sim.content import sample
from tests.surroundings import LOOPBACK

PIECES = 40
MADE = [sample(seed, pieces=PIECES) for seed in (1, 2, 3)]
TORRENTS = [metainfo.encode(made.info.raw) for made in MADE]
SLOWLY = TorrentOptions(upload_bytes_per_second=700_000)
SEED_PORT, KILLED_PORT, TAKER_PORT = (free_port() for _ in range(3))
GRACE_SECONDS = 10.0
"""What is verified is saved within this; rain-serve's own promise is "the last few seconds"."""
PATIENCE = 120.0
RUNNING = ("downloading", "seeding")


def main() -> None:
    place, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    outside, answers = begin(partial(others, place))
    rng = random.Random(seed)
    model: dict[str, dict[str, object]] = {}
    doubts: dict[str, dict[str, object]] = {}
    safe: dict[str, int] = {}
    problems: list[str] = []
    did = {"rounds": 0, "opened": 0, "done": 0, "kept": 0}
    for number in range(rounds):
        work = partial(fetch, place, random.Random(rng.randrange(1 << 30)))
        told: dict[str, list[tuple[float, int]]] = {}
        # Every other time it is killed while it opens, or soon after.
        for said in round_of(work, rng.uniform(0.1, 1.5), number % 2 == 1):
            if said["kind"] == "open":
                did["opened"] += 1
                found = {one["id"]: one for one in said["torrents"]}
                problems += differences(model, doubts, found, number)
                model, doubts = found, {}
            elif said["kind"] == "begin":
                doubts[said["id"]] = said
            elif said["kind"] == "done":
                did["done"] += 1
                apply(model, said)
                doubts.pop(said["id"], None)
            else:
                told.setdefault(said["id"], []).append((said["at"], said["have"]))
        for id, seen in told.items():
            if seen[0][1] < safe.get(id, 0):
                problems.append(f"round {number}: {id}: {seen[0][1]} of {safe[id]} pieces left")
            old = [have for at, have in seen if at < seen[-1][0] - GRACE_SECONDS]
            safe[id] = max([seen[0][1], *old])
            did["kept"] += seen[0][1]
        did["rounds"] += 1
    problems += whole(place, answers)
    os.kill(outside, signal.SIGKILL)
    os.waitpid(outside, 0)
    print(json.dumps({**did, "problems": problems[:10]}))


def whole(place: Path, answers: int) -> list[str]:
    """Let one more session fetch everything, and the other process everything from it."""
    contents = {made.content for made in MADE}
    child, receiver = begin(partial(fetch, place, None))
    try:
        said = os.read(answers, 65536)
        # The other may have had some pieces of a torrent that was removed here since.
        end = time.monotonic() + PATIENCE
        while not contents <= has(place / "data") and time.monotonic() < end:
            time.sleep(0.5)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(receiver)
    wrong = [] if said == b"all\n" else [f"not everything was fetched: {said!r}"]
    if has(place / "taker") != contents:
        wrong.append("what was fetched from it is not the content")
    if not contents <= has(place / "data"):
        wrong.append("what it has fetched is not the content")
    return wrong


def has(home: Path) -> set[bytes]:
    """The content of all torrents in a data directory."""
    return {file.read_bytes() for file in home.rglob("sample")}


def rules(place: Path, port: int) -> Config:
    """Settings of a session that meets nobody but whom it is told of."""
    database = str(place.with_name(f"{place.name}.db"))
    session = SessionRules(listen_host="127.0.0.1", shared_port=port, database=database)
    sources = Sources(dht=False, lsd=False, pex=False)
    return replace(LOOPBACK, data_dir=str(place), session=session, sources=sources)


async def others(place: Path, out: int) -> None:
    """Seed everything, and fetch everything from whoever is killed; say when that is done."""
    for number, made in enumerate(MADE):
        home = place / "seed" / f"s{number}"
        home.mkdir(parents=True)
        (home / "sample").write_bytes(made.content)
    seeding, taking = rules(place / "seed", SEED_PORT), rules(place / "taker", TAKER_PORT)
    async with Session(seeding) as seeder, Session(taking) as taker:
        for number, torrent in enumerate(TORRENTS):
            await seeder.add_torrent(torrent, AddOptions(id=f"s{number}", options=SLOWLY))
            await taker.add_torrent(torrent, AddOptions(id=f"t{number}"))
        while not all(one.status.name == "SEEDING" for one in taker.torrents()):
            for one in taker.torrents():
                await one.add_peer(f"127.0.0.1:{KILLED_PORT}")
            await trio.sleep(0.3)
        os.write(out, b"all\n")
        await trio.sleep_forever()


async def fetch(place: Path, rng: random.Random | None, out: int) -> None:
    """Open the session, say what it has, and change it for ever; without dice, only add."""

    def say(**facts: object) -> None:
        os.write(out, json.dumps(facts).encode() + b"\n")

    async with Session(rules(place / "data", KILLED_PORT)) as session:
        say(kind="open", torrents=known(session))
        while True:
            for one in session.torrents():
                if one.status.value.lower() in RUNNING:
                    have = one.stats().pieces.have
                    say(kind="have", id=one.id, have=have, at=time.monotonic())
            await change(session, rng, say)
            await trio.sleep(0.05)


async def change(session: Session, rng: random.Random | None, say) -> None:
    """Add what is missing; seldom, take something away."""
    there = {one.info_hash: one.id for one in session.torrents()}
    for torrent, made in zip(TORRENTS, MADE, strict=True):
        if made.info.info_hash.hex() in there:
            continue
        id = f"k{time.monotonic_ns():x}"
        say(kind="begin", what="add", id=id, started=True)
        peers = (f"127.0.0.1:{SEED_PORT}",)
        await session.add_torrent(torrent, AddOptions(id=id, peers=peers))
        say(kind="done", what="add", id=id, started=True)
    if rng is not None and there and rng.random() < 0.02:
        id = rng.choice(sorted(there.values()))
        say(kind="begin", what="remove", id=id)
        await session.remove(id, keep_data=rng.random() < 0.5)
        say(kind="done", what="remove", id=id)


if __name__ == "__main__":
    main()
