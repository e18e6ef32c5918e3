"""How far a check is, is told by itself, and not too often."""

from raincore.base.bitfield import Bitfield
from raincore.engine.check_watch import PROGRESS_SECONDS, CheckWatch
from tests.engine.desk import ManualOffload


class Check:
    """A check of eight pieces, of which the test says when it goes on."""

    def __init__(self, *, good=(), wanted=range(8)) -> None:
        self.now = 0.0
        self.told: list[list[int]] = []
        offload = ManualOffload()
        good, wanted = Bitfield(8, good), Bitfield(8, wanted)
        self.watch = CheckWatch(offload, good, wanted, self.tell, lambda: self.now)

    def tell(self, found: Bitfield) -> None:
        self.told.append(list(found))

    def at(self, now: float, piece: int, *, is_good: bool = True) -> None:
        self.now = now
        self.watch.count(piece, is_good)


def test_one_that_is_soon_over_tells_nothing():
    check = Check()
    for piece in range(8):
        check.at(PROGRESS_SECONDS * 0.9, piece)
    assert check.told == []


def test_one_that_goes_on_tells_all_it_has_found_again_and_again():
    check = Check(good=[7])
    for piece in range(6):
        check.at(PROGRESS_SECONDS * piece / 2, piece)
    assert check.told == [[0, 1, 2, 7], [0, 1, 2, 3, 4, 7]]


def test_what_is_bad_or_not_wanted_is_no_progress():
    check = Check(wanted=[0, 1])
    check.at(1, 0, is_good=False)
    check.at(2, 5)
    assert check.told == []
    check.at(3, 1)
    check.at(4, 6)
    assert check.told == [[1, 5]]


def test_what_was_told_stays_as_it_was():
    found = []
    check = Check()
    check.watch._tell = found.append
    check.at(1, 0)
    check.at(1, 1)
    assert list(found[0]) == [0]
