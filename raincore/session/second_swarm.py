"""The other swarm of a hybrid, asked for its metadata beside the first (BEP 52).

A hybrid is known by two hashes, and some of its peers by the v2 one alone. While its info
dictionary is looked for, that is one search more: a torrent of its own, which has the
other hash and everything else in common with the first. Whoever is first ends both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError, the_one
from raincore.documents import events as records
from raincore.formats import metainfo
from raincore.policy.file_selection import EVERYTHING
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint
    from raincore.engine.torrent import OnRecord
    from raincore.formats.metainfo import Metainfo
    from raincore.session.job import Job
    from raincore.session.shared_port import SharedPort
    from raincore.swarm.state import Limits

__all__ = ["OTHER_SWARM", "search", "search_of"]

OTHER_SWARM = "the v2 swarm"
"""What it is called among the sources of a torrent."""


def search_of(job: Job) -> MetadataSearch:
    """How a job's metadata is looked for: a hybrid also in its second swarm, first of all."""
    hashes = job.search.hashes
    if hashes is None or hashes.other_swarm is None or job.info_hash != hashes.swarm:
        return job.search
    return replace(job.search, sources=(OTHER_SWARM, *job.search.sources))


async def search(
    session: SharedPort, job: Job, peers: Iterable[Endpoint], on_record: OnRecord
) -> Metainfo:
    """Look for the metadata of a hybrid among those who know it by its v2 hash.

    Args:
        session: Runs the search.
        job: The hybrid, running under its v1 hash.
        peers: To begin with; they may be in either swarm.
        on_record: Is told what peers and trackers do; must not block.

    Raises:
        RainError: Why it was not found. A limit of the job is reached a little earlier
            here, so that the job can say so when it ends.

    Cancelling ends the search cleanly, trackers told, which takes some seconds at most.
    """
    other = _job_of(job, peers)

    def take(record: records.Event) -> None:
        if not isinstance(record, records.Status | records.Progress):
            on_record(record)

    async def stop_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            session.stop_one(other.info_hash)

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_when_cancelled)
            with trio.CancelScope(shield=True):
                await session.run_one(other, None, take)
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_one(group) from None
    info, layers = session.metadata(other.info_hash)
    if info is None:
        raise NetworkError("the search was stopped")
    return metainfo.from_info(info.raw, piece_layers=layers or None)


def _job_of(job: Job, peers: Iterable[Endpoint]) -> Job:
    hashes = job.search.hashes
    assert hashes is not None
    assert hashes.other_swarm is not None
    return replace(
        job,
        info_hash=hashes.other_swarm.truncated(),
        goal=Goal.METADATA,
        select=EVERYTHING,  # the first swarm judges it
        limits=_sooner(job.limits),
        peers=tuple(map(str, peers)),
        search=MetadataSearch(hashes),
    )


def _sooner(limits: Limits) -> Limits:
    def a_little(seconds: float) -> float:
        return seconds - min(1.0, seconds / 10)

    return replace(
        limits,
        stall_seconds=a_little(limits.stall_seconds),
        metadata_seconds=a_little(limits.metadata_seconds),
    )
