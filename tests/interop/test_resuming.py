"""What was verified before an interruption is not asked for again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.interop import processes, rain_client, torrents
from tests.interop.rain_client import RainFetch, RainSeed
from tests.interop.scripted_peer import ScriptedPeer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.libtorrent_client import Libtorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

MIB = 1 << 20
RATE = 8 * MIB
LENGTH = 48 * MIB + 12345
PIECE_LENGTH = 256 * 1024
STOP_SECONDS = 6.0
"""The five of the contract and one for a loaded machine to notice."""
LAST_SECONDS = 3.0
"""What `kill -9` may cost, at most."""
SECONDS = 90.0
TIMEOUT = ["--timeout", "30s"]


@pytest.fixture
def torrent(place: Place, source: Path, tmp_path: Path, seed: int) -> Torrent:
    """A torrent large enough to be interrupted."""
    root = torrents.write_content(source, "large.bin", {"": LENGTH}, seed)
    out = tmp_path / "content.torrent"
    return torrents.make(root, out, piece_length=PIECE_LENGTH, tracker=place.tracker.url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_fetch_goes_on_where_it_was(
    number: signal.Signals,
    libtorrent: Libtorrent,
    place: Place,
    torrent: Torrent,
    source: Path,
    copy: Path,
) -> None:
    peer = libtorrent.seed(place, torrent, source, upload_limit=RATE)
    fetch = RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT)
    processes.until(lambda: peer.uploaded > LENGTH // 3, "a third was sent", SECONDS)
    fetch.process.signal(number)
    assert fetch.process.wait(STOP_SECONDS) == 128 + number
    assert peer.uploaded < LENGTH, "the fetch was not interrupted in time"

    peer.session.ask("limit", torrent=0, upload_limit=0)
    again = RainFetch(place, torrent.path, copy, [peer.address], home=fetch.home, options=TIMEOUT)
    again.complete(SECONDS)
    assert torrent.faults(copy) == []
    assert peer.uploaded < LENGTH + 4 * MIB, "much was sent twice"


@pytest.mark.parametrize("moment", [0.5, 3.5, 4.5])
def test_a_killed_fetch_asks_for_the_last_seconds_only(
    moment: float, place: Place, torrent: Torrent, source: Path, copy: Path, seed: int
) -> None:
    moment += random.Random(f"{seed} {moment}").random()
    with ScriptedPeer(torrent, source / torrent.name, rate=RATE) as peer:
        fetch = RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT)
        first = processes.until(lambda: peer.served, "a block was sent")[0]
        processes.until(
            lambda: time.monotonic() > first.time + moment or fetch.process.ended_at,
            "the moment has come",
        )
        fetch.process.signal(signal.SIGKILL)
        killed_at = time.monotonic()
        assert fetch.process.wait() == -signal.SIGKILL, "it was not killed in time"
        safe = peer.whole_pieces(killed_at - LAST_SECONDS)

        peer.rate = float("inf")
        before = len(peer.served)
        again = RainFetch(
            place, torrent.path, copy, [peer.address], home=fetch.home, options=TIMEOUT
        )
        again.complete(SECONDS)
        repeated = {block.piece for block in peer.served[before:]} & safe
    assert torrent.faults(copy) == []
    assert bool(safe) == (moment > LAST_SECONDS), "the peer was too slow for this test"
    assert repeated == set()


SLOW = 1 * MIB
KEPT_SECONDS = 9.0
"""What `kill -9` may cost of a piece that was not whole: saves are 5 s apart, what 2 s of
fetching bring is not worth one, and a loaded machine takes its time."""
UNDER_WAY_SECONDS = 3.0
"""What was sent that long before a signal has been received by then, on a loaded machine too."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_large_piece_on_a_slow_line_goes_on_where_it_was(
    number: signal.Signals, place: Place, source: Path, copy: Path, tmp_path: Path, seed: int
) -> None:
    root = torrents.write_content(source, "large.bin", {"": LENGTH}, seed)
    out = tmp_path / "content.torrent"
    torrent = torrents.make(root, out, piece_length=16 * MIB, tracker=place.tracker.url)
    with ScriptedPeer(torrent, source / torrent.name, rate=SLOW) as peer:
        fetch = RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT)
        first = processes.until(lambda: peer.served, "a block was sent")[0]
        moment = first.time + 12.0 + random.Random(seed).random()
        processes.until(lambda: time.monotonic() > moment, "the moment has come")
        fetch.process.signal(number)
        stopped_at = time.monotonic()
        fetch.process.wait(STOP_SECONDS)
        before = list(peer.served)
        lost = KEPT_SECONDS if number == signal.SIGKILL else UNDER_WAY_SECONDS
        safe = {(block.piece, block.begin) for block in before if block.time < stopped_at - lost}
        peer.rate = float("inf")
        again = RainFetch(
            place, torrent.path, copy, [peer.address], home=fetch.home, options=TIMEOUT
        )
        again.complete(SECONDS)
        repeated = {(block.piece, block.begin) for block in peer.served[len(before) :]} & safe
    assert torrent.faults(copy) == []
    assert len(safe) > 50, "the peer was too slow for this test"
    assert repeated == set()


def test_a_complete_copy_is_recognised_and_nothing_is_asked_for(
    place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    with ScriptedPeer(torrent, source / torrent.name) as peer:
        fetch = RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT)
        fetch.complete(SECONDS)
        before = len(peer.served)
        again = RainFetch(
            place, torrent.path, copy, [peer.address], home=fetch.home, options=TIMEOUT
        )
        again.complete(SECONDS)
        assert len(peer.served) == before
    assert torrent.faults(copy) == []


