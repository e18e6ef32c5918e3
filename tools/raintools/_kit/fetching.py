"""What a session is to do with one input of rain-fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.formats.magnet import Magnet
from raincore.session.job import Job
from raintools._kit import reach, selecting, transfers

if TYPE_CHECKING:
    from pathlib import Path

    from raincore.swarm.state import Goal
    from raintools._kit.network import Network
    from raintools._kit.selecting import Choice
    from raintools._kit.sources import Loaded

__all__ = ["Wishes", "job_of"]


class Wishes(Protocol):
    """What the options ask for, the same for all inputs."""

    @property
    def directory(self) -> Path:
        """Where the content goes."""

    @property
    def goal(self) -> Goal:
        """When a torrent is done."""

    @property
    def recheck(self) -> bool:
        """Whether to hash everything that is there."""

    @property
    def choice(self) -> Choice:
        """Which files, in which order."""

    @property
    def network(self) -> Network:
        """How peers are found."""


def job_of(loaded: Loaded, wishes: Wishes) -> Job:
    """Put together what an input says and what the options ask for."""
    torrent, document, network = loaded.torrent, loaded.document, wishes.network
    return Job(
        info_hash=transfers.info_hash_of(loaded),
        search=transfers.search_of(loaded, web=not network.no_webseeds),
        info=None if isinstance(torrent, Magnet) else torrent.info,
        layers={} if isinstance(torrent, Magnet) else torrent.piece_layers,
        directory=wishes.directory,
        goal=wishes.goal,
        select=selecting.selection_of(wishes.choice, document),
        sequential=wishes.choice.sequential,
        edges_first=wishes.choice.edges_first,
        limits=network.limits,
        peers=(*network.peers, *document.peers),
        nodes=tuple(document.nodes),
        trackers=network.trackers(document),
        web=reach.web_of(document, torrent),
        recheck=wishes.recheck,
    )
