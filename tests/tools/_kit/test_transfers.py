"""Inputs run beside each other; what becomes of one is no matter to the others."""

import math

import pytest
import trio

from raincore.base.errors import ConnectError
from raincore.base.info_hashes import InfoHashes
from raincore.documents.documents import TorrentDocument
from raincore.formats import magnet, metainfo
from raincore.swarm.metadata_search import MetadataSearch
from raintools._kit import transfers
from raintools._kit.exits import Outcome
from raintools._kit.options import Common
from raintools._kit.output import Writer
from raintools._kit.sources import Loaded
from tests.documents import samples
from tests.sim.content import sample

LINKS = [f"magnet:?xt=urn:btih:{digit * 40}" for digit in "123"]


class Announcer:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def expect(self, origin: str) -> None:
        self.told.append(f"expect {origin[-1]}")

    def over(self, origin: str) -> None:
        self.told.append(f"over {origin[-1]}")

    def exhausted(self) -> None:
        self.told.append("exhausted")


class Bench:
    def __init__(self) -> None:
        self.common = Common(Writer(as_json=True), Outcome("rain-test"), False, 0)
        self.announcer = Announcer()
        self.stop = trio.Event()
        self.downloaded: list[str] = []
        self.confined = False
        self.services = self

    async def run(self, arguments, one, at_once=math.inf) -> None:
        with trio.fail_after(10):
            await transfers.run_each(
                self, arguments, one, self.common, self.announcer, self.stop, at_once
            )

    async def download(self, url: str) -> bytes:
        self.downloaded.append(url)
        return samples.full()


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_every_input_is_run_and_announced(bench):
    ran = []

    async def one(item: Loaded) -> None:
        ran.append(item.origin)

    await bench.run(LINKS, one)
    assert sorted(ran) == LINKS
    assert bench.announcer.told.count("exhausted") == 1
    assert sum(told.startswith("expect") for told in bench.announcer.told) == 3
    assert sum(told.startswith("over") for told in bench.announcer.told) == 3


async def test_a_url_is_fetched_over_the_network_of_a_confined_session(bench):
    ran = []

    async def one(item: Loaded) -> None:
        ran.append(item.document.name)

    bench.confined = True
    await bench.run(["http://127.0.0.1:1/a.torrent"], one)
    assert bench.downloaded == ["http://127.0.0.1:1/a.torrent"]
    assert len(ran) == 1


async def test_inputs_run_at_the_same_time(bench):
    together = trio.Event()
    running = 0

    async def one(item: Loaded) -> None:
        nonlocal running
        running += 1
        if running == 3:
            together.set()
        await together.wait()

    await bench.run(LINKS, one)


async def test_no_more_run_at_once_than_allowed(bench):
    running = most = 0

    async def one(item: Loaded) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await trio.sleep(0.01)
        running -= 1

    await bench.run(LINKS, one, at_once=2)
    assert most == 2


async def test_a_failure_is_reported_and_stops_no_other(bench, capsys):
    ran = []

    async def one(item: Loaded) -> None:
        if item.origin == LINKS[0]:
            raise ConnectError("nobody answers: 10.0.0.1:1")
        await trio.sleep(0.01)
        ran.append(item.origin)

    await bench.run(LINKS, one)
    assert sorted(ran) == LINKS[1:]
    assert bench.common.outcome.code == 4
    assert "nobody answers: 10.0.0.1:1" in capsys.readouterr().err


async def test_a_bad_input_stops_no_other(bench, capsys):
    ran = []

    async def one(item: Loaded) -> None:
        ran.append(item.origin)

    await bench.run(["magnet:?", LINKS[0]], one)
    assert ran == LINKS[:1]
    assert bench.common.outcome.code == 3


async def test_a_stop_reads_no_further_but_lets_what_runs_end(bench, monkeypatch):
    ended = trio.Event()

    def endless(*_, **__):
        yield Loaded(TorrentDocument(), magnet.parse(LINKS[0]), LINKS[0])
        trio.from_thread.run(trio.sleep_forever)

    monkeypatch.setattr("raintools._kit.inputs.each", endless)

    async def one(item: Loaded) -> None:
        bench.stop.set()
        await trio.sleep(0.05)
        ended.set()

    await bench.run([], one)
    assert ended.is_set()
    assert "exhausted" not in bench.announcer.told


async def test_a_document_marked_last_ends_the_input(bench, monkeypatch):
    ran = []

    def documents(*_, **__):
        for number, last in ((0, None), (1, True), (2, None)):
            document = TorrentDocument(last=last)
            yield Loaded(document, magnet.parse(LINKS[number]), LINKS[number])

    monkeypatch.setattr("raintools._kit.inputs.each", documents)

    async def one(item: Loaded) -> None:
        ran.append(item.origin)

    await bench.run([], one)
    assert sorted(ran) == LINKS[:2]
    assert "exhausted" in bench.announcer.told


def test_a_magnet_is_known_by_its_info_hash():
    link = magnet.parse(LINKS[0])
    assert transfers.info_hash_of(Loaded(TorrentDocument(), link, "x")).hex() == "1" * 40


def test_a_v2_torrent_is_known_by_the_beginning_of_its_hash():
    link = magnet.parse(f"magnet:?xt=urn:btmh:1220{'1' * 64}")
    assert transfers.info_hash_of(Loaded(TorrentDocument(), link, "x")).hex() == "1" * 40


def test_a_link_says_what_its_metadata_must_fit_and_where_else_it_may_be():
    url = "http://a.example/a.torrent"
    link = magnet.parse(f"magnet:?xt=urn:btih:{'1' * 40}&xt=urn:btmh:1220{'2' * 64}&xs={url}")
    loaded = Loaded(TorrentDocument(), link, "stdin")
    found = transfers.search_of(loaded)
    assert (found.hashes, found.sources) == (
        InfoHashes(link.info_hash, link.info_hash_v2),
        (url,),
    )
    assert transfers.search_of(loaded, web=False).sources == ()


def test_a_torrent_file_needs_no_search():
    torrent = metainfo.from_info(sample(1, pieces=2).info.raw)
    assert transfers.search_of(Loaded(TorrentDocument(), torrent, "a")) == MetadataSearch()
