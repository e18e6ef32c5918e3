"""Seed every input of a command: check it, serve it, print where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from raincore.base.errors import ContentMismatch, FormatError
from raincore.formats.magnet import Magnet
from raincore.session.job import Job
from raincore.swarm.state import Goal
from raintools._kit import serving, transfers
from raintools._kit.announcer import Announcer
from raintools._kit.reports import Reporter

if TYPE_CHECKING:
    import trio

    from raincore.session.one_shot import OneShot
    from raintools._kit.network import Network
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["Seeder"]


@dataclass(frozen=True, slots=True)
class Seeder:
    """What was asked for; `run` does it."""

    directory: Path | None
    recheck: bool
    quick: bool
    partial: bool
    super_seed: bool
    network: Network
    common: Common

    async def run(self, arguments: tuple[str, ...], stop: trio.Event) -> int:
        """Seed every input until told to stop; return the exit code."""
        common, announcer = self.common, Announcer(self.common.out)
        told = {"write_events": self.network.events, "explain": self.network.explain}
        with Reporter(common, **told) as reporter:
            opened = serving.running(self.network, common, stop, reporter.explainer)
            async with opened as session:
                one = partial(self.seed, session, announcer, reporter)
                await transfers.run_each(session, arguments, one, common, announcer, stop)
        return common.outcome.code

    async def seed(
        self, session: OneShot, announcer: Announcer, reporter: Reporter, loaded: Loaded
    ) -> None:
        """Check and serve one torrent until it ends."""
        document = loaded.document
        directory = self.directory or Path(document.data_dir or ".")
        job = self.job(loaded, directory.absolute())

        async def announce() -> None:
            served = replace(
                document,
                data_dir=str(job.directory),
                peers=session.addresses,
                status="seeding",
            )
            await announcer.announce(loaded.origin, served)

        take = partial(reporter.take, document.name or loaded.origin)
        try:
            await serving.serve(session, job, take, announce)
        except ContentMismatch as error:
            raise self.with_advice(error, job) from error
        if self.network.events:
            common = self.common
            common.out.document(replace(document, data_dir=str(job.directory), status="stopped"))

    def with_advice(self, error: ContentMismatch, job: Job) -> ContentMismatch:
        """The same, saying what else can be done, if there is anything to serve."""
        assert job.info is not None
        if self.partial or len(error.pieces) == job.info.geometry.piece_count:
            return error
        return ContentMismatch(f"{error}; --partial serves what is good", error.pieces)

    def job(self, loaded: Loaded, directory: Path) -> Job:
        """What the session is to do with one input."""
        if isinstance(loaded.torrent, Magnet):
            raise FormatError("a magnet link has no hashes to check by; give the .torrent file")
        return Job(
            info_hash=transfers.info_hash_of(loaded),
            info=loaded.torrent.info,
            layers=loaded.torrent.piece_layers,
            directory=directory,
            goal=Goal.SEED,
            limits=self.network.limits,
            peers=self.network.peers,
            nodes=tuple(loaded.document.nodes),
            trackers=self.network.trackers(loaded.document),
            fixed=True,
            recheck=self.recheck,
            quick=self.quick,
            partial=self.partial,
            super_seed=self.super_seed,
        )
