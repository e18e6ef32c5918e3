from raincore.policy.metadata_attempts import ATTEMPTS_MAX, LENGTHS_MAX, MetadataAttempts
from raincore.policy.metadata_download import PART_LENGTH, MetadataDownload

SIZE = 2 * PART_LENGTH + 100
PEER = 7


def begun(attempts: MetadataAttempts, size: int, peer: int = PEER) -> MetadataDownload:
    """Somebody owes a part of it."""
    attempt = attempts.attempt(size)
    assert attempt is not None
    assert attempt.take(peer) is not None
    return attempt


def test_each_claimed_size_is_one_attempt() -> None:
    attempts = MetadataAttempts(SIZE)
    assert attempts.known(SIZE) is None
    first = attempts.attempt(SIZE)
    assert first is not None
    assert first.size == SIZE
    assert attempts.attempt(SIZE) is attempts.known(SIZE) is first
    assert attempts.attempt(SIZE - 1) is not first


def test_impossible_sizes_are_not_believed() -> None:
    attempts = MetadataAttempts(SIZE)
    assert attempts.attempt(0) is None
    assert attempts.attempt(-5) is None
    assert attempts.attempt(SIZE + 1) is None


def test_looking_for_an_attempt_begins_none_and_ends_none() -> None:
    attempts = MetadataAttempts(SIZE)
    for size in range(1, ATTEMPTS_MAX + 1):
        begun(attempts, size)
    assert attempts.known(SIZE) is None
    assert all(attempts.known(size) is not None for size in range(1, ATTEMPTS_MAX + 1))


def test_an_attempt_that_nobody_works_on_makes_room() -> None:
    attempts = MetadataAttempts(100 * SIZE)
    for size in range(1, ATTEMPTS_MAX + 1):
        begun(attempts, size, peer=size)
    attempts.peer_left(2)
    assert attempts.attempt(SIZE) is not None
    assert attempts.known(2) is None
    assert attempts.known(1) is not None


def test_attempts_that_are_being_delivered_stay_for_a_larger_one() -> None:
    attempts = MetadataAttempts(100 * SIZE)
    for size in range(1, ATTEMPTS_MAX + 1):
        begun(attempts, size)
    assert attempts.attempt(SIZE) is None


def test_a_small_claim_displaces_the_largest() -> None:
    attempts = MetadataAttempts(100 * SIZE)
    for size in range(1, ATTEMPTS_MAX + 1):
        begun(attempts, SIZE + size)
    assert attempts.attempt(SIZE) is not None
    assert attempts.known(SIZE + ATTEMPTS_MAX) is None
    assert attempts.known(SIZE + 1) is not None


def test_all_claims_together_are_bounded() -> None:
    attempts = MetadataAttempts(SIZE)
    for size in range(LENGTHS_MAX):
        begun(attempts, SIZE - LENGTHS_MAX + size + 1)
    small = begun(attempts, SIZE // 2)
    assert attempts.known(SIZE) is None, "the largest made room"
    assert attempts.known(SIZE // 2) is small
    assert attempts.attempt(SIZE) is None


def test_progress_is_that_of_the_attempt_of_which_most_has_come() -> None:
    attempts = MetadataAttempts(10 * SIZE)
    assert attempts.progress == (0, 0)
    begun(attempts, SIZE + 1)
    assert attempts.progress == (0, SIZE + 1)
    begun(attempts, SIZE).receive(PEER, 0, bytes(PART_LENGTH))
    assert attempts.progress == (PART_LENGTH, SIZE)
