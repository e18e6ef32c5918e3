"""Local files found for torrents and put into place."""

import os
from pathlib import Path

import pytest

from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage.layout import Layout
from raintools._kit import exits, output
from raintools._kit.finder import MOST_WARNINGS, Finder, Shown
from raintools._kit.options import Common
from tests import stdout_lines
from tests.storage.verifying import PIECE, make, write

LENGTHS = {"a": 2 * PIECE + 7, "b": 2 * PIECE + 9}
as_a_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


class Place:
    """A torrent, its files in `heap` under other names, and a finder."""

    def __init__(self, root: Path, version: MetaVersion, capsysbinary) -> None:
        self.root, self.capture = root, capsysbinary
        write(root / "t", LENGTHS)
        self.torrent: Metainfo = make(root / "t", version)
        (root / "t").rename(root / "heap")
        (root / "heap" / "a").rename(root / "heap" / "x")
        (root / "heap" / "b").rename(root / "heap" / "y")
        self.outcome = exits.Outcome("try")

    def finder(self, *directories: str, apply: str | None = None) -> Finder:
        common = Common(output.Writer(as_json=True), self.outcome, quiet=False, verbose=0)
        return Finder([str(self.root / name) for name in directories], apply, common)

    def show(self, finder: Finder, new: str = "new") -> tuple[Shown, list[dict]]:
        layout = Layout.of(self.torrent.info, self.root / new)
        found = finder.find(self.torrent, layout, 1, lambda done: None, lambda: False)
        shown = finder.show(self.torrent, *found)
        return shown, stdout_lines.documents(self.capture.readouterr().out.decode())


@pytest.fixture
def place(tmp_path, capsysbinary) -> Place:
    return Place(tmp_path, MetaVersion.V1, capsysbinary)


def test_a_plan_changes_nothing(place) -> None:
    shown, matches = place.show(place.finder("heap"))
    assert shown == Shown("", is_complete=False)
    assert [match["source"] for match in matches] == [str(place.root / "heap" / n) for n in "xy"]
    assert not (place.root / "new").exists()


@pytest.mark.parametrize("how", ["hardlink", "symlink", "copy"])
def test_what_is_put_into_place_is_in_place_when_looked_at_again(place, how) -> None:
    shown, matches = place.show(place.finder("heap", apply=how))
    assert shown == Shown("", is_complete=True)
    assert [match["applied"] for match in matches] == [how, how]
    shown, matches = place.show(place.finder("heap", apply=how))
    assert shown == Shown("", is_complete=True)
    assert [match["status"] for match in matches] == ["in_place", "in_place"]
    assert not any("applied" in match for match in matches)


@pytest.mark.parametrize("how", ["hardlink", "symlink", "copy"])
def test_one_run_may_put_a_file_to_several_places(place, how) -> None:
    finder = place.finder("heap", apply=how)
    for new in ("one", "two"):
        shown, _ = place.show(finder, new)
        assert shown == Shown("", is_complete=True)
    assert place.outcome.code == 0


def test_what_was_put_into_place_for_one_torrent_is_in_place_for_the_next(place) -> None:
    finder = place.finder("heap", apply="copy")
    layout = Layout.of(place.torrent.info, place.root / "new")
    first = finder.find(place.torrent, layout, 1, lambda done: None, lambda: False)
    shown: list[Shown] = []

    def stop() -> bool:
        """What the next search asks while the first torrent waits to be shown."""
        if not shown:
            shown.append(finder.show(place.torrent, *first))
        return False

    _, second = finder.find(place.torrent, layout, 1, lambda done: None, stop)
    assert shown == [Shown("", is_complete=True)]
    assert [match.status for match in second] == ["in_place", "in_place"]


def test_what_is_only_likely_is_complete_for_nobody_and_not_linked(place) -> None:
    (place.root / "heap" / "y").unlink()
    shown, matches = place.show(place.finder("heap", apply="hardlink"))
    assert shown.complaint == "1 of 2 files was not found, 1 of 2 files was not put into place"
    assert [match["status"] for match in matches] == ["likely", "missing"]
    assert not (place.root / "new").exists()
    shown, matches = place.show(place.finder("heap", apply="copy"))
    assert (matches[0]["applied"], shown.is_complete) == ("copy", False)
    shown, matches = place.show(place.finder("heap", apply="copy"))
    assert "applied" not in matches[0]
    assert shown.complaint == "1 of 2 files was not found"


def test_what_is_not_proven_is_told_from_what_is_not_found(place) -> None:
    data = bytearray((place.root / "heap" / "x").read_bytes())
    data[-1] ^= 1  # only in the piece that it shares
    (place.root / "heap" / "x").write_bytes(data)
    shown, matches = place.show(place.finder("heap", apply="copy"))
    assert shown.complaint == "2 of 2 files were not proven"
    assert "does not fit into the piece that it shares with b" in matches[0]["reason"]
    assert not (place.root / "new").exists()


def test_a_file_that_vanishes_in_between_is_an_error_and_the_rest_goes_on(place) -> None:
    finder = place.finder("heap", apply="copy")
    layout = Layout.of(place.torrent.info, place.root / "new")
    found = finder.find(place.torrent, layout, 1, lambda done: None, lambda: False)
    (place.root / "heap" / "x").unlink()
    shown = finder.show(place.torrent, *found)
    assert shown.complaint == "1 of 2 files was not put into place"
    assert place.outcome.code == 5
    assert os.listdir(place.root / "new" / "t") == ["b"]


def test_a_directory_that_is_named_and_cannot_be_listed_is_an_error(place) -> None:
    finder = place.finder("nowhere", "heap")
    assert place.outcome.code == 5
    assert place.show(finder)[0].complaint == ""


def test_a_file_that_cannot_be_read_is_warned_of_once(place) -> None:
    finder = place.finder("heap")
    (place.root / "heap" / "x").unlink()
    (place.root / "heap" / "x").mkdir()
    layout = Layout.of(place.torrent.info, place.root / "new")
    for count in (1, 0):
        found = finder.find(place.torrent, layout, 1, lambda done: None, lambda: False)
        finder.show(place.torrent, *found)
        assert place.capture.readouterr().err.decode().count("warning: cannot read") == count
    assert place.outcome.code == 0


def test_many_warnings_are_cut_short(place) -> None:
    place.finder("heap").warn([f"text {number}" for number in range(MOST_WARNINGS + 3)])
    lines = place.capture.readouterr().err.decode().splitlines()
    assert len(lines) == MOST_WARNINGS + 1
    assert lines[-1] == "try: warning: so it is with 3 more"


@as_a_user
def test_a_directory_below_that_cannot_be_listed_is_a_warning(place) -> None:
    (place.root / "heap" / "locked").mkdir(mode=0)
    finder = place.finder("heap")
    assert b"warning: cannot list: permission denied" in place.capture.readouterr().err
    assert place.outcome.code == 0
    assert place.show(finder)[0].complaint == ""
