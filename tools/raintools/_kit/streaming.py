"""One file of a torrent, written to standard output while it is fetched."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from raincore.base import errors, units
from raincore.base.storage_errors import InUse
from raincore.documents.events import Status
from raincore.policy import excerpts
from raincore.storage import aside_directory
from raincore.swarm.state import Goal
from raintools._kit import exits, raw_output

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from raincore.documents.events import Event
    from raincore.session.job import Job
    from raincore.session.one_shot import OneShot
    from raintools._kit.options import Common

__all__ = ["fetch"]


async def fetch(session: OneShot, job: Job, take: Callable[[Event], None], common: Common) -> None:
    """Run a job that fetches an excerpt, and write that as it comes.

    Ends when all is written, or the reader of standard output has left. Where another process
    fetches the same, what that has is read, and the rest is fetched for us alone.

    Raises:
        RainError: Why the torrent could not go on, or standard output could not be written.
    """
    writer = Excerpted(session, job, common)
    try:
        await _run(session, job, take, writer)
    except InUse:
        if writer.has_begun:
            raise
        common.warn(f"another process fetches it: what is lacking in {job.directory} is not kept")
        async with _aside() as place:
            job = replace(job, aside=place)
            await _run(session, job, take, Excerpted(session, job, common))


@asynccontextmanager
async def _aside() -> AsyncIterator[Path]:
    made = aside_directory.made()
    place = await trio.to_thread.run_sync(made.__enter__)
    try:
        yield place
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(made.__exit__, None, None, None)


async def _run(
    session: OneShot, job: Job, take: Callable[[Event], None], writer: Excerpted
) -> None:
    def on_record(record: Event) -> None:
        take(record)
        if isinstance(record, Status) and record.status == "checking":
            writer.known.set()

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.run)
            # It must not end with its last piece, which is still to be written by then.
            await session.run(replace(job, goal=Goal.SEED), on_record)
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise errors.the_one(group) from None
    if writer.failure is not None:
        raise writer.failure


class Excerpted:
    """Takes an excerpt from a session and writes it."""

    def __init__(self, session: OneShot, job: Job, common: Common) -> None:
        self.session = session
        self.job = job
        self.common = common
        self.known = trio.Event()
        self.failure: errors.RainError | OSError | None = None
        self.has_begun = False

    async def run(self) -> None:
        """Write all of it; end the torrent then, or when that cannot be done."""
        await self.known.wait()
        info, excerpt = self.session.info(self.job.info_hash), self.job.select.excerpt
        assert info is not None
        assert excerpt is not None
        place = excerpts.locate(excerpt, info)
        stream = self.session.open_stream(self.job.info_hash, place.begin, place.end)
        try:
            while view := await stream.receive_some():
                if not self.has_begun and b"\0" in view.tobytes() and sys.stdout.isatty():
                    raise errors.ConfigError(f"is no text, redirect it: {place.path}", "stdout")
                self.has_begun = True
                # A thread that waits for a slow reader is left behind when we are stopped.
                await trio.to_thread.run_sync(raw_output.write, view, abandon_on_cancel=True)
            if not self.common.quiet:
                size = units.format_size(place.end - place.begin)
                exits.say(f"{self.common.outcome.command}: wrote {size} of {place.path}")
        except errors.Incomplete as error:
            if not self.session.is_stopping:  # else that is why, and whoever asked for it knows
                self.failure = error
        except (errors.RainError, OSError) as error:
            self.failure = error
        finally:
            stream.close()
        self.session.stop_one(self.job.info_hash)
