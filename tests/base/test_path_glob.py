import pytest

from raincore.base.path_glob import path_matches


@pytest.mark.parametrize("pattern", ["a/b/c.txt", "*.txt", "b", "a/*", "a*t", "?", "c.[t]xt"])
def test_a_pattern_matches_a_path_or_a_component(pattern: str) -> None:
    assert path_matches(("a", "b", "c.txt"), pattern)


@pytest.mark.parametrize("pattern", ["c", "b/c", "*.TXT", "b/c.txt", "/a", ""])
def test_a_pattern_with_a_slash_is_for_the_whole_path(pattern: str) -> None:
    assert not path_matches(("a", "b", "c.txt"), pattern)
