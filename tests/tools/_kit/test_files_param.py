"""Files of a torrent as people name them."""

import pytest

from raincore.base.errors import FormatError
from raintools._kit import files_param
from raintools._kit.files_param import FilesType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", (7,)),
        ("0,3-5", (0, 3, 4, 5)),
        ("1, 2", (1, 2)),
        ("*.nfo", "*.nfo"),
        ("[2]024", "[2]024"),
        ("2024.txt", "2024.txt"),
    ],
)
def test_digits_commas_and_hyphens_are_numbers_and_all_else_is_a_glob(text, expected):
    assert files_param.parse(text) == expected
    assert FilesType.parse(text) == expected


@pytest.mark.parametrize("text", ["3-1", "1,", "1-", "5--7"])
def test_numbers_that_make_no_sense_are_refused(text):
    with pytest.raises(FormatError):
        files_param.parse(text)


def test_nothing_selects_no_file():
    with pytest.raises(FormatError, match="selects no file"):
        FilesType.parse("")
