"""Bytes of standard input become a torrent, documents or arguments."""

import io

import pytest

from raincore.base.errors import FormatError
from raintools._kit import stdin_inputs, torrent_bytes
from raintools._kit.sources import Input


def divided(data):
    return list(stdin_inputs.divided(io.BytesIO(data)))


def test_a_torrent_is_one_input_and_lines_are_many():
    assert divided(b"d4:infode\n\ne") == [Input(b"d4:infode\n\ne", "stdin")]
    assert divided(b"a\n\nb") == [Input("a", "stdin line 1: a"), Input("b", "stdin line 3: b")]
    document = Input(b'{"x":1}\n', "stdin line 1", is_json=True)
    assert divided(b'{"x":1}\n') == [document]


def test_a_document_over_many_lines_is_complained_of_once():
    items = divided(b'{\n "x": 1\n}\n{"y":1}\n')
    assert [item.given for item in items] == [b"{\n", b'{"y":1}\n']


def test_too_many_bencoded_bytes_are_not_kept():
    [item] = divided(b"d1:" + bytes(torrent_bytes.MAX_TORRENT + 100))
    assert len(item.given) == torrent_bytes.MAX_TORRENT + 1


@pytest.mark.parametrize(
    "name", ["d", "de", "d8.torrent", "debian.torrent", "d12345678901:x", "d 1:"]
)
def test_a_name_that_begins_with_d_is_a_name(name):
    assert [item.given for item in divided(name.encode())] == [name]


def test_a_text_that_is_too_long_for_a_path_or_a_link_is_not_kept():
    class Endless:
        taken = 0

        def readline(self, limit):
            self.taken += limit
            return b"a" * limit

    endless = Endless()
    with pytest.raises(FormatError, match="line 1 is longer than 4 MiB"):
        list(stdin_inputs.divided(endless))
    assert endless.taken < 5 * 1024 * 1024


def test_blanks_before_a_document_make_it_no_text(monkeypatch):
    monkeypatch.setattr(stdin_inputs, "MAX_ARGUMENT", 30)
    [item] = divided(b" " * 20 + b'{"x":1234567890123}\n')
    assert item.is_json


def test_a_line_without_end_is_an_error(monkeypatch):
    monkeypatch.setattr(stdin_inputs, "MAX_ARGUMENT", 100)
    items = stdin_inputs.divided(io.BytesIO(b"a\n" + b"x" * 200))
    assert next(items).given == "a"
    with pytest.raises(FormatError, match="line 2 is longer"):
        next(items)


def test_a_stdin_that_cannot_be_read_is_an_error():
    with pytest.raises(FormatError, match="cannot be read: is a directory"):
        next(stdin_inputs.divided(Unreadable()))


class Unreadable(io.BytesIO):
    def readline(self, limit=-1):
        raise IsADirectoryError(21, "Is a directory")
