"""Torrents are drawn as in libtorrent's picker tests: one character per piece.

availability   how many peers have it, as a digit
have           "*" if we have it
partial        anything but a space if it is started
wanted         " " if no selected file needs it; everything else, or None, is wanted
"""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincore.base.bitfield import Bitfield
from raincore.policy.piece_picker import RANDOM_FIRST_PIECES, PiecePicker


def drawn(text: str) -> Bitfield:
    return Bitfield(len(text), [i for i, mark in enumerate(text) if mark != " "])


def remaining(new: PiecePicker) -> int:
    """Pieces wanted and not done, started ones included."""
    return sum(map(new.needs, range(len(new.open_pieces))))


def picker(
    availability: str, have: str = "", partial: str = "", wanted: str | None = None, seed: int = 1
) -> PiecePicker:
    """A picker past its random start, unless fewer than four pieces are had."""
    count = len(availability)
    new = PiecePicker(count, random.Random(seed))
    for level in range(1, 10):
        has = Bitfield(count, [i for i, digit in enumerate(availability) if int(digit) >= level])
        if has.any():
            new.peer_joined(has)
    for piece in drawn(have.ljust(count)):
        new.done(piece)
    for piece in drawn(partial.ljust(count)):
        new.start(piece)
    if wanted is not None:
        new.set_wanted(drawn(wanted))
    return new


def past_random_start(availability: str, **marks: str) -> PiecePicker:
    """The same with four more pieces at the end, which we have and everybody has."""
    marks["have"] = marks.get("have", "").ljust(len(availability)) + "****"
    return picker(availability + "9999", **marks)


def all_picks(picker: PiecePicker, has: str, *, reverse: bool = False) -> str:
    """The pieces that are ever picked, drawn."""
    field = drawn(has)
    picks = {picker.pick(field, reverse=reverse) for _ in range(200)}
    return "".join("^" if i in picks else " " for i in range(len(has))).rstrip()


# -- picking -------------------------------------------------------------------------------


def test_the_rarest_pieces_are_picked():
    assert all_picks(past_random_start("2131"), "********") == " ^ ^"


def test_only_pieces_the_peer_has_are_picked():
    assert all_picks(past_random_start("1123"), "  **    ") == "  ^"


def test_pieces_we_have_are_not_picked():
    assert all_picks(past_random_start("1123", have="*"), "********") == " ^"


def test_started_pieces_are_not_picked():
    assert all_picks(past_random_start("1123", have="*", partial=" 2"), "********") == "  ^"


def test_unwanted_pieces_are_not_picked():
    assert all_picks(past_random_start("1123", wanted=" * *****"), "********") == " ^"


def test_a_peer_without_open_pieces_gets_nothing():
    assert past_random_start("11", have="*").pick(drawn("*     ")) is None


def test_the_first_pieces_are_picked_at_random():
    assert all_picks(picker("1239"), "****") == "^^^^"
    assert all_picks(picker("12391", have="   **"), "*****") == "^^^"


def test_rarest_first_begins_when_four_pieces_are_done():
    few, enough = "*" * (RANDOM_FIRST_PIECES - 1), "*" * RANDOM_FIRST_PIECES
    assert all_picks(picker("111112", have=few), "******") == "   ^^^"
    assert all_picks(picker("111112", have=enough), "******") == "    ^"


def test_reverse_picks_the_most_common_from_the_start():
    assert all_picks(picker("1232"), "****", reverse=True) == "  ^"
    assert all_picks(picker("1232"), "** *", reverse=True) == " ^ ^"


def test_ties_are_broken_evenly():
    new = past_random_start("1111")
    counts = Counter(new.pick(Bitfield.full(8)) for _ in range(4000))
    assert sorted(counts) == [0, 1, 2, 3]
    assert min(counts.values()) > 900


def test_picking_replays_with_the_same_dice():
    full = Bitfield.full(9)
    first, again = picker("111111111", seed=5), picker("111111111", seed=5)
    assert [first.pick(full) for _ in range(20)] == [again.pick(full) for _ in range(20)]


