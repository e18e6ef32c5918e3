from raincore.policy import turnover
from raincore.policy.turnover import PeerView

NOW = 10_000.0


def view(key: int, **facts) -> PeerView:
    usual = {
        "pointless": False,
        "suspected": False,
        "moved": 1000,
        "joined_at": 0.0,
        "chokes": False,
        "last_heard": NOW,
    }
    return PeerView(key=key, **{**usual, **facts})


def leaving(*peers: PeerView, places: int | None = None) -> list[int]:
    return turnover.least_useful(peers, places or len(peers), NOW)


def crowd(count: int, first: int = 100) -> list[PeerView]:
    return [view(key) for key in range(first, first + count)]


def test_nobody_leaves_while_there_are_places():
    assert leaving(view(1, pointless=True), *crowd(8), places=11) == []
    assert leaving(view(1, pointless=True), *crowd(8), places=10) == [1]


def test_nobody_leaves_where_there_are_few_places_anyway():
    assert leaving(view(1, pointless=True), *crowd(4)) == []
    assert leaving(view(1, pointless=True), *crowd(5)) == [1]


def test_one_in_twenty_five_leaves():
    assert len(leaving(*crowd(6))) == 1
    assert len(leaving(*crowd(100))) == 4


def test_who_gains_nothing_leaves_first():
    assert leaving(view(1, moved=0), view(2, pointless=True, moved=10**9), *crowd(9)) == [2]


def test_then_who_is_suspected():
    assert leaving(view(1, moved=0), view(2, suspected=True, moved=10**9), *crowd(9)) == [2]


def test_then_who_moved_least_in_its_time():
    late = view(1, moved=600, joined_at=NOW - 100)
    assert leaving(late, view(2, moved=500), *crowd(9)) == [2]


def test_then_who_chokes_us_and_who_is_silent():
    assert leaving(view(1), view(2, chokes=True), *crowd(9)) == [2]
    assert leaving(view(1), view(2, last_heard=NOW - 50), *crowd(9)) == [2]


def test_who_has_just_come_is_given_time():
    assert leaving(*[view(key, joined_at=NOW - 59) for key in range(9)]) == []
