"""Hashes of any layer are given with their proof, as far as that is our content and no abuse."""

import pytest

from raincore.base.bitfield import Bitfield
from raincore.formats import merkle
from raincore.policy import layer_download, leaf_allowance
from raincore.swarm import hash_serving
from raincore.swarm.commands import ReadLeaves, Say
from raincore.swarm.events import ContentChecked, Heard, LeavesRead, PeerKey, PeerLeft, Started
from raincore.wire.messages import Hashes, HashReject, HashRequest
from tests.playbook import Playbook
from tests.sim.v2_content import V2Sample, v2_sample
from tests.swarm.swarm_world import info_of, joined, machine_of, ready_machine
from tests.swarm.test_piece_layers import HEIGHT, SAMPLE, A, B, answer


def serving(made: V2Sample = SAMPLE, lacks: int | None = None) -> Playbook:
    p = Playbook(machine_of(made.info, layers=made.layers))
    have = Bitfield.full(made.info.geometry.piece_count)
    if lacks is not None:
        have.bits[lacks] = False
    for event in (Started(), ContentChecked(have), joined(A)):
        p >> event
        p.skip()
    return p


def said(p: Playbook, request: HashRequest) -> object:
    p >> Heard(A, (request,), 0, 0)
    (command,) = [one for one in p.skip() if isinstance(one, Say)]
    (message,) = command.messages
    return message


@pytest.mark.parametrize("root", SAMPLE.layers)
def test_a_run_is_given_with_its_proof(root: bytes) -> None:
    count = len(SAMPLE.layers[root]) // 32
    width, levels = layer_download.width_of(count), layer_download.proof_levels(count)
    for length in (2, width):
        for index in range(0, count, length):
            request = HashRequest(root, HEIGHT, index, length, levels)
            assert said(serving(), request) == answer(request)


ROOT = next(iter(SAMPLE.layers))  # 21 pieces, so 32 hashes wide


@pytest.mark.parametrize(
    "request_",
    [
        HashRequest(bytes(32), HEIGHT, 0, 2, 0),
        HashRequest(ROOT, 7, 0, 1, 0),
        HashRequest(ROOT, 0, 0, 64, 6),
        HashRequest(ROOT, 0, 0, 1024, 0),
        HashRequest(ROOT, HEIGHT, 0, 0, 0),
        HashRequest(ROOT, HEIGHT, 0, 3, 0),
        HashRequest(ROOT, HEIGHT, 1, 2, 0),
        HashRequest(ROOT, HEIGHT, 0, 64, 0),
        HashRequest(ROOT, HEIGHT, 32, 2, 0),
        HashRequest(ROOT, HEIGHT, 0, 2, 5),
    ],
)
def test_what_there_is_not_is_refused(request_: HashRequest) -> None:
    fields = request_.pieces_root, request_.base_layer, request_.index
    expected = HashReject(*fields, request_.length, request_.proof_layers)
    assert said(serving(), request_) == expected


def test_who_asks_for_everything_again_and_again_is_refused() -> None:
    p = serving()
    request = HashRequest(ROOT, HEIGHT, 0, 32, 4)
    kinds = [type(said(p, request)) for _ in range(8)]
    assert kinds[0] is Hashes
    assert kinds[-1] is HashReject


# --- below the piece layer -------------------------------------------------------------------


def leaves_of(made: V2Sample, pieces: range) -> tuple[bytes, ...]:
    """What the shell reads."""
    geometry = made.info.geometry
    views = [made.content[geometry.offset_of(p) :][: geometry.length_of(p)] for p in pieces]
    return tuple(merkle.leaves(view) for view in views)


def read(p: Playbook, key: PeerKey, *asked: HashRequest) -> list[ReadLeaves]:
    """Which of the requests of one read are to be carried out."""
    p >> Heard(key, asked, 0, 0)
    return [one for one in p.skip() if isinstance(one, ReadLeaves)]


