from raincore.swarm import trusting
from raincore.swarm.events import PeerKey
from tests.swarm.swarm_world import joined, ready_machine

A, B = PeerKey(1), PeerKey(2)


def state_of(*keys: int):
    machine = ready_machine()
    for key in keys:
        machine.handle(joined(key), 1000.0)
    return machine.state


def test_nobody_is_on_parole_at_first():
    assert not trusting.is_on_parole(state_of(1).peers[A])


def test_one_bad_piece_puts_a_newcomer_on_parole_and_two_good_ones_end_that():
    state = state_of(1)
    peer = state.peers[A]
    trusting.on_bad_piece(state, [A, A, A])
    assert trusting.is_on_parole(peer)
    trusting.on_good_piece(state, [A, A])
    assert trusting.is_on_parole(peer)
    trusting.on_good_piece(state, [A])
    assert not trusting.is_on_parole(peer)


def test_trust_that_was_earned_lasts_for_four_bad_pieces():
    state = state_of(1)
    for _ in range(100):
        trusting.on_good_piece(state, [A])
    for _ in range(4):
        trusting.on_bad_piece(state, [A])
    assert not trusting.is_on_parole(state.peers[A])
    trusting.on_bad_piece(state, [A])
    assert trusting.is_on_parole(state.peers[A])


def test_everybody_who_took_part_is_judged_and_who_has_left_is_not():
    state = state_of(1, 2)
    trusting.on_bad_piece(state, [A, B, 77])
    assert [peer.trust for peer in state.peers.values()] == [-2, -2]


def test_points_ban_nobody():
    state = state_of(1)
    for _ in range(50):
        trusting.on_bad_piece(state, [A])
    assert not state.banned
    assert not state.drops
