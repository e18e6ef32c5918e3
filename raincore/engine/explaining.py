"""What a torrent's shell adds to the reasons that its machine knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.swarm import explain as machine_explain
from raincore.swarm import obstacles
from raincore.swarm.explain import Surroundings

if TYPE_CHECKING:
    from raincore.base.errors import RainError
    from raincore.documents.events import Explanation
    from raincore.engine.torrent import Torrent

__all__ = ["explain", "trouble"]


def explain(torrent: Torrent, now: float) -> list[Explanation]:
    """Say why a torrent does not move, or that it does, now; stamped with the time of day."""
    world, rates = torrent.world, torrent.rates
    writes, seconds = torrent.piece_io.waiting(now)
    around = Surroundings(
        down_limit=_lower(rates.down.bytes_per_second, world.down.bytes_per_second),
        up_limit=_lower(rates.up.bytes_per_second, world.up.bytes_per_second),
        held_back=sum(one.is_held_back for one in torrent.connections.values()),
        writes=writes,
        write_seconds=seconds,
        outage=world.outage(),
        unreadable=str(torrent.lending.proofs.trouble or ""),
    )
    time = world.calendar()
    found = machine_explain.explain(torrent.machine.state, now, around)
    return [replace(one, time=time) for one in found]


def trouble(torrent: Torrent) -> RainError | None:
    """What is wrong with the disk, as far as it holds a torrent up."""
    state = torrent.machine.state
    if state.disk.error is not None:
        return state.disk.error
    return torrent.lending.proofs.trouble or obstacles.blocking(state)


def _lower(one: int, other: int) -> int:
    """The lower of two limits, 0 being none."""
    return min(limit for limit in (one, other) if limit) if one or other else 0
