"""Sources are asked beside the swarm; the first right answer ends the others."""

import trio

from raincore.base.errors import NetworkError
from raincore.documents import events as records
from raincore.formats import metainfo
from raincore.swarm.state import Goal, Limits
from tests.engine.desk import Desk
from tests.swarm.swarm_world import info_of

A, B = "http://a.example/1.torrent", "http://a.example/2.torrent"


class Web:
    """Answers for each source after a while, or not at all; remembers who was cancelled."""

    def __init__(self) -> None:
        self.torrents: dict[str, metainfo.Metainfo] = {}
        self.seconds: dict[str, float] = {}
        self.asked: list[str] = []
        self.cancelled: list[str] = []

    async def fetch(self, source: str) -> metainfo.Metainfo:
        self.asked.append(source)
        try:
            await trio.sleep(self.seconds.get(source, 1.0))
        except trio.Cancelled:
            self.cancelled.append(source)
            raise
        if source not in self.torrents:
            raise NetworkError("the server said: 404")
        return self.torrents[source]


def searching(web: Web, **more) -> Desk:
    return Desk(magnet=True, goal=Goal.METADATA, sources=(A, B), fetch_torrent=web.fetch, **more)


async def test_the_first_right_torrent_wins_and_the_others_are_cancelled(autojump_clock):
    web = Web()
    desk = searching(web)
    web.torrents[B] = metainfo.from_info(desk.sample.info.raw, webseeds=["http://w.example/"])
    web.seconds[A] = 3600
    async with desk.running():
        await desk.over.wait()
    assert desk.outcome is None
    assert desk.torrent.info == desk.sample.info
    assert desk.torrent.fetched == web.torrents[B]
    assert web.cancelled == [A]


async def test_a_wrong_torrent_is_no_torrent(autojump_clock):
    web = Web()
    desk = searching(web, limits=Limits())
    web.torrents[A] = metainfo.from_info(info_of().raw)
    async with desk.running():
        await desk.over.wait()
    assert desk.torrent.fetched is None
    assert "another torrent" in str(desk.outcome)
    assert "the server said: 404" in str(desk.outcome)
    assert len(desk.warnings) == 1
    assert A in desk.warnings[0]


async def test_a_torrent_that_ends_asks_no_further(autojump_clock):
    web = Web()
    desk = searching(web, limits=Limits(metadata_seconds=10))
    web.seconds = {A: 3600, B: 3600}
    async with desk.running():
        await desk.over.wait()
    assert sorted(web.cancelled) == [A, B]
    assert f"no answer yet from {A}" in str(desk.outcome)
    assert not any(isinstance(record, records.Warning) for record in desk.records)


async def test_where_there_are_only_peers_no_source_is_asked(autojump_clock):
    desk = Desk(magnet=True, sources=(A,), limits=Limits())
    async with desk.running():
        await desk.over.wait()
    assert "not to be asked" in str(desk.outcome)
