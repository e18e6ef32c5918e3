"""Parts of a form, however they arrive."""

import pytest

from raincore.base.errors import FormatError
from raincore.wire.multipart import Data, Multipart, Part, boundary_of

FORM = (
    b'preamble\r\n--xyz\r\nContent-Disposition: form-data; name="id"\r\n\r\none'
    b'\r\n--xyz\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name="data"\r\n\r\n'
    b"\r\n--xy\r\nsome\r\n--\r\n--xyz--\r\nepilogue"
)


def collected(parts):
    found = []
    for part in parts:
        if isinstance(part, Part):
            found.append((part.name, b""))
        else:
            name, data = found.pop()
            found.append((name, data + part.data))
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_parts_are_the_same_however_they_arrive(size):
    parser = Multipart(b"xyz")
    parts = []
    for start in range(0, len(FORM), size):
        parts += parser.feed(FORM[start : start + size])
    assert collected(parts) == [("id", b"one"), ("data", b"\r\n--xy\r\nsome\r\n--")]
    assert parser.ended
    assert parser.feed(b"more") == []


def test_a_form_may_begin_with_its_boundary():
    parser = Multipart(b"b")
    parts = parser.feed(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--')
    assert parts == [Part("a"), Data(b"x")]
    assert parser.ended


def test_a_part_may_be_empty():
    parser = Multipart(b"b")
    head = b'Content-Disposition: form-data; name="a"\r\n\r\n'
    assert parser.feed(b"--b\r\n" + head + b"\r\n--b--") == [Part("a")]


def test_data_is_given_on_at_once():
    parser = Multipart(b"b")
    parser.feed(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n')
    given = sum(len(part.data) for part in parser.feed(bytes(10_000)))
    assert given > 9_900
    assert not parser.ended


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"--bx\r\n", "a boundary has no end"),
        (b"--b\r\nContent-Type: x\r\n\r\n", "a part has no name"),
        (b"--b\r\n" + b"x" * 9000, "the head of a part is too long"),
        (b"--b\r\n" + b"x" * 9000 + b"\r\n\r\n", "the head of a part is too long"),
    ],
)
def test_what_is_no_form_is_refused(data, said):
    with pytest.raises(FormatError, match=said):
        Multipart(b"b").feed(data)


@pytest.mark.parametrize(
    ("text", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('multipart/form-data; charset=x; boundary="a b"', b"a b"),
        ("multipart/form-data;boundary=a", b"a"),
    ],
)
def test_the_boundary_is_in_the_content_type(text, boundary):
    assert boundary_of(text) == boundary


@pytest.mark.parametrize(
    "text",
    ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "x" * 999],
)
def test_without_a_boundary_it_is_no_form(text):
    with pytest.raises(FormatError, match="not multipart/form-data"):
        boundary_of(text)
