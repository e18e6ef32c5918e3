import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincore.policy.metadata_download import (
    OWN_COPIES_MAX,
    PART_LENGTH,
    MetadataDownload,
)

A, B, C, D, E = range(1, 6)
SIZE = 2 * PART_LENGTH + 100
RAW = random.Random(1).randbytes(SIZE)


def part(index: int, raw: bytes = RAW) -> bytes:
    return raw[index * PART_LENGTH : (index + 1) * PART_LENGTH]


def deliver(download: MetadataDownload, peer: int, raw: bytes = RAW) -> None:
    """Let a peer send all it can be asked for."""
    while (index := download.take(peer)) is not None:
        download.receive(peer, index, part(index, raw))


def failed_together() -> MetadataDownload:
    """A download whose first copy, by A and B, did not match."""
    download = MetadataDownload(SIZE)
    download.receive(B, download.take(B), part(0))
    deliver(download, A)
    assert download.fail() is None
    return download


def test_one_peer_delivers_everything():
    download = MetadataDownload(SIZE)
    assert download.part_count == 3
    deliver(download, A)
    assert download.is_complete
    assert download.assemble() == RAW
    assert download.senders == (A,)


def test_several_peers_are_asked_for_different_parts():
    download = MetadataDownload(SIZE)
    assert [download.take(peer) for peer in (A, B, A)] == [0, 1, 2]
    assert [download.outstanding(peer) for peer in (A, B, C)] == [2, 1, 0]
    for index, peer in enumerate((A, B, A)):
        assert download.receive(peer, index, part(index))
    assert download.assemble() == RAW
    assert download.senders == (A, B)


def test_nothing_is_asked_once_all_is_there():
    download = MetadataDownload(SIZE)
    deliver(download, A)
    assert download.take(B) is None


def test_an_idle_peer_doubles_the_part_that_fewest_were_asked_for():
    download = MetadataDownload(SIZE)
    assert [download.take(A) for _ in range(3)] == [0, 1, 2]
    assert download.take(A) is None
    assert download.take(B) == 0
    assert download.take(B) is None
    assert download.take(C) == 1


def test_a_peer_is_never_asked_twice_for_a_part():
    download = MetadataDownload(1)
    assert download.take(A) == 0
    download.take(B)
    download.release(B)
    assert download.take(A) is None


def test_an_idle_peer_whose_request_all_others_share_gets_nothing_more():
    download = MetadataDownload(PART_LENGTH + 1)
    download.receive(A, download.take(A), part(0))
    assert download.take(B) == 1
    assert download.take(A) == 1
    assert not download.receive(A, 0, part(0))


def test_the_second_copy_of_a_part_is_not_kept():
    download = MetadataDownload(1)
    download.take(A)
    download.take(B)
    assert download.receive(B, 0, b"x")
    assert not download.receive(A, 0, b"y")
    assert download.assemble() == b"x"
    assert not download.is_engaged


def test_parts_nobody_asked_for_are_not_kept():
    download = MetadataDownload(SIZE)
    assert not download.receive(A, 0, part(0))
    download.take(A)
    for index in (-1, 1, 99):
        assert not download.receive(A, index, part(1))
    assert download.best_length == 0


@pytest.mark.parametrize("length", [0, 99, 101, PART_LENGTH])
def test_a_wrong_length_ends_our_trust_in_the_peer(length):
    download = MetadataDownload(SIZE)
    assert [download.take(A) for _ in range(3)] == [0, 1, 2]
    assert not download.receive(A, 2, bytes(length))
    assert download.outstanding(A) == 0
    assert download.take(A) is None
    assert [download.take(B) for _ in range(3)] == [0, 1, 2]


def test_a_peer_that_rejects_is_not_asked_again():
    download = MetadataDownload(SIZE)
    assert download.take(A) == 0
    download.reject(A, 0)
    assert download.take(A) is None
    assert download.take(B) == 0


def test_rejecting_what_was_not_asked_means_nothing():
    download = MetadataDownload(SIZE)
    download.reject(A, 0)
    assert download.take(A) == 0
    download.reject(A, 1)
    assert download.outstanding(A) == 1


def test_what_a_departed_peer_owed_is_asked_of_others():
    download = MetadataDownload(SIZE)
    download.take(A)
    download.take(A)
    download.receive(A, 0, part(0))
    assert download.is_engaged
    download.peer_left(A)
    assert not download.is_engaged
    deliver(download, B)
    assert download.senders == (A, B)


