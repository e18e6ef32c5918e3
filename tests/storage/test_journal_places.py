import pytest

from raincore.storage.journal_places import Places


def test_lines_are_kept_by_kind() -> None:
    places = Places(3)
    added = [(b"files", b"0 [1]"), (b"files", b"1 [2]"), (b"good", b"[[0,4]]"), (b"new", b"?")]
    assert [places.add(*line, at) for at, line in enumerate(added, 10)] == [0, 0, 0, 0]
    assert (list(places.files), list(places.good)) == ([10, 11], [12])


def test_new_stamps_make_older_lines_stale() -> None:
    places = Places(0)
    places.add(b"files", b"0 [1]", 10)
    places.add(b"good", b"[[0,4]]", 20)
    assert places.add(b"files", b"0 [2]", 30) == len(b"0 [1]") + len(b"[[0,4]]")
    assert (list(places.files), list(places.good)) == ([30], [])
    assert places.add(b"files", b"0 [3]", 40) == len(b"0 [2]")


def test_the_last_leaves_of_a_piece_count() -> None:
    places = Places(0)
    assert places.add(b"leaves", b"2 AAAA", 10) == 0
    assert places.add(b"leaves", b"0 AAAA", 20) == 0
    assert places.add(b"leaves", b"2 BBBB", 30) == len(b"2 BBBB")
    assert list(places.leaves) == [20, 0, 30]


@pytest.mark.parametrize("rest", [b"", b"x AAAA", b"-1 AAAA", b"2097152 AAAA"])
def test_leaves_of_no_piece_are_refused(rest: bytes) -> None:
    with pytest.raises(ValueError, match=r"invalid literal|^-1$|^2097152$"):
        Places(0).add(b"leaves", rest, 10)
