import pytest

from raincore.base.errors import FormatError
from raincore.formats import byte_range
from raincore.formats.byte_range import WHOLE, ByteRange


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-499", ByteRange(0, 499)),
        ("500-", ByteRange(500, None)),
        ("-500", ByteRange(None, 500)),
        (" 7 - 7 ", ByteRange(7, 7)),
        ("0-", WHOLE),
    ],
)
def test_ranges_are_read_as_curl_reads_them(text: str, expected: ByteRange) -> None:
    assert byte_range.parse(text) == expected
    assert byte_range.parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no range"),
        ("-", "no range"),
        ("5", "no range"),
        ("a-b", "no range"),
        ("1-2-3", "no range"),
        ("0x1-2", "no range"),
        ("١-٢", "no range"),
        ("1-2,5-6", "only one"),
        ("5-3", "backwards"),
        ("-0", "no byte"),
        ("0-" + "9" * 5000, "so many"),
    ],
)
def test_what_is_no_range_is_refused(text: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        byte_range.parse(text)


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("0-", 5, range(5)),
        ("1-3", 5, range(1, 4)),
        ("4-99", 5, range(4, 5)),
        ("5-99", 5, range(0)),
        ("7-", 5, range(0)),
        ("-2", 5, range(3, 5)),
        ("-99", 5, range(5)),
        ("0-", 0, range(0)),
        ("-1", 0, range(0)),
    ],
)
def test_a_range_ends_with_the_file(text: str, length: int, expected: range) -> None:
    assert byte_range.parse(text).within(length) == expected
