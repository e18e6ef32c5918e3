"""Local files that fit together in pieces that several files share."""

import hashlib
from itertools import product
from pathlib import Path
from random import Random

import pytest

from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage import own_pieces, shared_pieces, size_index
from raincore.storage.shared_pieces import Candidates, SharedPieces, choose
from raincore.storage.size_index import LocalFile
from tests.storage.verifying import PIECE, make

HALF = PIECE // 2


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()


def test_the_choice_is_what_trying_all_says(seed: int) -> None:
    dice = Random(seed)
    for _ in range(50):
        slots = [
            [dice.randbytes(2) for _ in range(dice.randint(1, 3))]
            for _ in range(dice.randint(1, 5))
        ]
        for wanted in product(*slots):
            chosen = choose(slots, sha1(b"".join(wanted)), 3**5)
            assert chosen is not None
            assert [slot[n] for slot, n in zip(slots, chosen, strict=True)] == list(wanted)
        assert choose(slots, sha1(b"none of them"), 3**5) is None


def test_no_more_choices_are_tried_than_allowed() -> None:
    slots = [[b"a", b"b"], [b"c", b"d"]]
    assert choose(slots, sha1(b"bd"), 4) == [1, 1]
    assert choose(slots, sha1(b"bd"), 3) is None


def test_a_piece_of_very_many_files_is_no_matter_of_depth() -> None:
    slots = [[b"%d" % number] for number in range(5000)]
    assert choose(slots, sha1(b"".join(slot[0] for slot in slots)), 1) == [0] * 5000


class Case:
    """A torrent of three files a, b, c: b begins and ends in pieces that it shares."""

    def __init__(self, root: Path) -> None:
        dice = Random(1)
        self.root = root
        self.content = {name: dice.randbytes(PIECE) for name in "bc"}
        self.content["a"] = dice.randbytes(HALF)
        for name, data in self.content.items():
            self.write(f"t/{name}", data)
        self.torrent: Metainfo = make(root / "t", MetaVersion.V1)
        self.candidates: dict[int, Candidates] = {}
        for index, name in enumerate("abc"):
            self.offer(index, [f"t/{name}"])

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def variant(self, file: str, *offsets: int) -> str:
        """A file that is another at some bytes."""
        data = bytearray(self.content[file])
        for offset in offsets:
            data[offset] ^= 1
        self.write(f"other/{file}{offsets[0]}", bytes(data))
        return f"other/{file}{offsets[0]}"

    def offer(self, index: int, names: list[str]) -> None:
        self.candidates[index] = Candidates(iter([self.local(name) for name in names]))

    def local(self, name: str) -> LocalFile:
        found = size_index.look_at(str(self.root / name))
        assert found is not None
        return found

    def settle(self) -> SharedPieces:
        info = self.torrent.info
        self.errors: dict = {}
        sharers = own_pieces.sharers(info.geometry, ())
        assert sharers == {0: [0, 1], 1: [1, 2]}
        shared = SharedPieces(info, frozenset(), sharers, self.candidates, self.errors)
        shared.settle(lambda: False)
        return shared

    def found(self) -> list[list[str]]:
        return [
            [str(Path(local.path).relative_to(self.root)) for local in one.found]
            for one in self.candidates.values()
        ]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_files_that_fit_together_are_proven(case: Case) -> None:
    shared = case.settle()
    assert (shared.proven, shared.refuted) == ({0, 1}, set())


def test_a_candidate_that_differs_in_the_other_piece_does_not_win(case: Case) -> None:
    """Its first half is the file's; only the second shared piece tells."""
    case.offer(1, [case.variant("b", PIECE - 1), case.variant("b", 0), "t/b"])
    shared = case.settle()
    assert shared.proven == {0, 1}
    assert case.found() == [["t/a"], ["t/b"], ["t/c"]]


def test_what_the_second_piece_proves_decides_the_first(case: Case) -> None:
    """The first piece has too many choices until the second has narrowed them."""
    case.offer(0, [*(case.variant("a", offset) for offset in range(80)), "t/a"])
    case.offer(1, [*(case.variant("b", offset, PIECE - 1 - offset) for offset in range(80)), "t/b"])
    shared = case.settle()
    assert shared.proven == {0, 1}
    assert case.found() == [["t/a"], ["t/b"], ["t/c"]]


def test_a_piece_is_refuted_when_all_choices_are_tried(case: Case) -> None:
    case.offer(0, [case.variant("a", 0), case.variant("a", 1)])
    shared = case.settle()
    assert (shared.proven, shared.refuted) == ({1}, {0})
    assert case.found() == [["other/a0", "other/a1"], ["t/b"], ["t/c"]]


def test_a_piece_is_neither_when_some_choices_are_not_tried(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_pieces, "MOST_COMBINATIONS", 2)
    case.offer(0, [case.variant("a", offset) for offset in range(3)])
    shared = case.settle()
    assert (shared.proven, shared.refuted) == ({1}, set())


def test_the_first_choice_is_tried_even_when_enough_was_hashed(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_pieces, "MOST_HASHED", 0)
    assert case.settle().proven == {0, 1}


def test_without_a_file_its_pieces_stay_open(case: Case) -> None:
    case.offer(0, [])
    shared = case.settle()
    assert (shared.proven, shared.refuted) == ({1}, set())


def test_a_file_that_vanished_is_named_and_hurts_nobody_else(case: Case) -> None:
    case.offer(0, ["t/a"])
    (case.root / "t" / "a").unlink()
    assert case.settle().proven == {1}
    assert list(case.errors) == [str(case.root / "t" / "a")]


def test_a_file_that_became_shorter_fits_nowhere(case: Case) -> None:
    case.offer(2, ["t/c"])
    case.write("t/c", b"short")
    assert case.settle().proven == {0}


def test_twins_count_as_one(case: Case) -> None:
    case.write("other/twin", case.content["b"])
    case.offer(1, ["other/twin", "t/b"])
    case.settle()
    assert case.found()[1] == ["other/twin"]


def test_a_stop_leaves_the_rest_undone(case: Case) -> None:
    info = case.torrent.info
    sharers = own_pieces.sharers(info.geometry, ())
    shared = SharedPieces(info, frozenset(), sharers, case.candidates, {})
    shared.settle(lambda: True)
    assert not shared.proven
