"""A hybrid's metadata is looked for in both of its swarms at once; over real loopback."""

import hashlib
from contextlib import asynccontextmanager

import pytest
import trio

from raincore.base.errors import RainError
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.formats import bencoding
from raincore.formats import info as infos
from raincore.session import second_swarm
from raincore.session.job import Job
from raincore.session.one_shot import OneShot, open_one_shot
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits
from tests.interop.tracker import Tracker
from tests.surroundings import LOOPBACK

SECONDS = 30
CONTENT = b"hello"
HYBRID = infos.parse(
    bencoding.encode(
        {
            "file tree": {
                "n": {"": {"length": 5, "pieces root": hashlib.sha256(CONTENT).digest()}}
            },
            "length": 5,
            "meta version": 2,
            "name": "n",
            "piece length": 16384,
            "pieces": hashlib.sha1(CONTENT).digest(),
        }
    )
)
HASHES = InfoHashes(HYBRID.info_hash, HYBRID.info_hash_v2)


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@asynccontextmanager
async def session():
    async with open_one_shot(LOOPBACK) as opened:
        yield opened
        if opened._store is not None:
            opened._store.close()


def job(tmp_path, **changes) -> Job:
    settings = {
        "info_hash": HASHES.swarm,
        "info": None,
        "directory": tmp_path / "here",
        "goal": Goal.METADATA,
        "search": MetadataSearch(HASHES),
        **changes,
    }
    return Job(**settings)


@asynccontextmanager
async def seeding(tmp_path, info_hash):
    """Somebody who has the torrent and knows it by one hash only."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "n").write_bytes(CONTENT)
    serving = trio.Event()

    def take(record):
        if isinstance(record, records.Status) and record.status == "seeding":
            serving.set()

    seed = Job(
        info_hash=info_hash,
        info=HYBRID,
        directory=tmp_path / "there",
        goal=Goal.SEED,
        fixed=True,
    )
    with trio.fail_after(SECONDS):
        async with session() as other, trio.open_nursery() as nursery:
            nursery.start_soon(other.run, seed, take)
            await serving.wait()
            yield f"127.0.0.1:{other.listeners[0].endpoint.port}"
            other.stop()


@pytest.mark.parametrize("swarm", ["v1", "v2"])
async def test_metadata_is_found_in_either_swarm(swarm, tmp_path):
    assert HYBRID.info_hash_v2 is not None
    known_by = HYBRID.swarm_hash if swarm == "v1" else HYBRID.info_hash_v2.truncated()
    async with seeding(tmp_path, known_by) as address, session() as ours:
        assert await ours.run(job(tmp_path, peers=(address,)), lambda record: None)
        assert ours.info(HASHES.swarm) == HYBRID


async def test_peers_and_trackers_of_both_are_told_of_but_the_states_of_one(tmp_path):
    told: list[records.Event] = []
    limits = Limits(metadata_seconds=2)
    with Tracker() as tracker:
        async with session() as ours:
            with pytest.raises(RainError) as caught:
                await ours.run(job(tmp_path, limits=limits, trackers=[[tracker.url]]), told.append)
    trackers = {r.info_hash for r in told if isinstance(r, records.TrackerEvent)}
    assert len(trackers) == 2
    assert {r.info_hash for r in told if isinstance(r, records.Status)} == {HASHES.swarm}
    assert "no metadata within 2s: no peer is known" in str(caught.value)
    assert "the v2 swarm: no metadata within" in str(caught.value)
    assert "twice" not in str(caught.value)


async def test_a_stop_ends_both_at_once(tmp_path):
    waiting = job(tmp_path, limits=Limits(waits_for_peers=True))
    with trio.fail_after(SECONDS):
        async with session() as ours, trio.open_nursery() as nursery:
            nursery.start_soon(ours.run, waiting, lambda record: None)
            await trio.sleep(0.1)
            assert len(ours.torrents.all()) == 2
            ours.stop()
    assert ours.torrents.all() == []


def test_only_hybrids_have_a_second_swarm(tmp_path):
    urls = ("http://a.example/",)
    found = second_swarm.search_of(job(tmp_path, search=MetadataSearch(HASHES, urls)))
    assert found == MetadataSearch(HASHES, (second_swarm.OTHER_SWARM, *urls))
    for hashes in (InfoHashes(HASHES.v1), InfoHashes(None, HASHES.v2), None):
        other = MetadataSearch(hashes, urls)
        assert second_swarm.search_of(job(tmp_path, search=other)) == other


def test_the_second_swarm_has_no_third(tmp_path):
    assert HASHES.v2 is not None
    second = job(tmp_path, info_hash=HASHES.v2.truncated())
    assert second_swarm.search_of(second).sources == ()


async def test_a_search_that_was_stopped_has_found_nothing(tmp_path):
    class Stopped(OneShot):
        def __init__(self):
            pass

        async def run_one(self, job, info, on_record):
            return False

        def metadata(self, info_hash):
            return None, {}

        def stop_one(self, info_hash):
            pass

    with pytest.raises(RainError, match="was stopped"):
        await second_swarm.search(Stopped(), job(tmp_path), (), lambda record: None)
