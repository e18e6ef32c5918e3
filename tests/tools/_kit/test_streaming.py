"""What is written to standard output of a torrent, and how that ends."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio

from raincore.base.errors import ConfigError, Incomplete, NoSpace, TimedOut
from raincore.base.storage_errors import InUse
from raincore.documents.events import Status
from raincore.formats.byte_range import ByteRange
from raincore.policy.excerpts import Excerpt
from raincore.policy.file_selection import Selection
from raincore.session.job import Job
from raincore.swarm.state import Goal
from raintools._kit import raw_output, streaming
from raintools._kit.exits import Outcome
from raintools._kit.options import Common
from raintools._kit.output import Writer
from tests.sim.content import sample

SAMPLE = sample(1, pieces=4)
HASH = SAMPLE.info.swarm_hash
SECONDS = 10


class Stream:
    """Gives some bytes of the content at a time, or an error."""

    def __init__(self, begin: int, end: int, error: Exception | None) -> None:
        self.position, self.end, self.error = begin, end, error
        self.closed = False

    async def receive_some(self) -> memoryview:
        await trio.lowlevel.checkpoint()
        if self.error is not None:
            raise self.error
        begin, self.position = self.position, min(self.end, self.position + 50_000)
        return memoryview(SAMPLE.content)[begin : self.position]

    def close(self) -> None:
        self.closed = True


class Session:
    """Runs one torrent until it is stopped."""

    def __init__(self, error: Exception | None = None, outcome: Exception | None = None) -> None:
        self.error = error
        self.outcome = outcome
        self.stopped = trio.Event()
        self.is_stopping = False
        self.streams: list[Stream] = []
        self.jobs: list[Job] = []

    def info(self, info_hash):
        return SAMPLE.info

    def open_stream(self, info_hash, begin, end):
        self.streams.append(Stream(begin, end, self.error))
        return self.streams[-1]

    def stop_one(self, info_hash):
        self.stopped.set()

    async def run(self, job, on_record):
        self.jobs.append(job)
        on_record(Status(info_hash=HASH, status="metadata"))
        if self.outcome is not None:
            raise self.outcome
        on_record(Status(info_hash=HASH, status="checking"))
        await self.stopped.wait()
        return True


@pytest.fixture
def stdout(monkeypatch):
    """A standard output that is no file; a terminal if it is told so."""

    class Stdout(io.TextIOWrapper):
        terminal = False

        def isatty(self):
            return self.terminal

    made = Stdout(io.BytesIO())
    for module in (streaming, raw_output):
        monkeypatch.setattr(module, "sys", SimpleNamespace(stdout=made))
    return made


async def fetch(session: Session, excerpt: Excerpt, *, quiet: bool = False) -> list[str]:
    common = Common(Writer(as_json=True), Outcome("rain-fetch"), quiet, 0)
    job = Job(
        info_hash=HASH,
        info=SAMPLE.info,
        directory=Path(),
        goal=Goal.COMPLETE,
        select=Selection(excerpt=excerpt),
    )
    told: list[str] = []
    with trio.fail_after(SECONDS):
        await streaming.fetch(session, job, lambda record: told.append(record.status), common)
    return told


async def test_all_of_it_is_written_and_nothing_else(stdout, capsys):
    session = Session()
    told = await fetch(session, Excerpt(0))
    assert stdout.buffer.getvalue() == SAMPLE.content
    assert told == ["metadata", "checking"]
    assert session.streams[0].closed
    assert session.jobs[0].goal is Goal.SEED, "it must not end before all is written"
    assert capsys.readouterr().err == "rain-fetch: wrote 213.3 KiB of sample\n"


async def test_a_range_is_written(stdout, capsys):
    await fetch(Session(), Excerpt("sample", ByteRange(None, 7)), quiet=True)
    assert stdout.buffer.getvalue() == SAMPLE.content[-7:]
    assert capsys.readouterr().err == ""


async def test_why_a_torrent_ends_is_told(stdout):
    with pytest.raises(TimedOut, match="no progress"):
        await fetch(Session(outcome=TimedOut("no progress")), Excerpt(0))


@pytest.mark.parametrize("error", [Incomplete("too soon"), NoSpace("full", path="x")])
async def test_why_it_cannot_be_written_is_told_when_the_torrent_has_ended(stdout, error):
    session = Session(error)
    with pytest.raises(type(error)):
        await fetch(session, Excerpt(0))
    assert session.stopped.is_set()
    assert session.streams[0].closed


async def test_a_stream_that_is_cut_short_by_a_stop_complains_of_nothing(stdout, capsys):
    session = Session(Incomplete("too soon"))
    session.is_stopping = True
    await fetch(session, Excerpt(0))
    assert session.stopped.is_set()
    assert "too soon" not in capsys.readouterr().err


async def test_a_reader_that_has_left_ends_it(stdout, monkeypatch):
    session = Session()

    def leave(data):
        raise BrokenPipeError

    monkeypatch.setattr(streaming.raw_output, "write", leave)
    with pytest.raises(BrokenPipeError):
        await fetch(session, Excerpt(0))
    assert session.stopped.is_set()


async def test_what_is_no_text_is_not_written_to_a_terminal(stdout):
    stdout.terminal = True
    with pytest.raises(ConfigError, match="is no text, redirect it: sample"):
        await fetch(Session(), Excerpt(0))
    assert stdout.buffer.getvalue() == b""


async def test_what_another_process_fetches_is_fetched_aside(stdout, capsys, state):
    places = []

    class Shared(Session):
        async def run(self, job, on_record):
            if job.aside is None:
                raise InUse("another process is writing it", path="x")
            places.append(job.aside)
            assert job.aside.is_dir()
            return await super().run(job, on_record)

    await fetch(Shared(), Excerpt(0))
    assert stdout.buffer.getvalue() == SAMPLE.content
    [place] = places
    assert not place.exists()
    [warning, _] = capsys.readouterr().err.splitlines()
    assert warning.startswith("rain-fetch: warning: another process fetches it")


async def test_nothing_is_written_twice_when_another_process_comes_between(stdout, state):
    class Late(Session):
        async def run(self, job, on_record):
            on_record(Status(info_hash=HASH, status="checking"))
            while not (self.streams and self.streams[0].position == 100_000):
                await trio.lowlevel.checkpoint()
            raise InUse("another process is writing it", path="x")

    with pytest.raises(InUse):
        await fetch(Late(), Excerpt(0))
    assert SAMPLE.content.startswith(stdout.buffer.getvalue())
