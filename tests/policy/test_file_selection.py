import random

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ConfigError
from raincore.formats.byte_range import ByteRange
from raincore.policy.excerpts import Excerpt
from raincore.policy.file_selection import EVERYTHING, Selection, Wanted, choose
from raincore.policy.priorities import Priority
from tests.sim.v2_content import v2_sample
from tests.swarm.swarm_world import PIECE_LENGTH, info_of

SHARED = info_of(files=[("a.jpg", 10), ("b.txt", PIECE_LENGTH), ("c.jpg", PIECE_LENGTH - 20)])
"""Piece 0 is a and most of b, piece 1 is the last 10 bytes of b and c but for its end."""
PADDED = info_of(files=[("a", PIECE_LENGTH - 100), ("b", 2 * PIECE_LENGTH), ("c", 50)], padding=100)
"""a, padding, b, c; pieces: 0, 1 and 2, 3."""


def test_nothing_selected_is_everything() -> None:
    wanted = choose(EVERYTHING, SHARED)
    assert not EVERYTHING
    assert wanted.pieces.all()
    assert wanted.length == SHARED.geometry.total_length
    assert (wanted.unwanted, wanted.numbers) == (frozenset(), ())


def test_all_selected_is_everything_by_number() -> None:
    wanted = choose(Selection(indices=(2, 0, 1)), SHARED)
    assert wanted.pieces.all()
    assert (wanted.unwanted, wanted.numbers) == (frozenset(), (0, 1, 2))


def test_pieces_shared_with_others_are_wanted_and_the_bytes_of_others_are_not() -> None:
    wanted = choose(Selection(indices=(0,)), SHARED)
    assert list(wanted.pieces) == [0]
    assert wanted.length == 10
    assert wanted.unwanted == {1, 2}
    assert wanted.foreign == {0: PIECE_LENGTH - 10}


def test_a_file_between_two_others_leaves_out_both_their_shares() -> None:
    wanted = choose(Selection(indices=(1,)), SHARED)
    assert list(wanted.pieces) == [0, 1]
    assert wanted.length == PIECE_LENGTH
    assert wanted.bytes_in(Bitfield(2, [1])) == 10


def test_only_wanted_pieces_count() -> None:
    wanted = choose(Selection(indices=(2,)), PADDED)
    assert wanted.bytes_in(Bitfield(4, [0, 1, 2])) == 0
    assert wanted.bytes_in(Bitfield(4, [3])) == wanted.length == 50


def test_padding_beside_a_selected_file_is_no_part_of_it() -> None:
    wanted = choose(Selection(indices=(0, 2)), PADDED)
    assert wanted.length == PIECE_LENGTH - 100 + 50
    assert wanted.bytes_in(Bitfield(4, [0])) == PIECE_LENGTH - 100
    assert choose(EVERYTHING, PADDED).length == PADDED.geometry.total_length


def test_the_gaps_of_a_v2_torrent_are_no_part_of_a_selected_file() -> None:
    info = v2_sample(lengths=(40_000, 100, 70_000)).info
    assert choose(Selection(indices=(0, 1)), info).length == 40_100
    assert choose(Selection(indices=(2,)), info).length == 70_000


def test_documents_leave_padding_out_and_links_do_not() -> None:
    assert choose(Selection(indices=(1,)), PADDED).unwanted == {0, 3}
    linked = choose(Selection(linked=(1, 2)), PADDED)
    assert (linked.unwanted, linked.numbers, linked.missing) == ({0, 3}, (1,), ())


@pytest.mark.parametrize(
    ("glob", "numbers"),
    [
        ("*.jpg", (0, 2)),
        ("b.txt", (1,)),
        ("n/b.txt", (1,)),
        ("n/*.jpg", (0, 2)),
        ("?.*", (0, 1, 2)),
    ],
)
def test_globs_match_with_and_without_the_name_of_the_torrent(
    glob: str, numbers: tuple[int, ...]
) -> None:
    assert choose(Selection((glob,)), SHARED).numbers == numbers


def test_globs_and_indices_add_up() -> None:
    assert choose(Selection(("a*",), (2,)), SHARED).numbers == (0, 2)


def test_the_name_of_a_torrent_is_no_reason_to_take_all_its_files() -> None:
    with pytest.raises(ConfigError, match=r"no file to select matches 'n'"):
        choose(Selection(("n",)), SHARED)


