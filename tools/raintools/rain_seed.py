"""rain-seed: serve content that is there, and say where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raincore.base.errors import FormatError
from raincore.formats.magnet import Magnet
from raincore.session.job import Job
from raincore.swarm.state import Goal
from raintools._kit import network as network_options
from raintools._kit import options, runtime, serving, transfers
from raintools._kit.announcer import Announcer
from raintools._kit.command import Command
from raintools._kit.reports import EVENTS, Reporter

if TYPE_CHECKING:
    import trio

    from raincore.session.one_shot import OneShot
    from raintools._kit.network import Network
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-seed photos.torrent --dir /srv
  rain-create ./photos | rain-seed | rain-fetch --dir /tmp/copy
  ls *.torrent | rain-seed --dir /srv --port 6881 > /dev/null
"""


@click.command("rain-seed", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option(
    "-d",
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the content lies; default: what the document says, else here.",
)
@click.option("--recheck", is_flag=True, help="Hash everything, whatever is remembered.")
@click.option(
    "--quick",
    is_flag=True,
    help="Begin at once where sizes are right; hash each piece before it is first sent.",
)
@click.option(
    "--super-seed",
    is_flag=True,
    help="Show each peer a piece at a time, so that a new swarm needs one copy only.",
)
@network_options.network
@options.common("torrent", *EVENTS)
def main(
    arguments: tuple[str, ...],
    directory: Path | None,
    recheck: bool,
    quick: bool,
    super_seed: bool,
    network: Network,
    common: Common,
) -> int:
    """Check content, serve it, and print each torrent's document with our addresses.

    INPUT is a .torrent file or a document; without one, stdin is read. All pieces must
    be there and good: nothing is served that does not match its hash. Ends on Ctrl-C, at
    a limit, or when the reader of stdout goes away.
    """
    seeder = Seeder(directory, recheck, quick, super_seed, network, common)
    runtime.log_to_stderr("rain-seed", common.verbose, quiet=common.quiet)
    return runtime.run(partial(seeder.run, arguments))


@dataclass(frozen=True, slots=True)
class Seeder:
    """What was asked for; `run` does it."""

    directory: Path | None
    recheck: bool
    quick: bool
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
        await serving.serve(session, job, take, announce)
        if self.network.events:
            common = self.common
            common.out.document(replace(document, data_dir=str(job.directory), status="stopped"))

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
            super_seed=self.super_seed,
        )


if __name__ == "__main__":
    main()
