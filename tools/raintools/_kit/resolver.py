"""From links to .torrent files: one session, several links at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError
from raincore.formats import magnet
from raincore.formats.metainfo import Metainfo
from raincore.session.job import Job
from raincore.swarm.state import Goal, Limits
from raintools._kit import links, serving, transfers
from raintools._kit.announcer import Announcer
from raintools._kit.reports import Reporter
from raintools._kit.resolved import Resolved, resolved

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.documents import TorrentDocument
    from raincore.documents.events import Event
    from raincore.session.one_shot import OneShot
    from raintools._kit.options import Common
    from raintools._kit.resolving import Resolving
    from raintools._kit.sources import Loaded

__all__ = ["Resolver"]

AT_ONCE = 8
"""Links that are looked for side by side; each may know eighty peers."""


class Resolver:
    """Resolves what it is given, as `wanted` says."""

    def __init__(self, wanted: Resolving, common: Common) -> None:
        self.wanted = wanted
        self.network = wanted.network
        self.common = common

    async def run(self, arguments: tuple[str, ...], stop: trio.Event) -> int:
        """Resolve every input; return the exit code."""
        common = self.common
        with Reporter(common, write_events=False) as reporter:
            async with serving.running(self.network, common, stop, reporter.explainer) as session:
                one = partial(self.resolve, session, reporter)
                announcer = Announcer(common.out)
                await transfers.run_each(
                    session, arguments, one, common, announcer, stop, at_once=AT_ONCE
                )
        return common.outcome.code

    async def resolve(self, session: OneShot, reporter: Reporter, loaded: Loaded) -> None:
        """Find the metadata of one link, write its torrent, and print its document."""
        files, job = self.wanted.files, self.job(loaded)
        target = files.early()  # a place that is no good is found before anybody is asked
        take = partial(reporter.take, loaded.document.name or loaded.origin)
        if job.info is None and not await search(session, job, take):
            return
        known, layers = session.metadata(job.info_hash)
        info = job.info or known
        assert info is not None
        fetched, trackers = session.fetched(job.info_hash), not self.network.no_trackers
        found = resolved(loaded, info, layers, fetched, trackers=trackers)
        document = self.described(found)
        for warning in found.warnings:
            self.common.warn(f"{document.name}: {warning}")
        if files.is_there(document) and isinstance(loaded.torrent, Metainfo):
            self.common.out.document(document, document.magnet)
        else:
            files.write(target or files.place(info.name), document, found.torrent, self.common.out)

    def job(self, loaded: Loaded) -> Job:
        """What the session is to do with one input."""
        seconds = self.network.timeout_seconds
        assert seconds is not None
        return Job(
            info_hash=transfers.info_hash_of(loaded),
            info=loaded.torrent.info if isinstance(loaded.torrent, Metainfo) else None,
            directory=Path.cwd(),
            goal=Goal.METADATA,
            limits=Limits(metadata_seconds=seconds, waits_for_peers=bool(self.network.port)),
            peers=(*self.network.peers, *loaded.document.peers),
            nodes=tuple(loaded.document.nodes),
            trackers=self.network.trackers(loaded.document),
            search=transfers.search_of(loaded, web=not self.network.no_webseeds),
        )

    def described(self, found: Resolved) -> TorrentDocument:
        """The document with what the options add to it, and its link."""
        select = self.wanted.select
        document = replace(
            found.document,
            select=found.document.select if select is None else select,
            peers=list(dict.fromkeys([*found.document.peers, *self.network.peers])),
            last=None,
        )
        link = links.link_of(document, found.torrent, trackers=not self.network.no_trackers)
        return replace(document, magnet=magnet.encode(link))


async def search(session: OneShot, job: Job, take: Callable[[Event], None]) -> bool:
    """Look for the metadata of a link; False if that was stopped.

    An info dictionary without the piece layers beside it is better than nothing.

    Raises:
        RainError: It was not found, and why.
    """
    try:
        return await serving.serve(session, job, take, trio.sleep_forever)
    except NetworkError:
        if session.info(job.info_hash) is None:
            raise
        return True
