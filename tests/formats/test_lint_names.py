"""Names that are dangerous, or that some system cannot have."""

import pytest

from tests.formats.lint_samples import file, found, leaf, single, v1, v2


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "path-unsafe"),
        (".", "path-unsafe"),
        ("..", "path-unsafe"),
        ("a/b", "path-unsafe"),
        ("a\0", "path-unsafe"),
        ("con", "path-reserved"),
        ("NUL.tar.gz", "path-reserved"),
        ("Com1 .txt", "path-reserved"),
        ("lpt²", "path-reserved"),
        ("conin$", "path-reserved"),
        ("a:b", "path-reserved"),
        ("a?", "path-reserved"),
        ("a\\b", "path-reserved"),
        ("a.", "path-reserved"),
        ("a ", "path-reserved"),
        ("a\nb:", "path-reserved"),
        ("...", "path-reserved"),
        (b"\xff", "path-not-utf8"),
        ("a\x07", "path-control-character"),
        ("gpj.\u202eexe", "path-control-character"),
        ("a" * 256, "path-too-long"),
        ("é" * 128, "path-too-long"),
    ],
)
def test_a_bad_name_is_found_as_file_and_as_directory(name, code):
    assert (code, "info.files[0]") in found(v1(file(name)))
    assert (code, "info.files[1]") in found(v1(file("fine"), file(name, "a")))


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "concert",
        "com10.txt",
        "xcon",
        "con-1",
        "lpt",
        "a.b c",
        ".hidden",
        "é日\U0001f327",
        "a" * 255,
    ],
)
def test_a_good_name_is_not(name):
    assert [one for one in found(v1(file(name), file("d", "e"))) if "long" not in one[0]] == []


def test_the_name_of_the_torrent_is_looked_at_once():
    assert found(v1(name="a:b")) == [("path-reserved", "info.name")]
    assert found(single(name="..")) == [("path-unsafe", "info.name")]
    assert ("name-empty", "info.name") in found(single(name=""))


def test_a_directory_is_found_once_however_many_files_are_in_it():
    info = v1(*(file("a:b", "c?", str(n)) for n in range(5)))
    assert found(info) == [("path-reserved", "info.files[0]")] * 2


def test_files_of_a_tree_are_named_by_their_path():
    info = v2(**{"file tree": {"con": {"x": leaf(1, "x")}}})
    assert found(info) == [("path-reserved", "info.file tree.photos/con/x")]


def test_padding_may_be_called_anything():
    assert found(v1(file("a"), file(".pad", "..", length=6144, attr="p"))) == [
        ("padding-overhead", "info.files")
    ]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (["a"], ["a"], "duplicate-path"),
        (["a"], ["A"], "path-case-collision"),
        (["A", "x"], ["a", "X"], "path-case-collision"),
        (["straße"], ["STRASSE"], "path-case-collision"),
        (["é"], ["e\u0301"], "path-unicode-collision"),
        (["É"], ["e\u0301"], "path-case-collision"),
        (["a"], ["a", "b"], "file-and-directory"),
        (["a"], ["A", "b"], "path-case-collision"),
        (["é"], ["e\u0301", "b"], "path-unicode-collision"),
    ],
)
def test_paths_that_collide_are_found_whatever_their_order(first, second, code):
    for one, other in ((first, second), (second, first)):
        codes = [code for code, _ in found(v1(file(*one), file(*other)))]
        assert codes == [code]


def test_a_directory_may_differ_in_case_from_another():
    assert found(v1(file("a", "x"), file("A", "y"))) == []


def test_the_second_of_two_names_the_first():
    from tests.formats import lint_samples

    [one] = lint_samples.findings(lint_samples.torrent(v1(file("a"), file("b"), file("a"))))
    assert (one.where, one.message) == (
        "info.files[2]",
        "is the same path as info.files[0]: 'photos/a'",
    )


@pytest.mark.parametrize(
    ("depth", "codes"), [(1, []), (2, ["path-too-long"]), (50, ["path-too-long"])]
)
def test_a_long_path_of_short_names_is_found(depth, codes):
    assert [code for code, _ in found(v1(file(*["d" * 150] * depth)))] == codes


def test_characters_count_for_windows_and_bytes_for_linux():
    assert found(v1(file("é" * 100, "é" * 100))) == []
    from tests.formats import lint_samples

    def severity(*path):
        [one] = lint_samples.findings(lint_samples.torrent(v1(file(*path))))
        return one.severity

    assert severity(*["é" * 100] * 3) == "note"
    assert severity(*["é" * 100] * 25) == "warning"
