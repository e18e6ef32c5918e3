import pytest

from raincore.base.path_glob import content_matches, path_matches


@pytest.mark.parametrize("pattern", ["a/b/c.txt", "*.txt", "b", "a/*", "a*t", "?", "c.[t]xt"])
def test_a_pattern_matches_a_path_or_a_component(pattern: str) -> None:
    assert path_matches(("a", "b", "c.txt"), pattern)


@pytest.mark.parametrize("pattern", ["c", "b/c", "*.TXT", "b/c.txt", "/a", ""])
def test_a_pattern_with_a_slash_is_for_the_whole_path(pattern: str) -> None:
    assert not path_matches(("a", "b", "c.txt"), pattern)


@pytest.mark.parametrize("pattern", ["a/b.txt", "b.txt", "n/a/b.txt", "n/*", "a", "*"])
def test_the_name_of_a_torrent_may_be_left_out(pattern: str) -> None:
    assert content_matches(("n", "a", "b.txt"), pattern)


@pytest.mark.parametrize("pattern", ["n", "n/b.txt", "b"])
def test_the_name_of_a_torrent_is_no_component(pattern: str) -> None:
    assert not content_matches(("n", "a", "b.txt"), pattern)


def test_a_file_that_is_all_of_a_torrent_is_called_by_its_name() -> None:
    assert content_matches(("a.iso",), "a.*")
