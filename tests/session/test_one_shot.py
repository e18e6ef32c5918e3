"""A few torrents share one port, one set of threads and one memory; over real loopback."""

import hashlib
import os
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from raincore.base.config import Config, DiskLimits, SocketRules, Sources
from raincore.base.endpoint import Endpoint
from raincore.base.errors import (
    ConnectError,
    ContentMismatch,
    FormatError,
    ListenError,
    NetworkError,
)
from raincore.base.ids import InfoHash, PeerId
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.formats import bencoding, metainfo
from raincore.formats import info as infos
from raincore.session import job_content
from raincore.session.job import Job
from raincore.session.one_shot import OneShot, open_one_shot
from raincore.storage.file_storage import FileStorage
from raincore.storage.resume_store import ResumeStore
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits
from raincore.wire import handshake, peer_codec
from raincore.wire import messages as m
from tests.interop.tracker import Tracker
from tests.net.web import reply, web
from tests.sim.content import Sample, sample
from tests.surroundings import LOOPBACK

HYBRID_CONTENT = b"hello"
HYBRID = infos.parse(
    bencoding.encode(
        {
            "file tree": {
                "n": {"": {"length": 5, "pieces root": hashlib.sha256(HYBRID_CONTENT).digest()}}
            },
            "length": 5,
            "meta version": 2,
            "name": "n",
            "piece length": 16384,
            "pieces": hashlib.sha1(HYBRID_CONTENT).digest(),
        }
    )
)
HASHES = InfoHashes(HYBRID.info_hash, HYBRID.info_hash_v2)
SECONDS = 20
"""For what takes a fraction of one, unless it hangs."""