def test_picking_changes_nothing():
    new = picker("12")
    new.pick(Bitfield.full(2))
    assert new.unstarted == 2


def test_a_torrent_without_pieces_has_nothing_to_pick():
    new = PiecePicker(0, random.Random(1))
    new.peer_joined(Bitfield(0))
    assert new.pick(Bitfield(0)) is None
    assert not new.interesting(Bitfield(0))
    new.peer_left(Bitfield(0))
    assert (remaining(new), new.unstarted) == (0, 0)


# -- the life of a piece -------------------------------------------------------------------


def test_started_pieces_remain_but_are_not_unstarted():
    new = picker("1111", have="*", partial=" 1")
    assert (remaining(new), new.unstarted, new.done_count) == (3, 2, 1)


def test_a_released_piece_is_open_again():
    new = picker("1", partial="1")
    new.release(0)
    assert new.pick(Bitfield.full(1)) == 0


def test_a_done_piece_is_never_open_again():
    new = picker("1", partial="1")
    new.done(0)
    new.done(0)
    new.release(0)
    assert new.pick(Bitfield.full(1)) is None
    assert (remaining(new), new.done_count) == (0, 1)


def test_a_lost_piece_is_open_again():
    new = picker("1", have="*")
    new.lost(0)
    assert (remaining(new), new.unstarted, new.done_count) == (1, 1, 0)


def test_losing_what_we_never_had_changes_nothing():
    new = picker("1", partial="1")
    new.lost(0)
    assert (remaining(new), new.unstarted, new.done_count) == (1, 0, 0)


def test_unwanted_pieces_neither_remain_nor_interest():
    new = picker("111", wanted="*  ")
    assert remaining(new) == 1
    assert new.needs(0)
    assert not new.needs(1)
    assert not new.interesting(drawn(" **"))


def test_an_unwanted_piece_stays_out_when_released_and_comes_back_when_wanted():
    new = picker("11", partial=" 1", wanted="* ")
    new.release(1)
    assert new.unstarted == 1
    new.set_wanted(Bitfield.full(2))
    assert new.unstarted == 2


def test_the_selection_is_copied():
    selection = Bitfield.full(2)
    new = picker("11")
    new.set_wanted(selection)
    selection.discard(0)
    new.lost(0)
    assert remaining(new) == 2


def test_started_pieces_interest_but_done_ones_do_not():
    new = picker("111", have="*", partial=" 1")
    assert not new.interesting(drawn("*  "))
    assert new.interesting(drawn("** "))


# -- availability --------------------------------------------------------------------------


def levels(picker: PiecePicker, count: int) -> str:
    return "".join(str(picker.availability(piece)) for piece in range(count))


def test_seeds_count_for_every_piece():
    new = picker("012")
    new.peer_joined(Bitfield.full(3))
    assert levels(new, 3) == "123"


def test_a_have_message_counts_one_piece():
    new = picker("0123")
    for piece in (0, 1, 2, 3, 3):
        new.peer_has(piece)
    assert levels(new, 4) == "1235"


def test_a_piece_that_a_peer_has_lost_counts_one_less():
    new = picker("0123")
    new.peer_lost(3)
    assert levels(new, 4) == "0122"
    seed = Bitfield.full(4)
    new.peer_joined(seed)
    new.peer_lost(0)
    seed.discard(0)
    assert levels(new, 4) == "0233"
    new.peer_left(seed)
    assert levels(new, 4) == "0122"


def test_a_loss_may_have_been_taken_from_what_another_peer_has():
    new = picker("0000")
    seed, other = Bitfield.full(4), Bitfield(4, (1, 3))
    new.peer_joined(seed)
    new.peer_joined(other)
    new.peer_lost(3)
    assert levels(new, 4) == "1211"
    new.peer_left(other)
    assert levels(new, 4) == "1110"
    seed.discard(3)
    new.peer_left(seed)
    assert levels(new, 4) == "0000"


def test_everything_a_peer_had_leaves_with_it():
    new = picker("0123")
    has = drawn(" ***")
    new.peer_joined(has)
    has.add(0)
    new.peer_has(0)
    new.peer_left(has)
    assert levels(new, 4) == "0123"


