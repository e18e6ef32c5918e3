import click
import pytest

from raintools._kit import exits, matching, output
from raintools._kit.options import Common


def common() -> Common:
    return Common(output.Writer(as_json=True), exits.Outcome("try"), quiet=True, verbose=0)


def test_nothing_is_looked_for_unless_asked() -> None:
    assert matching.finder((), None, common()) is None


def test_apply_alone_is_wrong_usage() -> None:
    with pytest.raises(click.UsageError, match="needs --match DIR"):
        matching.finder((), "copy", common())


def test_directories_are_listed_once_when_they_are_given(tmp_path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    finder = matching.finder((str(tmp_path),), "copy", common())
    assert finder is not None
    assert finder.apply == "copy"
    assert len(finder.index.of_size(3)) == 1
