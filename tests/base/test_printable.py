"""What strangers write, made safe."""

import pytest

from raincore.base.printable import displayed, is_utf8, printable


@pytest.mark.parametrize("text", ["", "plain", "Ubuntu 24.04 [x86_64]", "日本語", "café", "🎉"])
def test_harmless_text_is_untouched(text):
    assert displayed(text) == text
    assert displayed(text.encode()) == text


@pytest.mark.parametrize(
    "char",
    [
        "\0",
        "\t",
        "\n",
        "\r",
        "\x1b",
        "\x7f",
        "\x80",
        "\x9f",
        "\u2028",
        "\u202e",
        "\u2066",
        "\ud800",
    ],
)
def test_what_moves_cursors_or_turns_text_is_replaced(char):
    assert displayed(f"a{char}b") == "a�b"


def test_bytes_that_are_not_utf8_are_replaced():
    assert displayed(b"a\xffb") == "a�b"
    assert displayed(b"\xed\xa0\x80").strip("�") == ""


def test_the_result_can_always_be_written():
    every = "".join(map(chr, range(0x11000)))
    assert displayed(every).encode("utf-8")
    assert displayed(bytes(range(256))).encode("utf-8")


def test_long_text_is_cut_with_an_ellipsis():
    assert printable("x" * 200) == "x" * 200
    assert printable("x" * 201) == "x" * 199 + "…"
    assert printable("é" * 10, 4) == "ééé…"
    assert printable("🎉".encode() * 10, 4) == "🎉🎉🎉…"


def test_cutting_never_splits_a_character_that_is_shown():
    for limit in range(1, 9):
        assert printable("🎉".encode() * limit, limit) == "🎉" * limit


def test_a_document_value_is_not_cut():
    assert len(displayed("x" * 10_000)) == 10_000


def test_bytes_are_text_or_not():
    assert is_utf8("日本語".encode())
    assert not is_utf8("café".encode("latin-1"))