def test_a_peer_that_became_a_seed_leaves_nothing_behind():
    new = picker("00")
    grown = drawn("* ")
    new.peer_joined(grown)
    new.peer_joined(Bitfield.full(2))
    grown.add(1)
    new.peer_has(1)
    new.peer_left(grown)
    assert levels(new, 2) == "11"
    new.peer_left(Bitfield.full(2))
    assert levels(new, 2) == "00"


def test_a_peer_that_was_never_counted_cannot_leave():
    with pytest.raises(AssertionError, match="had not joined"):
        picker("10").peer_left(drawn("**"))


# -- against the naive picker ----------------------------------------------------------------


class NaivePicker:
    """The same rules as one loop over counted pieces."""

    def __init__(self, count: int) -> None:
        self.peers: list[set[int]] = []
        self.count = count
        self.wanted = set(range(count))
        self.started: set[int] = set()
        self.done: set[int] = set()
        self.ranks: list[set[int]] = []
        self.held: set[int] = set()

    def availability(self, piece: int) -> int:
        return sum(piece in peer for peer in self.peers)

    def choices(self, has: set[int], *, reverse: bool) -> set[int]:
        pieces = (self.wanted & has) - self.done - self.started - self.held
        pieces = next((pieces & rank for rank in self.ranks if pieces & rank), pieces)
        if not pieces or (not reverse and len(self.done) < RANDOM_FIRST_PIECES):
            return pieces
        best = (max if reverse else min)(self.availability(piece) for piece in pieces)
        return {piece for piece in pieces if self.availability(piece) == best}


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.integers(1, 40), st.randoms(use_true_random=False), st.integers(0, 60))
def test_any_history_picks_what_the_naive_picker_allows(count, rng, steps):
    new, naive = PiecePicker(count, rng), NaivePicker(count)
    for _ in range(steps):
        step(rng, new, naive)
        check(rng, new, naive)


def step(rng: random.Random, new: PiecePicker, naive: NaivePicker) -> None:
    piece = rng.randrange(naive.count)
    match rng.randrange(12):
        case 0 | 1:
            has = set(rng.sample(range(naive.count), rng.randint(0, naive.count)))
            naive.peers.append(has)
            new.peer_joined(Bitfield(naive.count, has))
        case 2:
            naive.peers.append(set(range(naive.count)))
            new.peer_joined(Bitfield.full(naive.count))
        case 3 if naive.peers:
            has = naive.peers.pop(rng.randrange(len(naive.peers)))
            new.peer_left(Bitfield(naive.count, has))
        case 4 if naive.peers:
            has = rng.choice(naive.peers)
            for piece in set(range(naive.count)) - has:  # grows into a seed
                has.add(piece)
                new.peer_has(piece)
        case 5 if piece not in naive.done | naive.started:
            naive.started.add(piece)
            new.start(piece)
        case 6 if piece in naive.started:
            naive.started.discard(piece)
            new.release(piece)
        case 7:
            naive.started.discard(piece)
            naive.done.add(piece)
            new.done(piece)
        case 8 if piece in naive.done:
            naive.done.discard(piece)
            new.lost(piece)
        case 9 if holders := [peer for peer in naive.peers if piece in peer]:
            rng.choice(holders).discard(piece)
            new.peer_lost(piece)
        case 10:
            naive.ranks = [
                set(rng.sample(range(naive.count), rng.randint(0, naive.count)))
                for _ in range(rng.randint(0, 3))
            ]
            new.ranks = tuple(Bitfield(naive.count, rank) for rank in naive.ranks)
        case 11:
            naive.held = set(rng.sample(range(naive.count), rng.randint(0, naive.count)))
            new.held = Bitfield(naive.count, naive.held) if naive.held else None
        case _:
            naive.wanted = set(rng.sample(range(naive.count), rng.randint(0, naive.count)))
            new.set_wanted(Bitfield(naive.count, naive.wanted))


