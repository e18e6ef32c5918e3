"""A session lives as long as the command, or until nobody reads what it prints."""

import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from raincore.base.errors import ConnectError
from raincore.base.ids import InfoHash
from raincore.documents.events import Status
from raincore.session.job import Job
from raincore.swarm.state import Goal
from raintools._kit import serving
from raintools._kit.explaining import Explainer
from tests.surroundings import LOOPBACK

INFO_HASH = InfoHash(bytes(20))
SECONDS = 10
JOB = Job(
    info_hash=INFO_HASH, info=None, directory=Path(), goal=Goal.METADATA, peers=("192.0.2.1:1",)
)


class Settings:
    config = LOOPBACK
    port = 0


class Quiet:
    def warn(self, text: str) -> None:
        raise AssertionError(text)


def silent() -> Explainer:
    """Explains nothing by itself."""
    return Explainer(Quiet(), write_events=False, unasked=False)


class Session:
    """Runs a script instead of torrents."""

    def __init__(self, script) -> None:
        self.script = script

    async def run(self, job, on_record) -> bool:
        return await self.script(on_record)


@pytest.fixture(autouse=True)
def own_garbage(monkeypatch, tmp_path):
    """The collector and the state directory are those of the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


async def test_the_session_stops_when_told_to(monkeypatch):
    stop = trio.Event()
    reader, writer = os.pipe()
    monkeypatch.setattr(serving, "STDOUT", writer)
    with trio.fail_after(SECONDS):
        async with serving.running(Settings(), Quiet(), stop, silent()) as session:
            assert session.listeners
            stop.set()
            while not session.is_stopping:
                await trio.sleep(0.01)
    os.close(reader)
    os.close(writer)


async def test_the_session_stops_when_the_reader_of_stdout_leaves(monkeypatch):
    stop = trio.Event()
    reader, writer = os.pipe()
    monkeypatch.setattr(serving, "STDOUT", writer)
    with trio.fail_after(SECONDS):
        async with serving.running(Settings(), Quiet(), stop, silent()):
            os.close(reader)
            await stop.wait()
    os.close(writer)


async def test_an_error_of_the_body_comes_out_as_it_is(monkeypatch):
    reader, writer = os.pipe()
    monkeypatch.setattr(serving, "STDOUT", writer)
    with pytest.raises(ConnectError):
        async with serving.running(Settings(), Quiet(), trio.Event(), silent()):
            raise ConnectError("nobody")
    os.close(reader)
    os.close(writer)


def seeding() -> Status:
    return Status(info_hash=INFO_HASH, status="seeding")


async def test_serving_is_announced_once_it_begins(autojump_clock):
    order = []

    async def script(on_record) -> bool:
        on_record(Status(info_hash=INFO_HASH, status="checking"))
        await trio.sleep(1)
        assert order == ["checking"]
        on_record(seeding())
        await trio.sleep(1)
        return True

    async def announce() -> None:
        order.append("announced")

    take = lambda record: order.append(record.status)  # noqa: E731
    assert await serving.serve(Session(script), JOB, take, announce)
    assert order == ["checking", "seeding", "announced"]


async def test_what_never_serves_is_never_announced(autojump_clock):
    async def script(on_record) -> bool:
        await trio.sleep(1)
        return False

    async def announce() -> None:
        raise AssertionError

    assert not await serving.serve(Session(script), JOB, lambda record: None, announce)


async def test_the_reason_of_a_failure_comes_out_as_it_is(autojump_clock):
    async def script(on_record) -> bool:
        on_record(seeding())
        raise ConnectError("nobody")

    with pytest.raises(ConnectError):
        await serving.serve(Session(script), JOB, lambda record: None, trio.sleep_forever)


async def test_who_knows_nobody_to_ask_is_told_how_to_name_one(autojump_clock):
    async def script(on_record) -> bool:
        raise ConnectError("no peer is known")

    alone = replace(JOB, peers=())
    with pytest.raises(ConnectError, match="no peer is known; name one by --peer"):
        await serving.serve(Session(script), alone, lambda record: None, trio.sleep_forever)
