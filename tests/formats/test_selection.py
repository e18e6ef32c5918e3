from raincore.formats import bencoding, selection
from raincore.formats import info as infos
from raincore.formats.info import Info


def info_with(*attrs: str) -> Info:
    """Files of one piece each; "p" makes one padding."""
    files = [
        {"attr": attr, "length": 16384, "path": [str(number)]} for number, attr in enumerate(attrs)
    ]
    value = {"files": files, "name": "n", "piece length": 16384, "pieces": bytes(20 * len(files))}
    return infos.parse(bencoding.encode(value))


PADDED = info_with("", "p", "", "p", "x")


def test_a_link_counts_padding_and_a_document_does_not() -> None:
    assert selection.in_documents([0, 2, 4], PADDED).indices == (0, 1, 2)


def test_without_padding_both_count_alike() -> None:
    plain = info_with("", "", "")
    assert selection.in_documents([2, 0], plain).indices == (0, 2)


def test_padding_is_not_wanted_even_if_a_link_selects_it() -> None:
    assert selection.in_documents([1, 2], PADDED) == ((1,), ())


def test_files_that_do_not_exist_are_named() -> None:
    assert selection.in_documents([4, 5, 99], PADDED) == ((2,), (5, 99))
