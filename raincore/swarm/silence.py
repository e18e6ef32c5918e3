"""Why the peers that are here bring nothing: they have not, let us not, or do not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.units import format_duration
from raincore.documents.events import Explanation
from raincore.policy.metadata_tally import Cause

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["of_content", "of_metadata"]

NAMED = 5
OF_NO_USE = (Cause.NO_METADATA, Cause.REFUSED, Cause.SILENT, Cause.HUNG_UP, Cause.BAD)
Facts = dict[str, "int | float | str | list[int]"]


def of_metadata(state: TorrentState) -> list[Explanation]:
    """Say what became of asking peers for the info dictionary, if any were."""
    counts = state.lookup.tally.counts()
    refused = sum(counts[cause] for cause in OF_NO_USE)
    failures = state.lookup.sources.failures
    facts: Facts = {cause.name.lower(): counts[cause] for cause in Cause if counts[cause]}
    found = []
    if refused and not counts[Cause.WAITING]:
        remedy = "wait for other peers, or get the .torrent file elsewhere"
        text = state.lookup.tally.sentence()
        found.append(_say(state, "metadata_refused", text, remedy, facts))
    elif counts[Cause.WAITING]:
        have, total = state.metadata.progress
        parts = f", {have} of {total} bytes have come" if total else ""
        text = f"{state.lookup.tally.sentence()}{parts}"
        found.append(_say(state, "metadata_waiting", text, None, facts))
    if failures:
        told = "; ".join(f"{source}: {text}" for source, text in list(failures.items())[:NAMED])
        found.append(_say(state, "web_seeds", f"no other source had it: {told}", None, {}))
    return found


def of_content(state: TorrentState, now: float) -> list[Explanation]:
    """Say why nothing comes from those who are connected; nothing if nobody is."""
    peers = [peer for peer in state.peers.values() if not peer.leaving or state.ended_in]
    if not peers:
        return []
    if state.layer_download is not None:
        text = f"none of {_count(peers)} has given all piece hashes"
        return [_say(state, "no_hashes", text, "wait for other peers", {"peers": len(peers)})]
    found = _missing(state, peers)
    useful = [peer for peer in peers if peer.we_interested]
    if useful:
        found += _of_useful(state, useful, now)
    elif not found:
        text = f"what is missing is asked for elsewhere; {_count(peers)} cannot help"
        found = [_say(state, "waiting", text, None, {"peers": len(peers)})]
    return found


def _missing(state: TorrentState, peers: list[PeerState]) -> list[Explanation]:
    """Pieces that are needed and nobody has."""
    picker, wanted = state.picker, state.wanted
    if picker is None or wanted is None or state.web.may_help:
        return []
    missing = [
        piece
        for piece in wanted.pieces
        if picker.needs(piece) and piece not in state.checking and not picker.availability(piece)
    ]
    if not missing:
        return []
    shown = ", ".join(map(str, missing[:NAMED]))
    what = f"piece {shown}" if len(missing) == 1 else f"{len(missing)} pieces, {shown}"
    who = "the only peer does not have" if len(peers) == 1 else f"none of {len(peers)} peers has"
    more = " …" if len(missing) > NAMED else ""
    return [
        _say(
            state,
            "missing_pieces",
            f"{who} {what}{more}",
            "wait for a seed, or ask for one where the torrent comes from",
            {"pieces": missing[:100], "count": len(missing), "peers": len(peers)},
        )
    ]


def _of_useful(state: TorrentState, useful: list[PeerState], now: float) -> list[Explanation]:
    """Why those who have what is missing do not bring it."""
    open_to_us = [peer for peer in useful if not peer.they_choke or peer.outstanding]
    if not open_to_us:
        return [_choked(state, useful, now)]
    silent = [peer for peer in open_to_us if peer.snubbed]
    if len(silent) == len(open_to_us):
        return [_snubbed(state, silent)]
    asked = [peer for peer in open_to_us if peer.outstanding and not peer.snubbed]
    refusing = [peer for peer in open_to_us if peer.refusals and not peer.outstanding]
    if not asked and refusing:
        text = f"{_count(refusing)} let us ask and reject what is asked"
        remedy = "wait: they are asked again"
        return [_say(state, "rejected", text, remedy, {"peers": len(refusing)})]
    blocks = sum(len(peer.outstanding) for peer in asked)
    text = f"{blocks} blocks are asked of {_count(asked or open_to_us)}, and nothing has come yet"
    return [_say(state, "waiting", text, None, {"peers": len(asked), "blocks": blocks})]


def _choked(state: TorrentState, peers: list[PeerState], now: float) -> Explanation:
    seconds = max(now - max(peer.choked_since, peer.joined_at) for peer in peers)
    who = (
        "the only peer that has what is missing chokes us"
        if len(peers) == 1
        else (f"all {len(peers)} peers that have what is missing choke us")
    )
    text = f"{who}, for {format_duration(seconds)}"
    remedy = "wait: they serve others first; who uploads more is served sooner"
    return _say(state, "choked", text, remedy, {"peers": len(peers), "seconds": round(seconds, 1)})


def _snubbed(state: TorrentState, peers: list[PeerState]) -> Explanation:
    patience = format_duration(state.config.peers.request_timeout_seconds)
    names = ", ".join(str(peer.joined.endpoint) for peer in peers[:NAMED])
    who = (
        "the only peer that we may ask has"
        if len(peers) == 1
        else (f"all {len(peers)} peers that we may ask have")
    )
    text = f"{who} sent nothing for more than {patience} ({names})"
    return _say(state, "snubbed", text, "wait for other peers", {"peers": len(peers)})


def _count(peers: list[PeerState]) -> str:
    return "1 peer" if len(peers) == 1 else f"{len(peers)} peers"


def _say(
    state: TorrentState, cause: str, evidence: str, remedy: str | None, facts: Facts
) -> Explanation:
    return Explanation(
        info_hash=state.info_hash, cause=cause, evidence=evidence, remedy=remedy, facts=facts
    )
