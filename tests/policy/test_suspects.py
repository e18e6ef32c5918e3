import pytest

from raincore.policy.suspects import Suspects

A, B, C = 1, 2, 3


def test_who_sent_a_whole_bad_piece_is_convicted_at_once():
    suspects = Suspects()
    assert suspects.failed(7, [A, A, A], [b"x", b"y", b"z"]) == {A}
    assert not suspects.parole(7)


def test_nobody_is_convicted_while_several_may_be_guilty():
    suspects = Suspects()
    assert suspects.failed(7, [A, B, A], [b"x", b"BAD", b"z"]) == set()
    assert suspects.suspects(7) == {A, B}
    assert suspects.parole(7)
    assert suspects.wants_digests(7)


def test_the_good_version_convicts_exactly_the_liar():
    suspects = Suspects()
    suspects.failed(7, [A, B, C], [b"x", b"BAD", b"z"])
    assert suspects.passed(7, [b"x", b"y", b"z"]) == {B}


def test_several_liars_are_convicted_together():
    suspects = Suspects()
    suspects.failed(7, [A, B, C], [b"BAD", b"y", b"z"])
    suspects.failed(7, [C, C, A], [b"x", b"y", b"WRONG"])
    assert suspects.passed(7, [b"x", b"y", b"z"]) == {A}
    suspects.failed(7, [A, B, C], [b"BAD", b"y", b"BAD"])
    assert suspects.passed(7, [b"x", b"y", b"z"]) == {A, C}


def test_two_versions_of_one_block_convict_their_sender():
    suspects = Suspects()
    assert suspects.failed(7, [A, B], [b"x", b"y"]) == set()
    assert suspects.failed(7, [A, C], [b"other", b"y"]) == {A}


def test_the_first_version_of_a_two_faced_peer_is_kept():
    suspects = Suspects()
    suspects.failed(7, [A, B], [b"x", b"y"])
    suspects.failed(7, [A, B], [b"other", b"y"])
    assert suspects.passed(7, [b"other", b"y"]) == {A}


def test_a_settled_case_is_closed():
    suspects = Suspects()
    suspects.failed(7, [A, B], [b"x", b"y"])
    suspects.passed(7, [b"x", b"Y"])
    assert not suspects.wants_digests(7)
    assert not suspects.parole(7)
    assert suspects.suspects(7) == set()
    assert suspects.passed(7, [b"x", b"y"]) == set()


def test_a_piece_that_never_failed_accuses_nobody():
    suspects = Suspects()
    assert not suspects.wants_digests(1)
    assert suspects.passed(1, ()) == set()


def test_a_conviction_on_parole_leaves_the_older_case_open():
    suspects = Suspects()
    suspects.failed(7, [A, B], [b"BAD", b"y"])
    assert suspects.failed(7, [C, C], [b"BAD", b"y"]) == {C}
    assert suspects.parole(7)
    assert suspects.passed(7, [b"x", b"y"]) == {A}


def test_each_piece_has_its_own_case():
    suspects = Suspects()
    suspects.failed(1, [A, B], [b"x", b"y"])
    suspects.failed(2, [B, C], [b"x", b"y"])
    assert suspects.passed(2, [b"X", b"y"]) == {B}
    assert suspects.suspects(1) == {A, B}


def test_memory_is_bounded_and_the_oldest_case_goes_first():
    suspects = Suspects(max_blocks=4)
    suspects.failed(1, [A, B], [b"x", b"y"])
    suspects.failed(2, [A, B], [b"x", b"y"])
    suspects.failed(1, [A, B], [b"x", b"y"])  # nothing new, but seen again
    suspects.failed(3, [A, B], [b"x", b"y"])
    assert [piece for piece in (1, 2, 3) if suspects.wants_digests(piece)] == [1, 3]


def test_the_latest_case_is_kept_even_if_it_is_too_large():
    suspects = Suspects(max_blocks=1)
    suspects.failed(1, [A, B], [b"x", b"y"])
    suspects.failed(2, [A, B, C], [b"x", b"y", b"z"])
    assert not suspects.wants_digests(1)
    assert suspects.wants_digests(2)


def test_every_block_needs_its_digest():
    with pytest.raises(ValueError, match="shorter"):
        Suspects().failed(1, [A, B], [b"x"])
