"""How the search for metadata stands: for pipes as a record, for people as a sentence."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from raincore.base.printable import printable
from raincore.documents import events as records
from raincore.policy.metadata_tally import Cause

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["tell", "why"]

SOURCES_NAMED = 3


def tell(state: TorrentState) -> None:
    """Tell the outside how it stands, if that has changed."""
    record = _record(state)
    if record != state.lookup.told:
        state.lookup.told = record
        state.publish(record)


def _record(state: TorrentState) -> records.MetadataProgress:
    counts = state.lookup.tally.counts()
    have, total = state.metadata.progress
    return records.MetadataProgress(
        info_hash=state.info_hash,
        peers_tried=state.lookup.tally.tried,
        unreachable=counts[Cause.UNREACHABLE],
        waiting=counts[Cause.WAITING],
        no_metadata=counts[Cause.NO_METADATA],
        refused=counts[Cause.REFUSED],
        silent=counts[Cause.SILENT],
        hung_up=counts[Cause.HUNG_UP],
        bad=counts[Cause.BAD],
        bytes_have=have,
        bytes_total=total or None,
        sources_tried=state.lookup.sources.tried,
        sources_failed=len(state.lookup.sources.failures),
    )


def why(state: TorrentState) -> str:
    """Say why there is no metadata yet: what peers did, and what came of other sources."""
    reasons = [_peers(state)]
    failures = state.lookup.sources.failures
    reasons += [
        f"{printable(source)}: {text}" for source, text in list(failures.items())[:SOURCES_NAMED]
    ]
    if len(failures) > SOURCES_NAMED:
        reasons.append(f"{len(failures) - SOURCES_NAMED} more sources failed")
    reasons += [f"no answer yet from {printable(source)}" for source in state.lookup.sources.asked]
    return "; ".join(reasons)


def _peers(state: TorrentState) -> str:
    tally = state.lookup.tally
    if not tally.tried:
        dialled = ", ".join(map(str, islice(state.dialling, 3)))
        return f"no answer yet from {dialled}" if dialled else "no peer is known"
    if tally.counts()[Cause.UNREACHABLE] == tally.tried:
        who = "no peer" if tally.tried == 1 else f"none of {tally.tried} peers"
        return f"{who} could be reached: {state.last_failure}"
    last = f" ({state.last_failure})" if state.last_failure else ""
    return tally.sentence() + last
