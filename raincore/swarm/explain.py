"""Why is it not moving: causes with evidence and remedy, from what the torrent knows.

Each cause has a slug that does not change:

    moving            content, or metadata, is coming or going
    checking, saving  the disk is at work before or after the transfer
    idle              a seed whom nobody asks for anything
    device_down       nothing can be sent from where we are bound to
    open_files        the system could open nothing more
    content           what is on the disk is not what the torrent says
    disk              it refuses, or pieces wait to be hashed and written
    limit             a limit of ours holds something back
    no_peers          no address of any peer is known
    unreachable       addresses are known and do not answer
    connecting        they have been dialled a moment ago
    left              peers came and went
    blocked           the blocklist has their addresses
    tracker           no tracker has answered, or it said no
    web_seeds         nothing is to be expected from web seeds
    metadata_refused  peers do not give the info dictionary
    metadata_waiting  they were asked for it and have not answered yet
    no_hashes         nobody gives the piece hashes of a v2 torrent
    missing_pieces    nobody has a piece that is needed
    choked            those who have something let us ask for nothing
    snubbed           those who let us ask keep silent
    rejected          they refuse what is asked
    waiting           it was asked for a moment ago
    bad_data          pieces came that were not what the torrent says

Nothing is named that was not seen: a cause stands for a fact, not for a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.errors import NoSpace, StorageError
from raincore.base.units import format_duration, format_rate, format_size
from raincore.documents.events import Explanation
from raincore.swarm import loneliness, silence, stats
from raincore.swarm.state import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.swarm.state import TorrentState

__all__ = ["Surroundings", "explain"]

DISK_SECONDS = 2.0
"""A piece that waits for longer than this is held up by the disk."""


NEAR = 0.8
"""Of a limit: who is as fast as that is held back by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the shell knows and the machine does not.

    Args:
        down_limit: Bytes per second that bind this torrent; 0 for none.
        up_limit: Likewise.
        held_back: Peers whose messages wait for the limit.
        writes: Pieces being hashed and written.
        write_seconds: How long the oldest of them has been.
        outage: Why no socket can speak to anybody; "" if that is not so.
        unreadable: Why something that is here could not be read; "" if all could.
    """

    down_limit: int = 0
    up_limit: int = 0
    held_back: int = 0
    writes: int = 0
    write_seconds: float = 0.0
    outage: str = ""
    unreadable: str = ""


def explain(state: TorrentState, now: float, around: Surroundings) -> list[Explanation]:
    """Say what keeps a torrent from moving, or that it moves; what matters most comes first.

    Args:
        state: Not changed. If the torrent has ended, what was so when it did is told.
        now: As the machine's.
        around: What its shell knows.

    Returns:
        At least one.
    """
    phase = state.ended_in or state.phase
    if state.disk.error is not None:
        return [_refused(state, state.disk.error, now)]
    if isinstance(state.failure, StorageError):
        return [_refused(state, state.failure, now)]
    if phase in (Phase.STARTING, Phase.CHECKING):
        if state.failure is not None:
            return [_say(state, "content", str(state.failure), "see rain-verify")]
        return [_say(state, "checking", "the content on the disk is being checked")]
    if phase is Phase.SEALING:
        return [_say(state, "saving", "everything is here and is being made durable")]
    if stats.is_moving(state, now):
        return [_moving(state, now), *_limits(state, now, around), *_bad_data(state)]
    if around.outage:
        remedy = "bring it up, or bind to another by --bind"
        return [_say(state, "device_down", around.outage, remedy)]
    found = [*_system(state), *_unreadable(state, around), *_limits(state, now, around)]
    if phase is Phase.SEEDING:
        return found or [_idle(state)]
    if phase is Phase.DOWNLOADING:
        found += [*_obstacles(state), *_disk(state, around)]
    if phase is Phase.METADATA:
        found += silence.of_metadata(state)
    elif not found:
        found += silence.of_content(state, now)
    if not state.peers:
        found += loneliness.causes(state)
    if not found:
        count = len(state.peers)
        who = "1 peer is" if count == 1 else f"{count} peers are"
        text = f"{who} connected and may still be of use"
        found = [_say(state, "waiting", text, facts={"peers": count})]
    return [*found, *_bad_data(state)]


def _refused(state: TorrentState, error: StorageError, now: float) -> Explanation:
    """The disk does not do what is asked of it."""
    facts: dict[str, int | float | str | list[int]] = {"pieces": len(state.disk.refused)}
    text = str(error)
    if state.disk.error is not None:
        facts["seconds"] = round(now - state.disk.since, 1)
        text += f"; waiting for {format_duration(now - state.disk.since)}"
    if state.disk.refused:
        pieces = (
            "1 piece is"
            if len(state.disk.refused) == 1
            else f"{len(state.disk.refused)} pieces are"
        )
        text += f", {pieces} kept in memory"
    remedy = "make room on the disk" if isinstance(error, NoSpace) else "see to that path"
    return _say(state, "disk", text, remedy, facts)


def _moving(state: TorrentState, now: float) -> Explanation:
    progress = stats.progress(state, now)
    down, up = progress.down_rate, progress.up_rate
    told = [f"{format_rate(down)} down"] if down else []
    told += [f"{format_rate(up)} up"] if up else []
    peers = "1 peer" if len(state.peers) == 1 else f"{len(state.peers)} peers"
    facts = {"down_rate": down, "up_rate": up, "peers": len(state.peers)}
    return _say(state, "moving", f"{', '.join(told) or 'slowly'}, {peers}", facts=facts)


def _bad_data(state: TorrentState) -> list[Explanation]:
    """What came in vain, since somebody sent something else."""
    counters = state.counters
    if not counters.hash_failures or state.complete:
        return []
    pieces = "1 piece" if counters.hash_failures == 1 else f"{counters.hash_failures} pieces"
    text = f"{pieces} came with bad data; {counters.banned or 'nobody'} banned for it so far"
    facts = {"pieces": counters.hash_failures, "banned": counters.banned}
    return [_say(state, "bad_data", text, "wait: such pieces are got again, from others", facts)]


def _idle(state: TorrentState) -> Explanation:
    count = len(state.peers)
    if not count:
        return _say(state, "idle", "no peer is connected", facts={"peers": 0})
    wanting = sum(peer.they_interested for peer in state.peers.values())
    served = sum(peer.they_interested and not peer.we_choke for peer in state.peers.values())
    facts = {"peers": count, "interested": wanting, "served": served}
    if served:
        text = f"{served} of {count} peers may ask for pieces and do not"
    elif wanting:
        text = f"{wanting} of {count} peers want pieces and wait for their turn"
    else:
        text = (
            "the only peer wants nothing" if count == 1 else f"none of {count} peers wants anything"
        )
    return _say(state, "idle", text, facts=facts)


def _system(state: TorrentState) -> list[Explanation]:
    """What the system does not give."""
    if not state.exhausted_told or state.peers:
        return []
    text = f"the system could open no more connections: {state.last_failure or 'no descriptor is left'}"
    return [_say(state, "open_files", text, "allow more open files (ulimit -n)")]


def _unreadable(state: TorrentState, around: Surroundings) -> list[Explanation]:
    """What is here, and the disk does not give."""
    if not around.unreadable:
        return []
    text = f"{around.unreadable}; such pieces are given to nobody, and tried again now and then"
    remedy = "see to that path; if it is gone for good, verify the torrent"
    return [_say(state, "disk", text, remedy)]


def _obstacles(state: TorrentState) -> list[Explanation]:
    """Files that cannot be written as things stand."""
    if not state.obstacles:
        return []
    count = len(state.obstacles)
    which = "one file is" if count == 1 else f"{count} files are"
    text = f"{next(iter(state.obstacles.values()))}; {which} not fetched because of that"
    return [_say(state, "disk", text, "see to that path", {"files": count})]


def _limits(state: TorrentState, now: float, around: Surroundings) -> list[Explanation]:
    """What is held back by limits that we were given."""
    found = []
    progress = stats.progress(state, now)
    if around.down_limit and (around.held_back or progress.down_rate >= NEAR * around.down_limit):
        text = f"no more than {format_rate(around.down_limit)} may come, from all together"
        facts = {"down_limit": around.down_limit, "held_back": around.held_back}
        found.append(_say(state, "limit", text, "raise --limit-down", facts))
    if around.up_limit and progress.up_rate >= NEAR * around.up_limit:
        text = f"no more than {format_rate(around.up_limit)} may go, to all together"
        facts = {"up_limit": around.up_limit}
        found.append(_say(state, "limit", text, "raise --limit-up", facts))
    lent = state.lent.connections
    if lent.wants and not state.peers:
        text = "other torrents have all connections that this process may have"
        remedy = "allow more open files (ulimit -n), or run fewer torrents at once"
        found.append(_say(state, "limit", text, remedy, {"connections": lent.used}))
    return found


def _disk(state: TorrentState, around: Surroundings) -> list[Explanation]:
    """Whether all waits for the disk."""
    if not around.writes or around.write_seconds < DISK_SECONDS:
        return []
    assert state.geometry is not None
    size = format_size(min(around.writes * state.geometry.piece_length, state.lent_bytes))
    pieces = "1 piece waits" if around.writes == 1 else f"{around.writes} pieces wait"
    text = (
        f"{pieces} for the disk ({size}), the oldest for {format_duration(around.write_seconds)}; "
        "no more is asked for than there is memory"
    )
    facts = {"pieces": around.writes, "seconds": round(around.write_seconds, 1)}
    return [_say(state, "disk", text, "look what keeps the disk busy, or use another", facts)]


def _say(
    state: TorrentState,
    cause: str,
    evidence: str,
    remedy: str | None = None,
    facts: Mapping[str, int | float | str | list[int]] | None = None,
) -> Explanation:
    return Explanation(
        info_hash=state.info_hash,
        cause=cause,
        evidence=evidence,
        remedy=remedy,
        facts=dict(facts or {}),
    )