def test_foreign_data_are_hashed_and_only_the_bad_pieces_fetched(
    place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    target = copy / torrent.name
    shutil.copyfile(source / torrent.name, target)
    with target.open("r+b") as file:
        file.seek(7 * PIECE_LENGTH + 100)
        file.write(b"something else")
        file.truncate(LENGTH - 1)
    last = (LENGTH - 1) // PIECE_LENGTH
    with ScriptedPeer(torrent, source / torrent.name) as peer:
        RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT).complete(SECONDS)
        assert {block.piece for block in peer.served} == {7, last}
    assert torrent.faults(copy) == []


def test_a_changed_file_is_noticed_although_the_state_says_complete(
    place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    with ScriptedPeer(torrent, source / torrent.name) as peer:
        fetch = RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT)
        fetch.complete(SECONDS)
        before = len(peer.served)
        with (copy / torrent.name).open("r+b") as file:
            file.write(b"overwritten")
        again = RainFetch(
            place, torrent.path, copy, [peer.address], home=fetch.home, options=TIMEOUT
        )
        again.complete(SECONDS)
        assert {block.piece for block in peer.served[before:]} == {0}
    assert torrent.faults(copy) == []


def test_they_finish_after_our_seed_was_killed_and_came_back(
    libtorrent: Libtorrent, place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    limit = ["--limit-up", f"{RATE}"]
    seed = RainSeed(place, torrent, source, options=limit)
    fetch = libtorrent.fetch(place, torrent, copy, [seed.address])
    processes.until(
        lambda: fetch.session.status()["downloaded"] > LENGTH // 4, "a quarter has come", SECONDS
    )
    seed.process.signal(signal.SIGKILL)
    seed.process.wait()
    back = RainSeed(place, torrent, source, port=seed.address[1], home=seed.home)
    assert back.address == seed.address
    fetch.session.ask("connect", torrent=0, peers=[back.address])
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []


def spoil(path: Path, at: int) -> None:
    """Change a byte behind the back of size and mtime."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("kind", ["remembered", "quick"])
def test_what_a_seed_only_believes_is_hashed_before_anybody_gets_it(
    kind: str, libtorrent: Libtorrent, place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    home = None
    if kind == "remembered":
        first = RainSeed(place, torrent, source)
        first.process.signal(signal.SIGTERM)
        first.process.wait(STOP_SECONDS)
        home = first.home
    spoil(source / torrent.name, 7 * PIECE_LENGTH)
    options = ["--quick"] if kind == "quick" else []
    seed = RainSeed(place, torrent, source, options=options, home=home)
    fetch = libtorrent.fetch(place, torrent, copy, [seed.address])
    pieces = -(-LENGTH // PIECE_LENGTH)
    most = (pieces - 1) * PIECE_LENGTH

    def all_but_one() -> bool:
        return fetch.session.status()["downloaded"] >= most - PIECE_LENGTH

    processes.until(all_but_one, "all but one piece has come", SECONDS)
    processes.until(lambda: "changed since" in seed.process.errors, "the seed says why", SECONDS)
    assert fetch.session.status()["downloaded"] < LENGTH
    fetch.stop()
    got = (copy / torrent.name).read_bytes()[7 * PIECE_LENGTH : 8 * PIECE_LENGTH]
    assert not any(got), "a byte of the bad piece was sent"


def test_content_of_another_size_is_not_begun_with_quickly(
    place: Place, torrent: Torrent, source: Path
) -> None:
    os.truncate(source / torrent.name, LENGTH - 1)
    words = rain_client.command("rain-seed", torrent.path, "--dir", source, "--quick")
    process = place.start(
        words,
        "rain-seed",
        place.home("rain-seed"),
        environment=rain_client.environment(),
        lines=True,
    )
    assert process.wait(SECONDS) == 1, process.describe()
    assert "do not match" in process.errors


def test_what_is_in_the_way_of_one_file_costs_that_file_alone(
    place: Place, source: Path, copy: Path, tmp_path: Path, seed: int
) -> None:
    lengths = {"a.bin": MIB, "b.bin": MIB, "c.bin": MIB, "d.bin": MIB}
    root = torrents.write_content(source, "many", lengths, seed)
    out = tmp_path / "content.torrent"
    torrent = torrents.make(root, out, piece_length=64 * 1024, tracker=place.tracker.url)
    target = copy / torrent.name
    (target / "b.bin" / "mine").mkdir(parents=True)
    (target / "c.bin").write_bytes(b"x" * (MIB + 7))
    content = tmp_path / "content.bin"
    content.write_bytes(b"".join((root / name).read_bytes() for name in sorted(lengths)))
    with ScriptedPeer(torrent, content) as peer:
        fetch = RainFetch(place, torrent.path, copy, [peer.address], options=TIMEOUT)
        assert fetch.process.wait(SECONDS) == 5, fetch.process.describe()
        lines = fetch.process.errors.splitlines()
        assert [line for line in lines if "b.bin" in line and "directory" in line], lines
        assert [line for line in lines if "c.bin" in line and f"{MIB + 7} bytes" in line], lines
        for name in ("a.bin", "d.bin"):
            assert (target / name).read_bytes() == (root / name).read_bytes()
        assert (target / "c.bin").read_bytes() == b"x" * (MIB + 7)
        assert (target / "b.bin" / "mine").is_dir()

        (target / "b.bin" / "mine").rmdir()
        (target / "b.bin").rmdir()
        (target / "c.bin").unlink()
        before = len(peer.served)
        again = RainFetch(
            place, torrent.path, copy, [peer.address], home=fetch.home, options=TIMEOUT
        )
        again.complete(SECONDS)
        served = {block.piece for block in peer.served[before:]}
    assert torrent.faults(copy) == []
    assert served == set(range(16, 48))