def proven(made: V2Sample, message: Hashes) -> bytes:
    """The root that an answer leads to."""
    own = 32 * message.length
    node = merkle.root(message.hashes[:own], message.base_layer)
    return merkle.climb(node, message.index // message.length, message.hashes[own:])


@pytest.mark.parametrize(
    "request_",
    [
        HashRequest(ROOT, 0, 0, 2, 5),
        HashRequest(ROOT, 0, 40, 2, 5),
        HashRequest(ROOT, 0, 32, 16, 5),
        HashRequest(ROOT, 0, 7, 1, 5),
    ],
)
def test_leaf_hashes_are_read_and_given_with_their_proof(request_: HashRequest) -> None:
    p = serving()
    (command,) = read(p, A, request_)
    p >> LeavesRead(command, leaves_of(SAMPLE, command.pieces))
    (say,) = p.skip()
    assert isinstance(say, Say)
    (message,) = say.messages
    assert isinstance(message, Hashes)
    assert proven(SAMPLE, message) == ROOT


def test_every_layer_between_is_given_too() -> None:
    made = v2_sample(lengths=(21 * 8 * 16384 + 5,), piece_length=8 * 16384)
    (root,) = made.layers
    for base in range(9):
        p = serving(made)
        request = HashRequest(root, base, 0, 2 if base < 8 else 1, max(7 - base, 0))
        if base < 3:
            (command,) = read(p, A, request)
            p >> LeavesRead(command, leaves_of(made, command.pieces))
            (say,) = p.skip()
            assert isinstance(say, Say)
            (message,) = say.messages
        else:
            message = said(p, request)
        assert isinstance(message, Hashes)
        assert proven(made, message) == root, base


def test_a_file_of_one_piece_has_leaves_too() -> None:
    made = v2_sample(lengths=(5, 16384 + 5), piece_length=4 * 16384)
    entry = made.info.files[-1]
    assert entry.pieces_root is not None
    p = serving(made)
    (command,) = read(p, A, HashRequest(entry.pieces_root, 0, 0, 2, 0))
    assert command.pieces == range(1, 2)
    p >> LeavesRead(command, leaves_of(made, command.pieces))
    (say,) = p.skip()
    assert isinstance(say, Say)
    (message,) = say.messages
    assert isinstance(message, Hashes)
    assert proven(made, message) == entry.pieces_root
    assert said(p, HashRequest(entry.pieces_root, 1, 0, 1, 0)) == Hashes(
        entry.pieces_root, 1, 0, 1, 0, entry.pieces_root
    )


LEAF = HashRequest(ROOT, 0, 0, 2, 0)
REFUSAL = HashReject(ROOT, 0, 0, 2, 0)


def test_what_could_not_be_read_is_refused() -> None:
    p = serving()
    (command,) = read(p, A, LEAF)
    p >> LeavesRead(command, None) << Say(A, (REFUSAL,))


def test_who_has_left_gets_no_answer() -> None:
    p = serving()
    (command,) = read(p, A, LEAF)
    p >> PeerLeft(A, "closed") >> LeavesRead(command, None)
    assert p.machine.state.leaf_reads == 0


def test_of_what_we_lack_nothing_is_told() -> None:
    assert said(serving(lacks=0), LEAF) == REFUSAL
    p = Playbook(machine_of(SAMPLE.info, layers=SAMPLE.layers))
    p >> Started()
    p.skip()
    p >> joined(A)
    p.skip()
    assert said(p, LEAF) == REFUSAL  # it is still being checked


def test_one_peer_and_all_of_them_have_few_requests_under_way() -> None:
    p = serving()
    assert len(read(p, A, *[LEAF] * 5)) == hash_serving.READS_OF_PEER
    total = hash_serving.READS_OF_PEER
    for key in range(2, 9):
        p >> joined(PeerKey(key))
        p.skip()
        total += len(read(p, PeerKey(key), *[LEAF] * 5))
    assert total == hash_serving.READS_AT_ONCE


def test_who_asks_for_ever_is_refused_until_time_has_passed() -> None:
    p = serving()
    state = p.machine.state

    def wear_out() -> int:
        done = 0
        while commands := read(p, A, LEAF):
            p >> LeavesRead(commands[0], None)
            p.skip()
            done += 1
        return done

    each = 2 * 16384
    assert wear_out() == leaf_allowance.PEER_BYTES // each
    assert not read(p, A, LEAF)
    p.now += 1.0
    assert wear_out() == leaf_allowance.PEER_RATE // each
    state.peers[A].uploaded += 10 * each
    assert wear_out() == 10
    p >> joined(B)
    p.skip()
    assert read(p, B, LEAF)


def test_many_peers_may_not_have_what_one_may_not() -> None:
    p = serving()
    p.machine.state.leaf_allowance.take(leaf_allowance.TORRENT_BYTES)
    assert said(p, LEAF) == REFUSAL


def test_a_run_of_too_many_pieces_is_refused() -> None:
    piece_length = 64 * 16384
    made = v2_sample(lengths=(16 * piece_length,), piece_length=piece_length)
    (root,) = made.layers
    p = serving(made)
    assert read(p, A, HashRequest(root, 0, 0, 512, 9))
    p = serving(made)
    assert said(p, HashRequest(root, 1, 0, 512, 8)) == HashReject(root, 1, 0, 512, 8)


def test_a_piece_that_is_huge_is_refused() -> None:
    piece_length = 128 << 20
    from raincore.formats import bencoding
    from raincore.formats import info as infos

    root = bytes(range(32))
    value = {
        "file tree": {"n": {"": {"length": piece_length, "pieces root": root}}},
        "meta version": 2,
        "name": "n",
        "piece length": piece_length,
    }
    made = V2Sample(b"", infos.parse(bencoding.encode(value)), {})
    assert said(serving(made), HashRequest(root, 0, 0, 2, 0)) == HashReject(root, 0, 0, 2, 0)


def test_a_v1_torrent_has_none_and_so_has_a_link() -> None:
    for machine in (ready_machine(info_of()), machine_of(magnet=info_of())):
        p = Playbook(machine)
        p >> joined(A)
        p.skip()
        assert said(p, LEAF) == REFUSAL
