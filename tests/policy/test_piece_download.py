import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincore.policy.piece_download import PieceDownload

A, B, C = 1, 2, 3


def test_blocks_are_taken_in_order():
    piece = PieceDownload(7, 4)
    assert piece.take(A, 2) == [0, 1]
    assert piece.take(B, 9) == [2, 3]
    assert piece.take(C, 1) == []
    assert (piece.piece, piece.block_count, piece.free_count) == (7, 4, 0)


def test_nothing_is_taken_when_there_is_no_room():
    piece = PieceDownload(0, 4)
    assert piece.take(A, 0) == []
    assert piece.take(A, -3) == []
    assert piece.free_count == 4


def test_a_run_that_fits_is_preferred_to_scattered_blocks():
    piece = PieceDownload(0, 6)
    piece.take(A, 3)
    piece.release(A, 1)
    assert piece.take(B, 2) == [3, 4]


def test_scattered_blocks_are_taken_when_no_run_fits():
    piece = PieceDownload(0, 5)
    piece.take(A, 5)
    for number in (0, 2, 4):
        piece.release(A, number)
    assert piece.take(B, 2) == [0, 2]
    assert piece.take(B, 2) == [4]


def test_a_piece_on_parole_serves_one_peer_only():
    piece = PieceDownload(0, 2, exclusive=A)
    assert piece.take(B, 2) == []
    assert piece.take(A, 2) == [0, 1]
    assert list(piece.busy_blocks_for(B)) == []
    piece.release_peer(A)
    piece.exclusive = None
    assert piece.take(B, 2) == [0, 1]


def test_released_blocks_are_free_again():
    piece = PieceDownload(0, 3)
    piece.take(A, 2)
    assert piece.release(A, 0)
    assert (piece.free_count, piece.requested_count) == (2, 1)
    assert piece.take(B, 1) == [0]


def test_releasing_what_was_never_asked_changes_nothing():
    piece = PieceDownload(0, 3)
    piece.take(A, 1)
    assert not piece.release(A, 2)
    assert not piece.release(B, 0)
    assert piece.free_count == 2


def test_a_peer_that_leaves_frees_only_what_nobody_else_was_asked_for():
    piece = PieceDownload(0, 4)
    piece.take(A, 3)
    piece.duplicate(B, 1)
    piece.receive(A, 0)
    assert piece.release_peer(A) == [2]
    assert piece.asked_of(B) == [1]
    assert piece.free_count == 2


def test_a_second_requester_can_withdraw():
    piece = PieceDownload(0, 1)
    piece.take(A, 1)
    piece.duplicate(B, 0)
    piece.duplicate(C, 0)
    assert not piece.release(B, 0)
    assert piece.asked_of(A) == piece.asked_of(C) == [0]
    assert piece.asked_of(B) == []
    assert not piece.release(A, 0)
    assert piece.release(C, 0)


def test_the_first_copy_of_a_block_counts_and_the_second_does_not():
    piece = PieceDownload(0, 2)
    piece.take(A, 2)
    assert piece.receive(A, 0)
    assert not piece.receive(B, 0)
    assert piece.has(0)
    assert not piece.has(1)
    assert piece.received_count == 1
    assert piece.senders == (A, -1)
    assert not piece.release(A, 0)


def test_a_block_nobody_was_asked_for_is_welcome():
    piece = PieceDownload(0, 2)
    assert piece.receive(B, 1)
    assert (piece.free_count, piece.requested_count) == (1, 0)
    assert piece.take(A, 2) == [0]


def test_the_piece_is_complete_with_its_last_block():
    piece = PieceDownload(0, 3)
    piece.take(A, 3)
    piece.receive(A, 2)
    piece.receive(B, 0)
    assert not piece.is_complete
    piece.receive(A, 1)
    assert piece.is_complete
    assert piece.senders == (B, A, A)


def test_busy_blocks_are_those_asked_of_others_and_not_received():
    piece = PieceDownload(0, 5)
    piece.take(A, 3)
    piece.take(B, 1)
    piece.receive(A, 0)
    assert list(piece.busy_blocks_for(B)) == [1, 2]
    piece.duplicate(B, 1)
    assert list(piece.busy_blocks_for(B)) == [2]
    assert list(piece.busy_blocks_for(A)) == [3]


