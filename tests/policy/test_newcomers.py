from raincore.policy.choker import ChokeView
from raincore.policy.newcomers import between_rounds


def view(key: int, *, unchoked=False, newcomer=False, fed=False, down=0.0) -> ChokeView:
    return ChokeView(
        key=key,
        unchoked=unchoked,
        snubbed=False,
        owes=False,
        download_rate=down,
        upload_rate=0.0,
        unchoked_since=0.0,
        uploaded_since_unchoke=0,
        waiting_since=0.0,
        newcomer=newcomer,
        fed=fed,
    )


def changes(peers: list[ChokeView], slots: int = 4, *, is_given=False, seeding=True):
    found = between_rounds(peers, slots, is_given=is_given, seeding=seeding)
    return found.kept, [peer.key for peer in found.waiting], found.room


def crowd(*held: ChokeView) -> list[ChokeView]:
    return [*held, *(view(key, newcomer=True) for key in range(10, 20))]


def test_among_peers_that_have_pieces_all_slots_are_in_use_and_nobody_loses_one():
    fed, others = view(1, unchoked=True, fed=True), [view(key) for key in range(10, 14)]
    assert changes([fed, *others]) == ([1], [10, 11, 12, 13], 3)


def test_a_single_newcomer_is_one_of_many():
    peers = [view(1, unchoked=True, fed=True), view(2), view(3, newcomer=True), view(4)]
    assert changes(peers, slots=1) == ([1], [2, 3, 4], 0)


def test_a_crowd_is_served_through_half_as_many_slots_but_two():
    assert changes(crowd(), slots=8)[2] == 4
    assert changes(crowd(), slots=4)[2] == 2
    assert changes(crowd(), slots=3)[2] == 2
    assert changes(crowd(), slots=1)[2] == 1


def test_a_number_that_was_given_holds_for_a_crowd_too():
    assert changes(crowd(), slots=4, is_given=True)[2] == 4


def test_who_has_had_a_piece_makes_way_for_who_has_none():
    fed, other = view(1, unchoked=True, fed=True), view(2, unchoked=True, newcomer=True)
    kept, waiting, room = changes(crowd(fed, other))
    assert (kept, room) == ([2], 1)
    assert waiting == list(range(10, 20))


def test_newcomers_come_before_others_that_wait():
    assert changes([*crowd(), view(1)])[1] == list(range(10, 20))


def test_no_more_make_way_than_newcomers_wait():
    held = [view(key, unchoked=True, fed=True) for key in (1, 2)]
    assert changes([*held, view(3, newcomer=True)], slots=2) == ([1, 2], [3], 0)
    young = [view(3, newcomer=True), view(4, newcomer=True, unchoked=True)]
    assert changes([*held, *young], slots=3) == ([2, 4], [3], 0)
    assert changes([*held, *young], slots=3, is_given=True) == ([2, 4], [3], 1)


def test_when_no_newcomer_waits_others_may_have_a_slot():
    peers = [view(1, unchoked=True, newcomer=True), view(2)]
    assert changes(peers) == ([1], [2], 1)


def test_who_gives_us_something_makes_way_for_nobody_while_we_want_pieces():
    giver = view(1, unchoked=True, fed=True, down=1000.0)
    assert changes(crowd(giver), seeding=False)[0] == [1]
    assert changes(crowd(giver), seeding=True)[0] == []


def test_nobody_is_no_crowd():
    assert changes([]) == ([], [], 4)