def test_a_part_doubled_elsewhere_is_not_free_when_one_of_the_two_leaves():
    download = MetadataDownload(PART_LENGTH + 1)
    assert [download.take(A), download.take(A)] == [0, 1]
    assert download.take(B) == 0
    download.peer_left(A)
    assert download.take(C) == 1
    assert download.take(C) is None


def test_a_sole_sender_of_bad_metadata_is_the_liar():
    download = MetadataDownload(SIZE)
    deliver(download, A, bytes(SIZE))
    assert download.fail() == A
    assert not download.is_complete
    assert download.senders == ()
    assert download.take(A) is None
    deliver(download, B)
    assert download.assemble() == RAW


def test_what_others_owed_to_a_failed_copy_is_void():
    download = MetadataDownload(1)
    download.take(A)
    download.take(B)
    download.receive(A, 0, b"!")
    assert download.fail() == A
    assert not download.receive(B, 0, b"x")
    assert download.take(B) == 0
    assert download.receive(B, 0, b"x")


def test_after_a_common_failure_each_peer_delivers_a_copy_of_its_own():
    download = failed_together()
    assert [download.take(A), download.take(B), download.take(A)] == [0, 0, 1]
    assert download.receive(A, 0, part(0))
    assert download.receive(B, 0, bytes(PART_LENGTH))
    deliver(download, B, bytes(SIZE))
    assert download.senders == (B,)
    assert download.fail() == B
    download.receive(A, 1, part(1))
    deliver(download, A)
    assert download.assemble() == RAW


def test_copies_of_their_own_are_bounded_until_somebody_leaves():
    download = failed_together()
    for peer in range(OWN_COPIES_MAX):
        assert download.take(peer) == 0
    assert download.take(99) is None
    download.peer_left(2)
    assert download.take(99) == 0


def test_a_slow_peer_makes_room_for_another_copy():
    download = failed_together()
    for peer in range(OWN_COPIES_MAX):
        download.take(peer)
    download.release(0)
    assert download.take(99) == 0


def test_nothing_can_be_assembled_or_failed_before_it_is_whole():
    download = MetadataDownload(SIZE)
    with pytest.raises(AssertionError, match="not complete"):
        download.assemble()
    with pytest.raises(AssertionError, match="not complete"):
        download.fail()


@settings(max_examples=60, derandomize=True)
@given(st.integers(0, 1 << 32), st.integers(1, 6), st.integers(0, 100))
def test_honest_peers_win_whatever_one_liar_and_the_network_do(seed, part_count, steps):
    rng = random.Random(seed)
    raw = rng.randbytes((part_count - 1) * PART_LENGTH + rng.randint(1, PART_LENGTH))
    download = MetadataDownload(len(raw))
    owed: dict[int, list[int]] = {peer: [] for peer in range(6)}
    for _ in range(steps):
        peer = rng.randrange(6)
        match rng.randrange(6):
            case 0 | 1 if (index := download.take(peer)) is not None:
                owed[peer].append(index)
            case 2 | 3 if owed[peer]:
                index = owed[peer].pop()
                data = part(index, raw)
                download.receive(peer, index, bytes(len(data)) if peer == 0 else data)
            case 4 if rng.random() < 0.3:
                download.peer_left(peer)
                owed[peer].clear()
            case _ if owed[peer] and rng.random() < 0.1:
                download.reject(peer, owed[peer].pop())
        if download.is_complete and download.assemble() != raw:
            assert download.fail() in {0, None}
    for peer in range(6):
        download.peer_left(peer)
    deliver(download, 10, raw)
    if download.assemble() != raw:
        assert download.fail() is None
        deliver(download, 11, raw)
    assert download.assemble() == raw


# -- sizes that peers claim --------------------------------------------------------------------


def test_the_best_copy_is_that_of_which_most_has_come() -> None:
    download = MetadataDownload(2 * PART_LENGTH + 5)
    assert download.best_length == 0
    for part in range(3):
        assert download.take(A) == part
    download.receive(A, 2, b"12345")
    assert download.best_length == PART_LENGTH
    download.receive(A, 0, bytes(PART_LENGTH))
    download.receive(A, 1, bytes(PART_LENGTH))
    assert download.best_length == 2 * PART_LENGTH + 5
