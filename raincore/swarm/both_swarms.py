"""The two swarms of a hybrid, which is one torrent in both (BEP 52, "upgrade path").

Peers know a hybrid by its v1 hash, by its v2 hash, or by both. It is announced and looked for
under either, whoever asks for either is let in, and whoever is dialled is greeted as the
swarm that named it has it. Beyond the handshake a peer is a peer: one picker, one storage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.info_hashes import InfoHashes
from raincore.policy.swarm_choice import Approach
from raincore.swarm.commands import Dial, JoinSwarm

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash
    from raincore.formats.info import Info
    from raincore.swarm.events import DialFailed, PeersFound
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "AS_V2",
    "begin",
    "dial_of",
    "may_redial",
    "named",
    "on_info",
    "other",
    "reopen",
    "swarm_of",
    "upgrade_of",
]

REFUSALS = ("network", "remote_protocol")
"""How a dial ends, by its reason, where somebody was there but did not know the torrent."""

AS_V2 = "goes_on_as_v2"
"""The reason for which a connection ends that `reopen` wants anew."""

REOPENED_MAX = 8


def other(state: TorrentState) -> InfoHash | None:
    """The hash of the second swarm, beside the one by which the torrent goes here."""
    return next((one for one in second(state) if one != state.info_hash), None)


def second(state: TorrentState) -> tuple[InfoHash, ...]:
    """Both hashes of a hybrid; nothing for others."""
    if state.hashes.v2 is None:  # as most torrents have it
        return ()
    swarms = state.hashes.swarms
    return swarms if len(swarms) > 1 else ()


def upgrade_of(state: TorrentState, swarm: InfoHash) -> InfoHash | None:
    """By which hash a conversation that begins in a swarm may go on as v2."""
    swarms = second(state)
    return swarms[1] if swarms and swarm == swarms[0] else None


def begin(state: TorrentState) -> None:
    """Be found under both hashes, if both are known."""
    info_hash = other(state)
    if info_hash is not None:
        state.do(JoinSwarm(info_hash))


def on_info(state: TorrentState, info: Info) -> None:
    """The info dictionary says all hashes that there are."""
    before = other(state)
    state.hashes = InfoHashes(info.info_hash, info.info_hash_v2)
    if before is None:
        begin(state)


# --- dialling ----------------------------------------------------------------------------


def named(state: TorrentState, event: PeersFound) -> None:
    """Addresses became known: remember in which swarm."""
    if state.hashes.is_v2(event.swarm or state.info_hash):
        state.swarm_choice.named_in_v2(event.endpoints)


def dial_of(state: TorrentState, endpoint: Endpoint) -> Dial:
    """How to dial an address."""
    swarms = second(state)
    if not swarms:
        return Dial(endpoint)
    approach = state.swarm_choice.next(endpoint)
    swarm = swarms[approach is Approach.V2]
    return Dial(endpoint, swarm, plain=approach is Approach.PLAIN)


def may_redial(state: TorrentState, event: DialFailed) -> bool:
    """Whether an address is to be dialled at once in the other swarm, after a refusal."""
    return (
        event.reason in REFUSALS
        and bool(second(state))
        and state.swarm_choice.refused(event.endpoint)
    )


def reopen(state: TorrentState) -> None:
    """Have some whom we dialled as v1, not knowing of the other swarm, go on as v2.

    For what only v2 can give; each is dialled again when it has gone.
    """
    if second(state):
        old = [one for one in state.peers.values() if not (one.joined.v2 or one.joined.incoming)]
        for peer in old[:REOPENED_MAX]:
            state.drop(peer, AS_V2)


def swarm_of(state: TorrentState, peer: PeerState) -> InfoHash | None:
    """In which swarm those are whom a peer tells of, as far as it says; None for our own."""
    swarms = second(state)
    return swarms[peer.joined.v2] if swarms else None
