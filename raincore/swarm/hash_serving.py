"""Giving the hashes of v2 files to peers: any layer, with the proof up to the root (BEP 52).

The piece layer and what is above it are at hand. Below it hashes are made from content that
we have verified, read and hashed beside the event loop, for one request at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle, merkle_run
from raincore.formats.merkle_run import Run
from raincore.policy import layer_download, piece_tree
from raincore.swarm.events import PeerKey
from raincore.swarm.leaf_events import ReadLeaves
from raincore.wire.messages import Hashes, HashReject, HashRequest

if TYPE_CHECKING:
    from raincore.formats.info import Info
    from raincore.policy.piece_tree import FileTree
    from raincore.swarm.leaf_events import LeavesRead
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["on_leaves_read", "on_request"]

RUN_MAX = 512
COPIES_MAX = 3
"""How often one peer may fetch all hashes of the piece layers before it is refused."""

READ_BYTES = 8 << 20
"""Content that one request may have us read, unless a single piece is more."""
READ_BYTES_MAX = 64 << 20

READS_OF_PEER = 2
READS_AT_ONCE = 8
"""Requests that may wait for the disk."""


def on_request(state: TorrentState, peer: PeerState, message: HashRequest, now: float) -> None:
    """Give a run of hashes with its proof, have it read, or refuse."""
    tree = tree_of(state, message.pieces_root)
    if tree is None or not fits(tree, message):
        refuse(state, peer, message)
    elif message.base_layer >= tree.piece_height:
        give_known(state, peer, message, tree)
    else:
        read(state, peer, message, tree, now)


def tree_of(state: TorrentState, pieces_root: bytes) -> FileTree | None:
    """The file of a request; its piece layer is known."""
    if state.info is None:
        return None
    if state.file_trees is None:
        state.file_trees = piece_tree.file_trees(state.info)
    tree = state.file_trees.get(pieces_root)
    return tree if tree is not None and layer_of(state, tree) else None


def layer_of(state: TorrentState, tree: FileTree) -> bytes:
    """The piece layer of a file; one piece is the root itself."""
    if tree.height == tree.piece_height:
        return tree.pieces_root
    return state.layers.get(tree.pieces_root, b"")


def fits(tree: FileTree, message: HashRequest) -> bool:
    """Whether a request is for what there is, as BEP 52 wants it put."""
    base, length = message.base_layer, message.length
    if base > tree.height or not 0 < length <= min(RUN_MAX, 1 << (tree.height - base)):
        return False
    return (
        not length & (length - 1)
        and not message.index % length
        and message.index < tree.count_at(base)
        and message.proof_layers <= max(tree.height - base - 1, 0)
    )


def give_known(state: TorrentState, peer: PeerState, message: HashRequest, tree: FileTree) -> None:
    """Give hashes of the piece layer or above."""
    assert state.info is not None
    if peer.hashes_served >= COPIES_MAX * total_hashes(state, state.info):
        refuse(state, peer, message)
        return
    peer.hashes_served += message.length
    give(state, peer, message, tree, ())


def total_hashes(state: TorrentState, info: Info) -> int:
    """Hashes in all piece layers, filled up; what fetching each once takes."""
    size = merkle.HASH_LENGTH
    layers = sum(layer_download.width_of(len(layer) // size) for layer in state.layers.values())
    return layers + len(info.files)


def read(
    state: TorrentState, peer: PeerState, message: HashRequest, tree: FileTree, now: float
) -> None:
    """Have the content read whose hashes are asked for, if it is ours and not too much."""
    assert state.info is not None
    last = tree.first_piece + tree.count_at(tree.piece_height)
    within = merkle_run.pieces_of(run_of(message), tree.piece_height)
    pieces = range(tree.first_piece + within.start, min(tree.first_piece + within.stop, last))
    length = len(pieces) * min(state.info.piece_length, tree.leaf_count * BLOCK_LENGTH)
    if (
        length > READ_BYTES_MAX
        or (len(pieces) > 1 and length > READ_BYTES)
        or state.have is None
        or not all(state.have[piece] for piece in pieces)
        or peer.leaf_reads >= READS_OF_PEER
        or state.leaf_reads >= READS_AT_ONCE
    ):
        refuse(state, peer, message)
        return
    peer.leaf_allowance.credit(peer.uploaded)
    if not (
        peer.leaf_allowance.may_take(length, now) and state.leaf_allowance.may_take(length, now)
    ):
        refuse(state, peer, message)
        return
    peer.leaf_allowance.take(length)
    state.leaf_allowance.take(length)
    peer.leaf_reads += 1
    state.leaf_reads += 1
    state.do(ReadLeaves(peer.key, message, pieces))


def on_leaves_read(state: TorrentState, event: LeavesRead) -> None:
    """Answer, if the peer is still there."""
    state.leaf_reads -= 1
    peer = state.peers.get(PeerKey(event.asked.peer))
    if peer is None:
        return
    peer.leaf_reads -= 1
    message = event.asked.request
    tree = tree_of(state, message.pieces_root)
    if event.leaves is None or tree is None:
        refuse(state, peer, message)
    else:
        give(state, peer, message, tree, event.leaves)


def give(
    state: TorrentState,
    peer: PeerState,
    message: HashRequest,
    tree: FileTree,
    leaves: tuple[bytes, ...],
) -> None:
    """Say the hashes."""
    layer = layer_of(state, tree)
    hashes = merkle_run.answer(run_of(message), layer, tree.piece_height, leaves)
    state.say(peer, Hashes(*fields(message), hashes))


def refuse(state: TorrentState, peer: PeerState, message: HashRequest) -> None:
    """Say no."""
    state.say(peer, HashReject(*fields(message)))


def fields(message: HashRequest) -> tuple[bytes, int, int, int, int]:
    """What an answer repeats."""
    return (
        message.pieces_root,
        message.base_layer,
        message.index,
        message.length,
        message.proof_layers,
    )


def run_of(message: HashRequest) -> Run:
    """What is asked for, within its file."""
    return Run(message.base_layer, message.index, message.length, message.proof_layers)