@pytest.fixture(autouse=True)
def stores(monkeypatch, tmp_path):
    """State goes to the test's own directory, and connections to it are closed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    opened: list[ResumeStore] = []
    original = ResumeStore.open

    def remember(directory: Path | None = None) -> ResumeStore:
        opened.append(original(directory))
        return opened[-1]

    monkeypatch.setattr(ResumeStore, "open", remember)
    yield opened
    for store in opened:
        store.close()


@pytest.fixture
def made(tmp_path) -> Sample:
    """Content on disk, in the directory "there"."""
    made = sample(1, pieces=20)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "sample").write_bytes(made.content)
    return made


@pytest.fixture
def seed_job(made, tmp_path) -> Job:
    return Job(
        info_hash=made.info.swarm_hash,
        info=made.info,
        directory=tmp_path / "there",
        goal=Goal.SEED,
        fixed=True,
    )


@pytest.fixture
def fetch_job(made, tmp_path):
    def job(*peers: str, **changes) -> Job:
        settings = {"info": made.info, "goal": Goal.COMPLETE, **changes}
        return Job(
            info_hash=made.info.swarm_hash,
            directory=tmp_path / "here",
            peers=peers,
            **settings,
        )

    return job


class Told:
    """Records of one torrent, and when it begins to serve."""

    def __init__(self) -> None:
        self.records: list[records.Event] = []
        self.seeding = trio.Event()

    def take(self, record: records.Event) -> None:
        self.records.append(record)
        if isinstance(record, records.Status) and record.status == "seeding":
            self.seeding.set()

    @property
    def statuses(self) -> list[str]:
        return [r.status for r in self.records if isinstance(r, records.Status)]

    @property
    def warnings(self) -> list[str]:
        return [r.message for r in self.records if isinstance(r, records.Warning)]


@asynccontextmanager
async def seeding(job: Job, config: Config | None = None):
    """A session that serves, and the address at which it does."""
    told = Told()
    with trio.fail_after(SECONDS):
        async with open_one_shot(config or LOOPBACK) as session, trio.open_nursery() as nursery:
            nursery.start_soon(session.run, job, told.take)
            await told.seeding.wait()
            yield f"127.0.0.1:{session.listeners[0].endpoint.port}"
            session.stop()


async def run(job: Job, told: Told | None = None, config: Config | None = None) -> bool:
    """Run one job in a session of its own."""
    with trio.fail_after(SECONDS):
        async with open_one_shot(config or LOOPBACK) as session:
            return await session.run(job, (told or Told()).take)


async def test_a_neighbour_is_found_without_being_named(made, seed_job, fetch_job, tmp_path):
    here = SocketRules(bind=("127.0.0.1",))
    config = Config(sources=Sources(dht=False), sockets=here)
    async with seeding(seed_job, config):
        assert await run(fetch_job(), config=config)
    assert (tmp_path / "here" / "sample").read_bytes() == made.content


async def test_content_is_copied_over_loopback_and_remembered(made, seed_job, fetch_job, tmp_path):
    async with seeding(seed_job) as address:
        assert await run(fetch_job(address))
    assert (tmp_path / "here" / "sample").read_bytes() == made.content
    again = Told()
    assert await run(fetch_job(), again)
    assert again.statuses == ["checking", "complete", "stopped"]


async def test_a_magnet_link_resumes_without_asking_for_metadata_again(seed_job, fetch_job):
    async with seeding(seed_job) as address:
        assert await run(fetch_job(address, info=None))
    again = Told()
    assert await run(fetch_job(info=None), again)
    assert "metadata" not in again.statuses


async def test_ipv6_is_served_too(seed_job, fetch_job):
    async with seeding(seed_job) as address:
        port = Endpoint.parse(address).port
        assert await run(fetch_job(f"[::1]:{port}"))


async def test_names_of_peers_are_resolved_and_bad_ones_are_warnings(seed_job, fetch_job):
    told = Told()
    async with seeding(seed_job) as address:
        port = Endpoint.parse(address).port
        assert await run(fetch_job("nobody:port", f"localhost:{port}"), told)
    assert len(told.warnings) == 1
    assert told.warnings[0].startswith("nobody:port: ")


async def test_content_that_is_only_served_must_be_complete_and_is_not_touched(seed_job, tmp_path):
    path = tmp_path / "there" / "sample"
    spoilt = bytearray(path.read_bytes())
    spoilt[70_000] ^= 1
    path.write_bytes(spoilt)
    with pytest.raises(ContentMismatch, match="sample"):
        await run(seed_job)
    assert path.read_bytes() == spoilt


async def test_nobody_to_ask_is_a_clear_error(fetch_job, tmp_path):
    with pytest.raises(ConnectError, match="no peer is known"):
        await run(fetch_job())
    assert not (tmp_path / "here").exists()


async def test_torrents_share_a_port(made, seed_job, fetch_job, tmp_path):
    other = sample(2, pieces=3)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sample").write_bytes(other.content)
    other_job = Job(
        info_hash=other.info.swarm_hash,
        info=other.info,
        directory=tmp_path / "other",
        goal=Goal.SEED,
        fixed=True,
    )
    first, second = Told(), Told()
    with trio.fail_after(SECONDS):
        async with open_one_shot(LOOPBACK) as session, trio.open_nursery() as nursery:
            nursery.start_soon(session.run, seed_job, first.take)
            nursery.start_soon(session.run, other_job, second.take)
            await first.seeding.wait()
            await second.seeding.wait()
            address = f"127.0.0.1:{session.listeners[0].endpoint.port}"
            for wanted in (made, other):
                job = Job(
                    info_hash=wanted.info.swarm_hash,
                    info=wanted.info,
                    directory=tmp_path / wanted.info.swarm_hash.hex(),
                    goal=Goal.COMPLETE,
                    peers=(address,),
                )
                assert await run(job)
            session.stop()


async def test_a_torrent_that_we_do_not_have_is_not_answered(seed_job, fetch_job):
    other = sample(3, pieces=1)
    async with seeding(seed_job) as address:
        job = Job(
            info_hash=other.info.swarm_hash,
            info=other.info,
            directory=seed_job.directory,
            goal=Goal.METADATA,
            peers=(address,),
        )
        told = Told()
        assert await run(job, told)  # known already
        limits = Limits(stall_seconds=3)
        with pytest.raises(NetworkError, match="during the handshake"):
            await run(replace(job, info=None, limits=limits), told)


async def test_the_same_torrent_twice_is_refused(seed_job):
    told = Told()
    async with open_one_shot(LOOPBACK) as session, trio.open_nursery() as nursery:
        nursery.start_soon(session.run, seed_job, told.take)
        await told.seeding.wait()
        with pytest.raises(FormatError, match="given twice"):
            await session.run(seed_job, told.take)
        session.stop()


async def test_a_stopped_session_runs_nothing_more(seed_job):
    async with open_one_shot(LOOPBACK) as session:
        session.stop()
        assert await session.run(seed_job, Told().take) is False


async def test_a_torrent_that_is_stopped_has_not_reached_its_goal(fetch_job):
    results: list[bool] = []
    told = Told()

    async def one(session: OneShot, job: Job) -> None:
        results.append(await session.run(job, told.take))

    with trio.fail_after(SECONDS):
        async with open_one_shot(LOOPBACK) as session, trio.open_nursery() as nursery:
            job = fetch_job("127.0.0.1:1", limits=Limits(waits_for_peers=True))
            nursery.start_soon(one, session, job)
            while "downloading" not in told.statuses:
                await trio.sleep(0.01)
            session.stop()
    assert results == [False]


async def test_info_is_known_while_it_runs_and_after(made, seed_job):
    told = Told()
    async with open_one_shot(LOOPBACK) as session:
        assert session.info(seed_job.info_hash) is None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.run, seed_job, told.take)
            await told.seeding.wait()
            assert session.info(seed_job.info_hash) == made.info
            session.stop()
        assert session.info(seed_job.info_hash) == made.info
        assert session.torrents.offer(InfoHash(bytes(20))) is None


async def test_addresses_name_the_ports_and_loopback_comes_first():
    async with open_one_shot(LOOPBACK) as session:
        ports = {listener.endpoint.port for listener in session.listeners}
        addresses = [Endpoint.parse(text) for text in session.addresses]
        assert addresses[0].is_loopback
        assert {address.port for address in addresses} == ports


async def test_a_port_that_is_in_use_is_a_clear_error():
    async with open_one_shot(LOOPBACK) as session:
        port = session.listeners[0].endpoint.port
        with pytest.raises(ListenError, match=f"in use: 0.0.0.0:{port}"):
            async with open_one_shot(LOOPBACK, port):
                pass


async def test_without_a_place_to_remember_everything_else_works(
    seed_job, fetch_job, tmp_path, monkeypatch
):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    warnings: list[str] = []
    async with (
        seeding(seed_job) as address,
        open_one_shot(LOOPBACK, on_warning=warnings.append) as session,
    ):
        assert await session.run(fetch_job(address, info=None), Told().take)
    [warning] = warnings
    assert warning.startswith("nothing will be remembered: ")


async def test_the_end_of_a_pipe_is_noticed():
    reader, writer = os.pipe()
    gone = trio.Event()
    async with open_one_shot(LOOPBACK) as session:
        session.call_when_closed(writer, gone.set)
        os.close(reader)
        with trio.fail_after(SECONDS):
            await gone.wait()
    os.close(writer)


async def test_an_error_in_the_body_comes_out_as_it_is():
    with pytest.raises(FormatError, match="mine"):
        async with open_one_shot(LOOPBACK):
            raise FormatError("mine")


# --- trackers --------------------------------------------------------------------------------


async def test_a_tracker_is_enough_to_find_a_seed(seed_job, fetch_job):
    told = Told()
    with Tracker() as tracker:
        async with seeding(seed_job) as address:
            host, _, port = address.rpartition(":")
            tracker.tell(seed_job.info_hash, [(host, int(port))])
            assert await run(fetch_job(trackers=[[tracker.url]]), told)
    answers = [r for r in told.records if isinstance(r, records.TrackerEvent)]
    assert (answers[0].peers, answers[0].error) == (1, None)


async def test_every_record_is_told_with_the_time_of_day(seed_job, fetch_job):
    told, began = Told(), time.time()
    async with seeding(seed_job) as address:
        assert await run(fetch_job(address), told)
    assert told.records
    assert all(began <= record.time <= time.time() for record in told.records)


async def test_trackers_that_all_fail_are_a_reason_to_give_up(fetch_job):
    with pytest.raises(ConnectError, match="no tracker answered: tracker refused"):
        await run(fetch_job(trackers=[["http://127.0.0.1:1/announce"]]))


async def test_metadata_that_was_the_goal_is_remembered_too(seed_job, fetch_job):
    async with seeding(seed_job) as address:
        assert await run(fetch_job(address, info=None, goal=Goal.METADATA))
    again = Told()
    assert await run(fetch_job(info=None, goal=Goal.METADATA), again)
    assert "metadata" not in again.statuses


async def test_a_torrent_is_fetched_from_the_web_when_nobody_else_has_it(made, fetch_job):
    torrent = metainfo.from_info(made.info.raw, webseeds=["http://w.example/"])
    with web(lambda handler: reply(handler, torrent.raw)) as server:
        source = f"{server.url}/a.torrent"
        job = fetch_job(info=None, goal=Goal.METADATA, search=MetadataSearch(sources=(source,)))
        with trio.fail_after(SECONDS):
            async with open_one_shot(LOOPBACK) as session:
                assert await session.run(job, lambda record: None)
                assert session.info(job.info_hash) == made.info
                assert session.fetched(job.info_hash) == torrent


async def test_a_web_server_with_another_torrent_is_named(made, fetch_job):
    other = metainfo.from_info(sample(2, pieces=3).info.raw)
    told = Told()
    with web(lambda handler: reply(handler, other.raw)) as server:
        source = f"{server.url}/a.torrent"
        job = fetch_job(info=None, goal=Goal.METADATA, search=MetadataSearch(sources=(source,)))
        with pytest.raises(NetworkError, match="another torrent"):
            await run(job, told)
    assert told.warnings == [f"another torrent is at {source}"]


@pytest.mark.parametrize("number", [0, 1, 2], ids=["v1", "v2", "both"])
@pytest.mark.parametrize("goal", [Goal.METADATA, Goal.COMPLETE])
async def test_a_hybrid_is_served_to_who_knows_it_by_either_hash(goal, number, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "n").write_bytes(HYBRID_CONTENT)
    seed = Job(
        info_hash=HASHES.swarm,
        info=HYBRID,
        directory=tmp_path / "there",
        goal=Goal.SEED,
        fixed=True,
    )
    known = (InfoHashes(HASHES.v1), InfoHashes(None, HASHES.v2), HASHES)[number]
    fetch = Job(
        info_hash=known.swarm,
        info=None,
        directory=tmp_path / "here",
        goal=goal,
        search=MetadataSearch(known),
    )
    serving = trio.Event()

    def take(record: records.Event) -> None:
        if isinstance(record, records.Status) and record.status == "seeding":
            serving.set()

    with trio.fail_after(SECONDS):
        async with open_one_shot(LOOPBACK) as theirs, open_one_shot(LOOPBACK) as ours:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(theirs.run, seed, take)
                await serving.wait()
                peers = (f"127.0.0.1:{theirs.listeners[0].endpoint.port}",)
                assert await ours.run(replace(fetch, peers=peers), lambda record: None)
                theirs.stop()
            assert ours.info(known.swarm) == HYBRID
    if goal is Goal.COMPLETE:
        assert (tmp_path / "here" / "n").read_bytes() == HYBRID_CONTENT


def announced(told: list[records.Event]) -> set[InfoHash]:
    """The hashes of which a tracker has heard."""
    return {record.info_hash for record in told if isinstance(record, records.TrackerEvent)}


async def test_a_link_with_both_hashes_is_announced_under_both(tmp_path):
    told: list[records.Event] = []
    with Tracker() as tracker:
        job = Job(
            info_hash=HASHES.swarm,
            info=None,
            directory=tmp_path / "here",
            goal=Goal.METADATA,
            search=MetadataSearch(HASHES),
            limits=Limits(metadata_seconds=SECONDS),
            trackers=[[tracker.url]],
        )
        async with open_one_shot(LOOPBACK) as ours:

            def take(record: records.Event) -> None:
                told.append(record)
                if announced(told) == set(HASHES.swarms):
                    ours.stop()

            with trio.fail_after(SECONDS):
                assert not await ours.run(job, take)
    assert {r.info_hash for r in told if isinstance(r, records.Status)} == {HASHES.swarm}


async def test_a_disk_that_is_slow_slows_the_sender_and_memory_stays_flat(
    made, seed_job, fetch_job, tmp_path, monkeypatch
):
    piece = made.info.piece_length
    written: list[float] = []

    class SlowStorage(FileStorage):
        """Real files, written in a real thread, slowly."""

        def write(self, offset, data):
            time.sleep(0.05)
            super().write(offset, data)
            written.append(time.monotonic())

    monkeypatch.setattr(job_content, "FileStorage", SlowStorage)
    config = replace(LOOPBACK, disk=DiskLimits(write_budget_bytes=3 * piece))
    async with seeding(seed_job) as address, open_one_shot(config) as session:
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                memory = session.world.resources.memory
                most = max(most, memory.used + session.world.spare.length)
                await trio.sleep(0.005)

        with trio.fail_after(SECONDS):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch)
                assert await session.run(fetch_job(address), lambda record: None)
                nursery.cancel_scope.cancel()
    assert (tmp_path / "here" / "sample").read_bytes() == made.content
    assert len(written) == made.info.geometry.piece_count
    assert 0 < most <= 2 * 3 * piece


async def test_a_peer_that_does_not_read_costs_little_and_keeps_nobody_waiting(
    made, seed_job, fetch_job, tmp_path
):
    async with seeding(seed_job) as address:
        host, port = address.rsplit(":", 1)
        deaf = await trio.open_tcp_stream(host, int(port))
        async with deaf:
            hello = handshake.Handshake(made.info.swarm_hash, PeerId(b"-XX0000-" + b"d" * 12))
            asked = [m.Request(piece, 0, 16384) for piece in range(20)] * 50
            said = b"".join(map(peer_codec.encode, [m.Interested(), *asked]))
            await deaf.send_all(hello.encode() + said)
            async with open_one_shot(LOOPBACK) as session:
                assert await session.run(fetch_job(address), lambda record: None)
    assert (tmp_path / "here" / "sample").read_bytes() == made.content
