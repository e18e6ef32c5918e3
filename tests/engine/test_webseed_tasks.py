import hashlib
import random
from collections.abc import Sequence

import pytest
import trio

from raincore.base.config import Config, DiskLimits
from raincore.base.errors import NetworkError, RainError, WebseedError
from raincore.documents import events as records
from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.formats.webseed_url import WebUrls
from raincore.swarm.state import Limits
from raincore.wire import messages as m
from tests.engine.desk import BLOCK, Desk, ScriptedPeer
from tests.sim.content import Sample

URL = "http://w.example/sample"
PROMPT = ("check", "disk", "hash", "read")
PIECE = 2 * BLOCK


def desk_with_web(
    *urls: str, pieces: int = 4, sample: Sample | None = None, limits: Limits | None = None
) -> Desk:
    """A download with web seeds; each gives all at once what it has."""
    web = WebUrls(urls or (URL,))
    desk = Desk(pieces=pieces, prompt=PROMPT, web=web, own_sample=sample, limits=limits)
    desk.web.generous = True
    desk.web.files[URL] = desk.sample.content
    return desk


def told(desk: Desk) -> list[tuple[str, str | None]]:
    return [(r.state, r.reason) for r in desk.records if isinstance(r, records.WebseedEvent)]


def several_files(*files: tuple[str, int], padding: Sequence[int] = ()) -> Sample:
    """Content of several files, of which some are padding."""
    rng = random.Random(1)
    parts = [
        bytes(length) if number in padding else rng.randbytes(length)
        for number, (_, length) in enumerate(files)
    ]
    content = b"".join(parts)
    hashes = [
        hashlib.sha1(content[at : at + PIECE]).digest() for at in range(0, len(content), PIECE)
    ]
    entries: list[dict[str, object]] = [
        {"length": length, "path": path.split("/")} for path, length in files
    ]
    for number in padding:
        entries[number]["attr"] = "p"
    value = {
        "files": entries,
        "name": "top dir",
        "piece length": PIECE,
        "pieces": b"".join(hashes),
    }
    return Sample(content, info_format.parse(bencoding.encode(value)))


async def test_a_torrent_is_completed_by_a_web_seed_alone() -> None:
    desk = desk_with_web()
    async with desk.running():
        desk.offload.finish()
        await desk.settle()
        desk.offload.finish()
        await desk.over.wait()
    assert desk.outcome is None
    assert desk.storage.content == desk.sample.content
    assert desk.web.asked == [(URL, 0, len(desk.sample.content))]
    assert told(desk) == [("active", None)]
    assert all(body.closed for body in desk.web.bodies)


async def test_each_file_is_asked_for_and_padding_is_not(autojump_clock: object) -> None:
    files = [("a b", 5), (".pad/1", PIECE - 5), ("c/d", PIECE + 7), ("empty", 0), ("e", 9)]
    sample = several_files(*files, padding=[1])
    desk = desk_with_web("http://w.example/x/", sample=sample)
    urls = [f"http://w.example/x/top%20dir/{name}" for name in ("a%20b", "c/d", "e")]
    desk.web.files = dict(
        zip(
            urls,
            (sample.content[:5], sample.content[PIECE : 2 * PIECE + 7], sample.content[-9:]),
            strict=True,
        )
    )
    async with desk.running():
        while not desk.over.is_set():
            desk.offload.finish()
            await trio.sleep(0.1)
    assert desk.outcome is None
    assert desk.storage.content == sample.content
    assert [url for url, _, _ in desk.web.asked] == urls
    counted = desk.torrent.machine.state.counters.downloaded
    assert counted == len(sample.content) - (PIECE - 5)


async def test_pieces_are_asked_for_one_by_one(autojump_clock: object) -> None:
    desk = Desk(pieces=2, prompt=PROMPT, web=WebUrls(pieces=("http://w.example/s",)))
    desk.web.generous = True
    quoted = "".join(f"%{byte:02X}" for byte in desk.sample.info.swarm_hash)

    class Anything(dict[str, bytes | RainError]):
        def get(self, url: str, default: object = None) -> bytes:  # type: ignore[override]
            number = int(url.partition("piece=")[2].partition("&")[0])
            return desk.sample.content[number * PIECE :][:PIECE]

    desk.web.files = Anything()
    async with desk.running():
        while not desk.over.is_set():
            desk.offload.finish()
            await trio.sleep(0.1)
    assert desk.outcome is None
    last = len(desk.sample.content) - PIECE
    assert [url for url, _, _ in desk.web.asked] != [], quoted
    assert desk.web.asked[1][0].endswith(f"&piece=1&ranges=0-{last - 1}")
    assert desk.storage.content == desk.sample.content


async def test_bytes_that_come_by_and_by_go_where_they_belong() -> None:
    desk = desk_with_web()
    desk.web.generous = False
    async with desk.running():
        [body] = desk.web.bodies
        for count in (1, BLOCK, PIECE, 5):
            body.give(count)
            await desk.settle()
        assert desk.torrent.machine.state.counters.downloaded == 6 + BLOCK + PIECE
        body.give()
        await desk.settle()
        desk.offload.finish()
        await desk.over.wait()
    assert desk.storage.content == desk.sample.content


async def test_a_fetch_waits_for_memory() -> None:
    config = Config(disk=DiskLimits(write_budget_bytes=2 * PIECE))
    desk = Desk(pieces=4, prompt=("check", "disk", "read"), config=config, web=WebUrls((URL,)))
    desk.web.generous = True
    desk.web.files[URL] = desk.sample.content
    async with desk.running():
        state = desk.torrent.machine.state
        assert sorted(state.checking) == [0, 1]
        assert state.counters.downloaded == 2 * PIECE
        await desk.settle()
        assert state.counters.downloaded == 2 * PIECE
        desk.offload.perform(*desk.offload.jobs.popleft())
        await desk.settle()
        assert state.counters.downloaded == 3 * PIECE
        while not desk.over.is_set():
            desk.offload.finish()
            await desk.settle()
    assert desk.outcome is None
    assert desk.storage.content == desk.sample.content


