"""The catalogue of findings."""

import re

import pytest

from raincore.formats.lenient_bencode import Repeats
from raincore.formats.lint_codes import CODES, finding, ignored


def test_a_finding_has_the_severity_of_its_code_unless_told_otherwise():
    assert finding("many-pieces", "", "x").severity == "note"
    assert finding("many-pieces", "", "x", "warning").severity == "warning"


def test_what_a_stranger_wrote_is_made_printable_and_cut():
    found = finding("url-invalid", "a\x1b" * 300, "b\n" * 300)
    assert found.where.isprintable()
    assert found.message.isprintable()
    assert len(found.where) == 200
    assert len(found.message) == 400


def test_a_code_that_is_not_in_the_catalogue_is_a_bug():
    with pytest.raises(KeyError):
        finding("no-such-code", "", "")


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_is_a_word_and_has_a_meaning(code):
    severity, meaning = CODES[code]
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+|refused", code)
    assert severity in ("error", "warning", "note")
    assert meaning.endswith(".")


def test_what_does_not_count_is_told_and_nothing_else():
    assert list(ignored(0, 5, Repeats(0, b"", 0))) == []
    [behind] = ignored(1, 5, Repeats(0, b"", 0))
    assert behind == "1 byte is behind the end of the value, at offset 5, and ignored"
    [twice] = ignored(0, 5, Repeats(2, b"k\xff", 7))
    assert (
        twice
        == "key 'k\ufffd' comes again at offset 7, the first of 2 such keys: the last value counts"
    )
