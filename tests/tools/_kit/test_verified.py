from pathlib import Path

import pytest

from raincore.base.bitfield import Bitfield
from raincore.formats.info import MetaVersion
from raincore.storage.content_state import FileState
from raincore.storage.verification import Verification, VerifiedFile
from raintools._kit import output, verified
from tests.storage.verifying import LENGTHS, make, write

THERE = FileState(exists=True, size=0, is_right_kind=True, stamp=None)


def verification(
    good: list[int], missing: list[int], files: tuple[VerifiedFile, ...] = ()
) -> Verification:
    return Verification(Bitfield(10, good), Bitfield(10, missing), files)


@pytest.mark.parametrize(
    ("good", "missing", "text"),
    [
        (range(9), [], "1 of 10 pieces is bad"),
        (range(8), [9], "1 of 10 pieces is bad, 1 of 10 pieces is missing"),
        ([], range(10), "10 of 10 pieces are missing"),
        ([], [], "10 of 10 pieces are bad"),
    ],
)
def test_a_complaint_counts_pieces(good: list[int], missing: list[int], text: str) -> None:
    assert verified.complaint(verification(list(good), list(missing))) == text


def test_without_bad_pieces_the_files_are_what_is_wrong() -> None:
    files = tuple(VerifiedFile(n, ok=bool(n), bytes_ok=0, state=THERE) for n in range(2))
    assert verified.complaint(verification(list(range(10)), [], files)) == "1 of 2 files is wrong"


def test_long_lists_of_bad_pieces_are_cut(tmp_path: Path) -> None:
    write(tmp_path / "t", LENGTHS)
    info = make(tmp_path / "t", MetaVersion.V1).info
    found = Verification(Bitfield(100, range(0, 100, 2)), Bitfield(100), ())
    lines = list(
        verified.lines(
            info,
            found,
            output.Writer(as_json=False, color="never"),
            verbose=False,
        )
    )
    assert lines[1] == "  bad pieces: " + ", ".join(str(n) for n in range(1, 20, 2)) + ", …"


def test_a_file_of_another_kind_is_said_to_be(tmp_path: Path) -> None:
    write(tmp_path / "t", {"a": 10, "b": 10})
    info = make(tmp_path / "t", MetaVersion.V1).info
    wrong = FileState(exists=True, size=0, is_right_kind=False, stamp=None)
    files = (VerifiedFile(0, ok=False, bytes_ok=0, state=wrong),)
    facts = verified.facts(info, verification([], [], files))
    assert facts["files"][0]["wrong_kind"] is True
    out = output.Writer(as_json=False, color="never")
    lines = list(verified.lines(info, verification([], [], files), out, verbose=False))
    assert "  wrong kind  t/a" in lines


def test_a_file_that_is_too_long_is_said_to_be_whatever_its_pieces_are(tmp_path: Path) -> None:
    """A piece that it shares with a bad neighbour is no fault of its own."""
    write(tmp_path / "t", {"a": 10, "b": 10})
    info = make(tmp_path / "t", MetaVersion.V1).info
    longer = FileState(exists=True, size=12, is_right_kind=True, stamp=None)
    files = (VerifiedFile(0, ok=False, bytes_ok=5, state=longer),)
    out = output.Writer(as_json=False, color="never")
    lines = list(verified.lines(info, verification([], [], files), out, verbose=False))
    assert "  too long    t/a" in lines


def test_what_is_nowhere_may_be_somewhere_else() -> None:
    gone = FileState(exists=False, size=0, is_right_kind=False, stamp=None)
    found = verification([], list(range(10)), (VerifiedFile(0, False, 0, gone),))
    assert verified.reason("/srv/t", found).endswith("the content itself with --content: /srv/t")
    here = verification([], [], (VerifiedFile(0, False, 0, THERE),))
    assert verified.reason("/srv/t", here) == verified.complaint(here)
