"""Which peers to leave when there is no room for others that may be of more use.

Of the peers of a full torrent some gain nothing by us, nor we by them, and stay for ever. So
from time to time the least useful few make way: first who wants nothing that we have, nor
has anything that we want; then who is under suspicion; then who moved least in the time that
it had; of those, who does not let us ask, and who has been silent longest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.policy.piece_download import PeerKey

__all__ = ["INTERVAL_SECONDS", "PeerView", "least_useful"]

INTERVAL_SECONDS = 300.0
SHARE = 0.04
"""How many of the places are freed at once; one at least."""

FULL = 0.9
"""Part of the places that are taken in a torrent that counts as full."""

FEW = 5
"""With so few places, or fewer, nobody is made to leave."""

GRACE_SECONDS = 60.0
"""Who has come since then has not had time to be useful."""


class PeerView(NamedTuple):
    """What is seen of a peer."""

    key: PeerKey
    pointless: bool
    """Neither of us wants anything of the other."""
    suspected: bool
    """It may have sent bad data."""
    moved: int
    """Bytes that were of use: that it sent us, or got from us when we want nothing more."""
    joined_at: float
    chokes: bool
    """It does not let us ask, though we would."""
    last_heard: float


def least_useful(peers: Iterable[PeerView], places: int, now: float) -> list[PeerKey]:
    """Choose who leaves, so that others can come; nobody unless the places are taken.

    Args:
        peers: All that take these places.
        places: How many there are.
        now: Monotonic seconds.

    Returns:
        Keys, the least useful first.
    """
    views = list(peers)
    if places <= FEW or len(views) < FULL * places:
        return []
    settled = [peer for peer in views if now - peer.joined_at >= GRACE_SECONDS]
    settled.sort(
        key=lambda peer: (
            not peer.pointless,
            not peer.suspected,
            peer.moved / (now - peer.joined_at),
            not peer.chokes,
            peer.last_heard,
        )
    )
    return [peer.key for peer in settled[: max(1, int(places * SHARE))]]
