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


def test_a_directory_that_cannot_be_listed_is_reported_and_the_others_are_used(tmp_path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    given = common()
    finder = matching.finder((str(tmp_path / "nowhere"), str(tmp_path)), None, given)
    assert finder is not None
    assert given.outcome.code == 5
    assert len(finder.index.of_size(3)) == 1