def test_the_only_file_is_matched_by_its_name() -> None:
    assert choose(Selection(("n",)), info_of()).numbers == (0,)


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(("*.jpg", "*.png")), r"no file to select matches '\*\.png'"),
        (Selection(("\x1b[2J",)), "no file to select matches '\ufffd"),
        (Selection(indices=(0, 3)), "no such file to select: 3 of 3"),
        (Selection(linked=(7,)), "no such file to select: 7 of 3"),
    ],
)
def test_what_matches_nothing_is_an_error(selection: Selection, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        choose(selection, SHARED)


def test_a_link_may_select_more_than_there_is() -> None:
    wanted = choose(Selection(linked=(0, 7, 9)), SHARED)
    assert (wanted.numbers, wanted.missing) == ((0,), (7, 9))


def test_an_empty_file_needs_no_piece() -> None:
    wanted = choose(Selection(("empty",)), info_of(files=[("a", 9), ("empty", 0), ("b", 9)]))
    assert (wanted.pieces.any(), wanted.length, wanted.unwanted) == (False, 0, {0, 2})


def test_a_torrent_without_content_is_wanted_whole() -> None:
    wanted = Wanted(Bitfield(0), PIECE_LENGTH, 0)
    assert wanted.length == 0


def test_bytes_are_those_that_a_slow_count_finds() -> None:
    rng = random.Random(5)
    for _ in range(200):
        files = [(str(n), rng.choice([0, 1, 5, 8, 9, 40])) for n in range(6)]
        if not any(length for _, length in files):
            continue
        info = info_of(files=files, piece_length=8)
        chosen = tuple(rng.sample(range(6), rng.randint(1, 5)))
        wanted = choose(Selection(indices=chosen), info)
        count = info.geometry.piece_count
        have = Bitfield(count, [piece for piece in range(count) if rng.random() < 0.6])
        spans = [span for piece in have for span in info.geometry.file_spans(piece)]
        assert wanted.bytes_in(have) == sum(
            span.length for span in spans if span.file_index in chosen
        )
        needed = {piece for n in chosen for piece in info.geometry.pieces_of_file(n)}
        assert set(wanted.pieces) == needed


def test_of_an_excerpt_only_the_pieces_of_the_range_are_wanted() -> None:
    excerpt = Excerpt("b", ByteRange(PIECE_LENGTH - 10, PIECE_LENGTH + 9))
    wanted = choose(Selection(excerpt=excerpt), PADDED)
    assert Selection(excerpt=excerpt)
    assert list(wanted.pieces) == [1, 2]
    assert wanted.length == 20
    assert wanted.bytes_in(Bitfield(4, [2])) == 10
    assert (wanted.numbers, wanted.unwanted) == ((1,), {0, 3})


def test_of_an_empty_file_no_piece_is_wanted() -> None:
    info = info_of(files=[("a", 0), ("b", 5)])
    wanted = choose(Selection(excerpt=Excerpt(0)), info)
    assert (wanted.length, list(wanted.pieces), wanted.unwanted) == (0, [], {1})


def test_all_of_the_only_file_is_wanted_as_an_excerpt_too() -> None:
    info = info_of(pieces=2, last_length=5)
    wanted = choose(Selection(excerpt=Excerpt(0)), info)
    assert wanted.length == PIECE_LENGTH + 5
    assert wanted.bytes_in(Bitfield(2, [1])) == 5


def test_a_priority_says_whether_a_file_is_wanted_whatever_is_selected() -> None:
    selection = Selection(indices=(0,))
    priorities = {0: Priority.SKIP, 2: Priority.LOW}
    assert choose(selection, SHARED, priorities).numbers == (2,)
    assert choose(EVERYTHING, SHARED, {0: Priority.SKIP}).numbers == (1, 2)
    assert choose(EVERYTHING, SHARED, {1: Priority.HIGH}).unwanted == frozenset()
    nothing = choose(EVERYTHING, SHARED, dict.fromkeys(range(3), Priority.SKIP))
    assert (nothing.length, nothing.numbers, nothing.pieces.any()) == (0, (), False)


def test_files_are_preferred_by_globs_and_numbers_and_the_last_word_counts() -> None:
    by_glob = (Selection(("*",)), Priority.LOW)
    by_number = (Selection(indices=(0,)), Priority.SKIP)
    wanted = choose(Selection(preferred=(by_glob, by_number)), SHARED)
    assert wanted.numbers == (1, 2)
    assert wanted.priorities == {0: Priority.SKIP, 1: Priority.LOW, 2: Priority.LOW}
    turned = choose(Selection(preferred=(by_number, by_glob)), SHARED)
    assert turned.numbers == (0, 1, 2)
    later = choose(Selection(preferred=(by_glob, by_number)), SHARED, {0: Priority.HIGH})
    assert later.priorities[0] is Priority.HIGH


def test_what_is_preferred_is_wanted_though_it_is_not_selected() -> None:
    preferred = ((Selection(indices=(2,)), Priority.LOW),)
    assert choose(Selection(indices=(0,), preferred=preferred), SHARED).numbers == (0, 2)


def test_preferring_no_file_is_refused() -> None:
    preferred = ((Selection(("*.png",)), Priority.LOW),)
    with pytest.raises(ConfigError, match=r"matches '\*.png'"):
        choose(Selection(preferred=preferred), SHARED)


def test_a_priority_of_no_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such file to select: 3 of 3"):
        choose(EVERYTHING, SHARED, {3: Priority.HIGH})