def check(rng: random.Random, new: PiecePicker, naive: NaivePicker) -> None:
    for piece in range(naive.count):
        assert new.availability(piece) == naive.availability(piece)
    needed = naive.wanted - naive.done
    assert remaining(new) == len(needed)
    assert new.unstarted == len(needed - naive.started)
    assert set(new.unheld_pieces) == needed - naive.started - naive.held
    for has in (naive.peers or [set()])[-3:]:
        field = Bitfield(naive.count, has)
        assert new.interesting(field) == bool(needed & has)
        for reverse in (False, True):
            choices = naive.choices(has, reverse=reverse)
            picked = new.pick(field, reverse=reverse)
            assert picked in choices if choices else picked is None


def test_open_pieces_are_wanted_missing_and_not_started() -> None:
    new = PiecePicker(4, random.Random(1))
    new.start(1)
    new.done(2)
    assert list(new.open_pieces) == [0, 3]


def test_in_order_the_first_open_piece_comes_next_however_common() -> None:
    new = PiecePicker(5, random.Random(1), sequential=True)
    everything = Bitfield.full(5)
    new.peer_joined(everything)
    new.peer_joined(drawn("xx   "))
    new.done(0)
    new.start(1)
    assert new.pick(everything) == 2
    assert new.pick(drawn("   xx")) == 3
    assert new.pick(drawn("xx   ")) is None
    new.release(1)
    assert new.pick(everything) == 1


def test_it_is_finished_when_no_wanted_piece_is_left() -> None:
    new = PiecePicker(2, random.Random(1))
    new.set_wanted(drawn(" x"))
    new.start(1)
    assert not new.finished
    new.done(1)
    assert new.finished
    new.lost(1)
    assert not new.finished
    assert PiecePicker(0, random.Random(1)).finished


def test_snubbed_peers_are_asked_for_common_pieces_also_where_order_matters() -> None:
    new = PiecePicker(3, random.Random(1), sequential=True)
    everything = Bitfield.full(3)
    new.peer_joined(everything)
    new.peer_joined(drawn("  x"))
    assert new.pick(everything, reverse=True) == 2


def test_pieces_of_a_higher_rank_come_first_however_common() -> None:
    new = past_random_start("3213")
    new.ranks = (drawn("*       "), drawn("**      "))
    assert all_picks(new, "********") == "^"
    assert all_picks(new, " *******") == " ^"
    assert all_picks(new, "  ******") == "  ^"


def test_held_pieces_are_open_but_never_picked() -> None:
    new = picker("1111")
    new.held = drawn("** *")
    assert new.unstarted == 4
    assert all_picks(new, "****") == "  ^"
    new.held = Bitfield.full(4)
    assert new.pick(Bitfield.full(4)) is None
    new.held = None
    assert new.pick(drawn("*   ")) == 0


# -- what a seed suggests --------------------------------------------------------------------


def suggested(picker: PiecePicker, pieces: str) -> str:
    """The pieces that are ever picked of these, drawn."""
    picks = {picker.pick_of(drawn(pieces)) for _ in range(200)}
    return "".join("^" if i in picks else " " for i in range(len(pieces))).rstrip()


def test_of_suggested_pieces_those_are_picked_that_nobody_but_seeds_has():
    assert suggested(picker("00120"), "*** *") == "^^  ^"


def test_seeds_do_not_count_when_a_suggested_piece_is_picked():
    new = picker("00")
    new.peer_joined(Bitfield.full(2))
    assert suggested(new, " *") == " ^"


def test_suggested_pieces_that_are_had_or_begun_or_common_are_not_picked():
    assert picker("0012", have="*", partial=" *").pick_of(drawn("****")) is None


def test_suggested_pieces_that_are_held_are_not_picked():
    new = picker("00")
    new.held = drawn("* ")
    assert suggested(new, "**") == " ^"


def test_who_has_an_order_in_mind_takes_no_suggestions():
    ranked, ordered = picker("00"), picker("00")
    ranked.ranks = (drawn("* "),)
    ordered.sequential = True
    assert ranked.pick_of(drawn("**")) is None
    assert ordered.pick_of(drawn("**")) is None
