"""Counters, and the snapshot records made from them."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

from raincore.documents import events as records
from raincore.swarm import metadata_report, tracker_state

if TYPE_CHECKING:
    from collections.abc import Collection

    from raincore.base.bitfield import Bitfield
    from raincore.base.geometry import Geometry
    from raincore.base.ids import InfoHash
    from raincore.policy.file_selection import Wanted
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "bytes_done",
    "bytes_of",
    "checked",
    "has_shared_enough",
    "is_moving",
    "progress",
    "ratio",
    "why_alone",
    "why_stalled",
]

WEBSEEDS_NAMED = 3


def bytes_done(state: TorrentState) -> int:
    """Bytes of verified content, padding included."""
    if state.have is None or state.geometry is None:
        return 0
    return bytes_of(state.geometry, state.have)


def bytes_of(geometry: Geometry, have: Bitfield) -> int:
    """Bytes in these pieces, padding included."""
    done, last = have.count() * geometry.piece_length, geometry.piece_count - 1
    if last >= 0 and have[last]:
        done += geometry.length_of(last) - geometry.piece_length
    return done


def ratio(state: TorrentState) -> float:
    """Bytes uploaded per byte of wanted content."""
    total = state.wanted.length if state.wanted is not None else 0
    return state.counters.uploaded / total if total else 0.0


def has_shared_enough(state: TorrentState) -> bool:
    """Whether the upload ratio that was asked for is reached.

    Where nothing is wanted but empty files, nobody ever asks us for anything.
    """
    if state.limits.seed_ratio == math.inf:
        return False
    empty = state.wanted is not None and not state.wanted.length
    return empty or ratio(state) >= state.limits.seed_ratio


def is_moving(state: TorrentState, now: float) -> bool:
    """Whether content went to or came from anybody within the last seconds."""
    return any(
        peer.download.per_second(now) > 0 or peer.upload.per_second(now) > 0
        for peer in state.peers.values()
    ) or any(source.download.per_second(now) > 0 for source in state.web.sources.values())


def progress(state: TorrentState, now: float) -> records.Progress:
    """Where the torrent stands, for bars and pipes."""
    peers = state.peers.values()
    down = sum(peer.download.per_second(now) for peer in peers)
    down += sum(source.download.per_second(now) for source in state.web.sources.values())
    have, wanted = state.have, state.wanted
    done = wanted.bytes_in(have) if wanted is not None and have is not None else 0
    total = wanted.length if wanted is not None else 0
    eta = math.ceil((total - done) / down) if total and down > 0 else None
    return records.Progress(
        info_hash=state.info_hash,
        pieces_have=have.common(wanted.pieces) if wanted is not None and have is not None else 0,
        pieces_total=wanted.pieces.count() if wanted is not None else 0,
        bytes_done=done,
        bytes_total=total,
        down_rate=round(down),
        up_rate=round(sum(peer.upload.per_second(now) for peer in peers)),
        peers=len(state.peers),
        eta=eta,
    )


def checked(info_hash: InfoHash, found: Bitfield, wanted: Wanted) -> records.Progress:
    """How far a check is that has found some pieces good."""
    return records.Progress(
        info_hash=info_hash,
        pieces_have=found.common(wanted.pieces),
        pieces_total=wanted.pieces.count(),
        bytes_done=wanted.bytes_in(found),
        bytes_total=wanted.length,
        down_rate=0,
        up_rate=0,
        peers=0,
    )


def why_stalled(state: TorrentState) -> str:
    """The best short reason for standing still, for the message that ends the torrent."""
    if state.info is None:
        return "; ".join([metadata_report.why(state), *_sources(state)])
    if state.layer_download is not None:
        last = f" ({state.last_failure})" if state.last_failure else ""
        return "; ".join([f"nobody has given all piece hashes{last}", *_sources(state)])
    peers = state.peers.values()
    if not peers and state.dialling and not state.last_failure:
        return f"no answer yet from {', '.join(map(str, islice(state.dialling, 3)))}"
    if not peers:
        heard = "; ".join(_sources(state))
        return (state.last_failure or "no peer is known") + (f" ({heard})" if heard else "")
    if not any(peer.we_interested for peer in peers):
        several = "none of {} peers has a piece that is missing"
        why = _of(peers, "has no piece that is missing", several)
    elif all(peer.they_choke for peer in peers if peer.we_interested):
        why = _of(peers, "chokes us", "all of {} peers choke us")
    else:
        why = _of(peers, "sends nothing", "{} peers are connected but send nothing")
    return why


def why_alone(state: TorrentState) -> str:
    """Why there is nobody to ask and nobody who could know of others."""
    reasons = []
    if state.info is None:
        reasons.append(metadata_report.why(state))
    elif state.last_failure:
        reasons.append(f"no peer could be reached: {state.last_failure}")
    if state.silent_trackers:
        silent = [state.trackers[url] for url in state.silent_trackers]
        reasons.append(f"no tracker answered: {tracker_state.summary(silent)}")
    return "; ".join([*reasons, *_dht(state), *_webseeds(state)]) or "no peer is known"


def _sources(state: TorrentState) -> list[str]:
    """What came of looking for peers, and of web seeds."""
    said = tracker_state.summary(state.trackers.values())
    return [*([f"trackers: {said}"] if said else []), *_dht(state), *_webseeds(state)]


def _dht(state: TorrentState) -> list[str]:
    """What came of searching the DHT, if it was searched."""
    return [state.dht.said] if state.dht is not None and state.dht.begun else []


def _webseeds(state: TorrentState) -> list[str]:
    """What came of web seeds, the first few of them; nothing came before they could be asked."""
    if state.info is None:
        return []
    told = [f"web seed {one.place}: {one.said}" for one in state.web.sources.values()]
    more = len(told) - WEBSEEDS_NAMED
    return [*told[:WEBSEEDS_NAMED], f"{more} more"] if more > 0 else told


def _of(peers: Collection[PeerState], only: str, several: str) -> str:
    return f"the only peer {only}" if len(peers) == 1 else several.format(len(peers))