def test_a_block_can_be_doubled_only_while_somebody_else_owes_it():
    piece = PieceDownload(0, 2)
    with pytest.raises(AssertionError, match="only a busy block"):
        piece.duplicate(B, 0)
    piece.take(A, 1)
    with pytest.raises(AssertionError, match="asked of this peer already"):
        piece.duplicate(A, 0)


def test_everybody_else_who_was_asked_is_named_for_cancelling():
    piece = PieceDownload(0, 2)
    piece.take(A, 1)
    piece.duplicate(B, 0)
    piece.duplicate(C, 0)
    piece.receive(B, 0)
    assert piece.other_requesters(0, B) == [A, C]
    assert piece.other_requesters(0, A) == [B, C]
    assert piece.other_requesters(1, A) == []


@settings(max_examples=80, derandomize=True)
@given(st.integers(1, 20), st.randoms(use_true_random=False), st.integers(0, 80))
def test_any_history_agrees_with_sets_of_requesters(block_count, rng, steps):
    piece = PieceDownload(0, block_count)
    asked: dict[int, set[int]] = {number: set() for number in range(block_count)}
    sender: dict[int, int] = {}
    for _ in range(steps):
        step(rng, piece, asked, sender)
        free = [n for n in asked if n not in sender and not asked[n]]
        assert piece.free_count == len(free)
        assert piece.received_count == len(sender)
        assert piece.requested_count == block_count - len(free) - len(sender)
        assert piece.is_complete == (len(sender) == block_count)
        assert piece.senders == tuple(sender.get(n, -1) for n in range(block_count))
        for peer in (A, B, C):
            owed = [n for n in asked if n not in sender and peer in asked[n]]
            assert piece.asked_of(peer) == owed
            busy = [n for n in asked if n not in sender and asked[n] and peer not in asked[n]]
            assert list(piece.busy_blocks_for(peer)) == busy


def step(
    rng: random.Random, piece: PieceDownload, asked: dict[int, set[int]], sender: dict[int, int]
) -> None:
    peer, number = rng.choice([A, B, C]), rng.randrange(len(asked))
    match rng.randrange(5):
        case 0:
            limit = rng.randint(0, 6)
            free = [n for n in asked if n not in sender and not asked[n]]
            taken = piece.take(peer, limit)
            assert taken == sorted(taken)
            assert len(taken) == min(limit, len(free))
            assert set(taken) <= set(free)
            for n in taken:
                asked[n].add(peer)
        case 1:
            for n in list(piece.busy_blocks_for(peer))[:2]:
                piece.duplicate(peer, n)
                asked[n].add(peer)
        case 2:
            assert piece.receive(peer, number) == (number not in sender)
            sender.setdefault(number, peer)
            assert set(piece.other_requesters(number, peer)) == asked[number] - {peer}
        case 3:
            freed = piece.release(peer, number)
            assert freed == (number not in sender and asked[number] == {peer})
            if number not in sender:
                asked[number].discard(peer)
        case _:
            alone = [n for n in asked if n not in sender and asked[n] == {peer}]
            assert piece.release_peer(peer) == alone
            for n in asked:
                if n not in sender:
                    asked[n].discard(peer)


def test_a_run_is_received_as_its_blocks_would_be() -> None:
    one, other = PieceDownload(0, 6), PieceDownload(0, 6)
    for download in (one, other):
        download.take(7, 4)
    one.receive_run(7, 1, 5)
    for number in range(1, 5):
        other.receive(7, number)
    assert one.senders == other.senders == (-1, 7, 7, 7, 7, -1)
    counts = [(d.free_count, d.requested_count, d.received_count) for d in (one, other)]
    assert counts == [(1, 1, 4)] * 2


def test_a_run_is_not_received_twice() -> None:
    download = PieceDownload(0, 3)
    download.receive_run(7, 0, 2)
    with pytest.raises(AssertionError):
        download.receive_run(7, 1, 3)


def test_everybody_who_owes_a_block_is_known() -> None:
    download = PieceDownload(0, 4)
    download.take(9, 2)
    download.take(3, 1)
    download.duplicate(5, 0)
    assert download.requesters == [3, 5, 9]
    download.receive(9, 0)
    download.receive(9, 1)
    assert download.requesters == [3]


def test_a_piece_knows_whether_blocks_were_asked_for_twice_and_what_is_missing():
    piece = PieceDownload(0, 3)
    piece.take(A, 2)
    assert (piece.is_shared, piece.missing_count) == (False, 3)
    piece.duplicate(B, 1)
    piece.receive(B, 1)
    assert (piece.is_shared, piece.missing_count) == (True, 2)
