"""rain-fetch: download torrents, verified, and end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raincore.base import units
from raincore.base.errors import RainError
from raincore.swarm.state import Goal
from raintools._kit import fetching, options, runtime, selecting, serving, streaming, transfers
from raintools._kit import network as network_options
from raintools._kit.announcer import Announcer
from raintools._kit.command import Command
from raintools._kit.directory_param import Directory
from raintools._kit.reports import EVENTS, Reporter
from raintools._kit.resolved import completed
from raintools._kit.silence import silent

if TYPE_CHECKING:
    import trio

    from raincore.documents.documents import TorrentDocument
    from raincore.session.one_shot import OneShot
    from raintools._kit.network import Network
    from raintools._kit.options import Common
    from raintools._kit.selecting import Choice
    from raintools._kit.sources import Loaded

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-fetch photos.torrent --peer 192.0.2.1:6881 --dir /tmp
  rain-fetch 'magnet:?xt=urn:btih:…&x.pe=192.0.2.1:6881'
  rain-create ./photos | rain-seed | rain-fetch --dir /tmp/copy
  rain-fetch photos.torrent --select '*.jpg' --select 0,3-5
  rain-fetch photos.torrent --stdout film.mkv | mpv -
  rain-fetch a.torrent --events | jq -c 'select(.type == "progress")'
"""
TORRENTS_AT_ONCE = 3


@click.command("rain-fetch", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option(
    "-d",
    "--dir",
    "directory",
    type=Directory(),
    default=Path(),
    help="Where to put the content; default: here.",
)
@click.option("--metadata-only", is_flag=True, help="Get the info dictionary, no content.")
@click.option("--seed", is_flag=True, help="Go on serving when the content is complete.")
@click.option("--recheck", is_flag=True, help="Hash what is there, whatever is remembered.")
@selecting.options
@network_options.network
@options.common("torrent", *EVENTS)
def main(
    arguments: tuple[str, ...],
    directory: Path,
    metadata_only: bool,
    seed: bool,
    recheck: bool,
    choice: Choice,
    network: Network,
    common: Common,
) -> int:
    """Download torrents; end when they are complete and verified. A re-run resumes.

    INPUT is a .torrent file, a magnet link or an info-hash; without one, stdin is read,
    documents too. Prints each torrent's document when it is done.
    """
    if choice.excerpt is not None:
        common = silent(common)
    goal = Goal.SEED if seed or network.seed_limited else Goal.COMPLETE
    goal = Goal.METADATA if metadata_only else goal
    fetcher = Fetcher(directory.absolute(), goal, recheck, choice, network, common)
    runtime.log_to_stderr("rain-fetch", common.verbose, quiet=common.quiet)
    return runtime.run(partial(fetcher.run, arguments))


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What was asked for; `run` does it."""

    directory: Path
    goal: Goal
    recheck: bool
    choice: Choice
    network: Network
    common: Common

    async def run(self, arguments: tuple[str, ...], stop: trio.Event) -> int:
        """Fetch every input; return the exit code."""
        common, announcer = self.common, Announcer(self.common.out)
        at_once = float("inf") if self.goal is Goal.SEED else TORRENTS_AT_ONCE
        told = {"write_events": self.network.events, "explain": self.network.explain}
        with Reporter(common, **told) as reporter:
            opened = serving.running(self.network, common, stop, reporter.explainer)
            async with opened as session:
                one = partial(self.fetch, session, announcer, reporter)
                await transfers.run_each(session, arguments, one, common, announcer, stop, at_once)
        return common.outcome.code

    async def fetch(
        self, session: OneShot, announcer: Announcer, reporter: Reporter, loaded: Loaded
    ) -> None:
        """Fetch one torrent; print its document when it is done, or comes to serve others."""
        job, origin = fetching.job_of(loaded, self), loaded.origin
        take = partial(reporter.take, loaded.document.name or origin)
        if job.select.excerpt is not None:
            await streaming.fetch(session, job, take, self.common)
            return

        def document(status: str) -> TorrentDocument:
            found = selecting.selected(completed(loaded, session, job.info_hash), job, session)
            return replace(found, data_dir=str(job.directory), status=status, last=None)

        async def announce() -> None:
            await announcer.announce(origin, replace(document("seeding"), peers=session.addresses))

        try:
            reached = await serving.serve(session, job, take, announce)
        except RainError:
            if self.network.events:
                self.common.out.document(document("error"))
            raise
        if reached and self.goal is not Goal.SEED:
            what = "metadata of" if self.goal is Goal.METADATA else "complete:"
            found = document("complete")
            size = units.format_size(selecting.length_of(found))
            self.common.out.document(found, f"{what} {found.name}, {size}, in {self.directory}")
        elif self.network.events:
            self.common.out.document(document("stopped"))


if __name__ == "__main__":
    main()
