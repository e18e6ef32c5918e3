import pytest

from raincore.base.errors import ConfigError
from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.formats.byte_range import ByteRange
from raincore.policy.excerpts import Excerpt, Place, locate
from tests.swarm.swarm_world import info_of

FILES = info_of(files=[("a", 10), ("b.jpg", 20), ("[b].jpg", 30), ("empty", 0), ("c", 5)])
PADDED = info_of(files=[("a", 100), ("b", 50)], padding=7)
SINGLE = info_of(pieces=1, last_length=10)
LINKED = info_format.parse(
    bencoding.encode(
        {
            "name": "n",
            "piece length": 16384,
            "pieces": bytes(20),
            "files": [
                {"length": 9, "path": ["a"]},
                {"length": 0, "path": ["l"], "attr": "l", "symlink path": ["a"]},
            ],
        }
    )
)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (0, Place(0, "n/a", 0, 10)),
        (4, Place(4, "n/c", 60, 65)),
        ("a", Place(0, "n/a", 0, 10)),
        ("n/b.jpg", Place(1, "n/b.jpg", 10, 30)),
        ("c*", Place(4, "n/c", 60, 65)),
        ("n/c*", Place(4, "n/c", 60, 65)),
    ],
)
def test_a_file_is_found_by_number_path_or_glob(file: int | str, expected: Place) -> None:
    assert locate(Excerpt(file), FILES) == expected


def test_a_path_is_itself_even_if_it_looks_like_a_glob() -> None:
    assert locate(Excerpt("[b].jpg"), FILES).number == 2


def test_padding_is_not_counted_but_lies_between() -> None:
    assert locate(Excerpt(1), PADDED) == Place(1, "n/b", 107, 157)


def test_a_single_file_is_called_by_its_name() -> None:
    assert locate(Excerpt("n"), SINGLE) == Place(0, "n", 0, 10)
    assert locate(Excerpt(0, ByteRange(2, 5)), SINGLE) == Place(0, "n", 2, 6)


def test_a_range_counts_within_the_file() -> None:
    assert locate(Excerpt(1, ByteRange(5, 7)), FILES)[2:] == (15, 18)
    assert locate(Excerpt(1, ByteRange(None, 3)), FILES)[2:] == (27, 30)
    assert locate(Excerpt(1, ByteRange(5, 99)), FILES)[2:] == (15, 30)


def test_all_of_an_empty_file_is_nothing() -> None:
    assert locate(Excerpt("empty"), FILES)[2:] == (60, 60)


@pytest.mark.parametrize(
    ("excerpt", "reason"),
    [
        (Excerpt(5), "no such file: 5 of 5"),
        (Excerpt("x"), "no file matches 'x'"),
        (Excerpt("-"), "no file matches '-'"),
        (Excerpt(""), "no file matches ''"),
        (Excerpt("*.jpg"), "2 files match '.*', name one of them: n/b.jpg, n/"),
        (Excerpt("*"), "5 files match .*: n/a, n/b.jpg, n/.*, …"),
        (Excerpt("a", ByteRange(10)), "range 10- has no byte of a file of 10: n/a"),
        (Excerpt("empty", ByteRange(None, 1)), "has no byte of a file of 0"),
    ],
)
def test_what_is_not_one_run_of_one_file_is_refused(excerpt: Excerpt, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        locate(excerpt, FILES)


def test_a_link_has_no_bytes() -> None:
    with pytest.raises(ConfigError, match="is a link to n/a, and has no bytes: n/l"):
        locate(Excerpt("l"), LINKED)


def test_a_directory_is_as_many_files_as_it_holds() -> None:
    value = {
        "name": "n",
        "piece length": 16384,
        "pieces": bytes(20),
        "files": [{"length": 9, "path": ["d", "a"]}, {"length": 9, "path": ["d", "b"]}],
    }
    info = info_format.parse(bencoding.encode(value))
    with pytest.raises(ConfigError, match="2 files match 'd', name one of them: n/d/a, n/d/b"):
        locate(Excerpt("d"), info)