async def test_the_limit_on_downloads_holds_for_web_seeds(autojump_clock: object) -> None:
    desk = desk_with_web(pieces=10)
    limiter = desk.world.down
    limiter.set_rate(PIECE)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.run)
        async with desk.running():
            await trio.sleep(5)
            got = desk.torrent.machine.state.counters.downloaded
        nursery.cancel_scope.cancel()
    assert 4.5 * PIECE <= got <= 5.5 * PIECE


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (WebseedError("HTTP 404: does not have it", is_missing=True), "refused", None),
        (WebseedError("HTTP 503: is busy", 30.0), "failed", None),
        (NetworkError("the connection broke"), "failed", None),
    ],
)
async def test_a_request_that_fails_is_told(error: RainError, state: str, reason: None) -> None:
    desk = desk_with_web()
    desk.web.files[URL] = error
    async with desk.running():
        assert told(desk) == [(state, str(error))]


async def test_the_file_that_is_missing_is_named_where_there_are_several() -> None:
    sample = several_files(("a", PIECE), ("b", PIECE))
    desk = desk_with_web("http://w.example/", sample=sample)
    desk.web.files["http://w.example/top%20dir/a"] = WebseedError("HTTP 404", is_missing=True)
    desk.web.files["http://w.example/top%20dir/b"] = sample.content[PIECE:]
    async with desk.running():
        assert told(desk)[0] == ("failed", "HTTP 404: top dir/a")
        assert [url[-1] for url, _, _ in desk.web.asked] == ["a", "b"]


async def test_a_server_of_pieces_without_the_torrent_is_asked_no_more() -> None:
    desk = Desk(prompt=PROMPT, web=WebUrls(pieces=("http://w.example/s",)))

    class Nothing(dict[str, bytes | RainError]):
        def get(self, url: str, default: object = None) -> RainError:  # type: ignore[override]
            return WebseedError("HTTP 404: does not have it", is_missing=True)

    desk.web.files = Nothing()
    async with desk.running():
        assert told(desk) == [("refused", "HTTP 404: does not have it")]


async def test_what_came_before_a_connection_broke_is_kept(autojump_clock: object) -> None:
    desk = desk_with_web()
    desk.web.generous = False
    async with desk.running():
        body = desk.web.bodies[0]
        body.give(PIECE + BLOCK)
        body.fail(NetworkError("the connection broke"))
        await trio.sleep(0.1)
        assert told(desk)[-1] == ("failed", "the connection broke")
        desk.web.generous = True
        while not desk.over.is_set():
            desk.offload.finish()
            await trio.sleep(0.5)
    assert desk.storage.content == desk.sample.content
    assert desk.torrent.machine.state.counters.wasted == 0


async def test_blocks_of_peers_are_not_written_over(autojump_clock: object) -> None:
    sample = several_files(("a", PIECE))
    desk = desk_with_web("http://w.example", sample=sample)
    desk.web.files["http://w.example/top%20dir/a"] = sample.content
    desk.web.generous = False
    async with desk.running():
        body = desk.web.bodies[0]
        body.give(5)
        peer = ScriptedPeer(desk).join()
        peer.say(m.HaveAll(), m.Unchoke())
        asked = list(peer.requests())
        for _ in range(30):
            await trio.sleep(1)
            asked += peer.requests()
        in_first = [request for request in asked if request.piece == 0]
        assert in_first
        peer.give(in_first[0])
        body.give()
        while not desk.over.is_set():
            peer.give(*(request for request in peer.requests()))
            desk.offload.finish()
            await trio.sleep(0.5)
    assert desk.storage.content == desk.sample.content


async def test_a_fetch_that_is_not_needed_any_more_is_broken_off(autojump_clock: object) -> None:
    desk = desk_with_web(pieces=1)
    desk.web.generous = False
    async with desk.running():
        body = desk.web.bodies[0]
        peer = ScriptedPeer(desk).join()
        peer.say(m.HaveAll(), m.Unchoke())
        asked = peer.requests()
        for _ in range(30):
            await trio.sleep(1)
            asked += peer.requests()
        peer.give(*asked)
        while not desk.over.is_set():
            desk.offload.finish()
            await trio.sleep(0.5)
        assert body.closed
    assert desk.storage.content == desk.sample.content


async def test_a_torrent_that_is_stopped_ends_its_fetches() -> None:
    desk = desk_with_web()
    desk.web.generous = False
    async with desk.running():
        assert not desk.web.bodies[0].closed
    assert desk.web.bodies[0].closed


async def test_what_is_told_of_a_fetch_that_has_ended_means_nothing() -> None:
    desk = desk_with_web()
    async with desk.running():
        desk.torrent.webseeds.resume(99)
        desk.torrent.webseeds.stop(99)


@pytest.mark.parametrize("query", ["", "?key=a"])
@pytest.mark.parametrize("by_piece", [False, True])
async def test_a_query_of_the_torrents_own_must_lead_to_the_internet(
    query: str, by_piece: bool
) -> None:
    url = f"http://w.example/s{query}"
    web = WebUrls(pieces=(url,)) if by_piece else WebUrls((url,))
    desk = Desk(pieces=2, prompt=PROMPT, web=web, limits=Limits(stall_seconds=1))
    async with desk.running():
        await desk.settle()
    assert desk.web.asked
    assert len(desk.web.public_only) == (len(desk.web.asked) if query else 0)
