"""Hostile names become safe, ordinary ones stay, no two files share a path."""

from __future__ import annotations

import os
import random

import pytest

from raincore.formats import file_names
from raincore.formats.file_names import safe_component, safe_paths

ORDINARY = [
    "a",
    "a.txt",
    ".hidden",
    "...",
    "Ubuntu 24.04",
    "日本語",
    "e\u0301",  # not composed: must not be composed
    "x" * 255,
    "é" * 127,
    # Odd, but Linux has files of these names, and who seeds them must find them.
    "CON",
    "aux.txt",
    "a:b",
    "a\\b",
    "trailing dot.",
    "trailing space ",
    " ",
    "*?<>|",
    "\x1b[2J",
    "\u202egpj.exe",
    "~",
    "-rf",
]


@pytest.mark.parametrize("name", ORDINARY)
def test_what_linux_can_have_is_not_changed_on_disk(name):
    assert safe_component(name.encode()) == name
    [place] = safe_paths([(b"dir", name.encode())])
    assert place.disk == ("dir", name)


def test_bytes_that_are_not_utf8_stay_on_disk_and_are_marked_when_shown():
    raw = b"caf\xe9 \xff"
    [place] = safe_paths([(raw,)])
    assert os.fsencode(place.disk[0]) == raw
    assert place.shown == ("caf� �",)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        (b"", "_"),
        (b".", "_"),
        (b"..", "__"),
        (b"/", "_"),
        (b"../..", ".._.."),
        (b"/etc/passwd", "_etc_passwd"),
        (b"a\0b", "a_b"),
        (b"\0", "_"),
    ],
)
def test_what_could_lead_elsewhere_is_changed(raw, safe):
    assert safe_component(raw) == safe


def test_a_long_name_is_cut_but_keeps_its_extension():
    safe = safe_component(b"x" * 300 + b".tar")
    assert len(safe) == 255
    assert safe.startswith("x" * 242 + "-")
    assert safe.endswith(".tar")


def test_a_long_name_is_not_cut_inside_a_character():
    for extra in range(4):
        safe = safe_component(b"a" * extra + "🎉".encode() * 100)
        assert len(safe.encode()) <= 255
        assert "\udcf0" not in safe


def test_names_that_differ_only_where_they_are_cut_still_differ():
    assert safe_component(b"x" * 300 + b"1") != safe_component(b"x" * 300 + b"2")


def test_a_long_tail_is_no_extension():
    safe = safe_component(b"x." + b"y" * 300)
    assert len(safe) == 255
    assert safe.startswith("x.yyy")


def test_continuation_bytes_alone_are_cut_to_nothing_but_the_mark():
    safe = safe_component(b"\x80" * 300)
    assert safe.startswith("-")
    assert len(safe) == 9


def disks(*names):
    raws = [tuple(part.encode() for part in name.split("/")) for name in names]
    return ["/".join(place.disk) for place in safe_paths(raws)]


def test_names_that_do_not_collide_are_left_alone():
    names = ["a", "A", "b/a", "b/c/a", "a.1"]
    assert disks(*names) == names


def test_the_later_of_two_equal_names_gets_a_number():
    assert disks("a.txt", "a.txt", "a.txt") == ["a.txt", "a.1.txt", "a.2.txt"]
    assert disks(".x", ".x", "d/y", "d/y") == [".x", ".x.1", "d/y", "d/y.1"]


def test_a_number_that_somebody_has_is_not_given():
    assert disks("a", "a", "a.1") == ["a", "a.2", "a.1"]
    assert disks("a", "a", "a.1/x") == ["a", "a.2", "a.1/x"]


def test_a_file_gives_way_to_a_directory():
    assert disks("a", "a/b") == ["a.1", "a/b"]
    assert disks("a/b/c", "a/b", "a") == ["a/b/c", "a/b.1", "a.1"]


def test_a_name_that_was_changed_gives_way_to_one_that_was_not():
    assert disks("../x", "__/x") == ["__/x.1", "__/x"]
    assert disks("d/..", "d/__") == ["d/__.1", "d/__"]
    assert disks("d/__", "d/..") == ["d/__", "d/__.1"]


def test_a_number_keeps_a_long_name_within_the_limit():
    name = "x" * 251 + ".txt"
    first, second = disks(name, name)
    assert first == name
    assert len(second) == 255
    assert second.endswith("x.1.txt")


def test_names_that_look_alike_are_told_apart_when_shown():
    places = safe_paths([(b"\xfe",), (b"\xff",), ("�".encode(),), (b"\xfd", b"x"), (b"\xfc", b"x")])
    assert [place.shown for place in places] == [
        ("�.1",),  # a directory is shown by that name
        ("�.2",),
        ("�.3",),
        ("�", "x"),
        ("�", "x.1"),
    ]
    assert [place.disk for place in places] == [
        ("\udcfe",),
        ("\udcff",),
        ("�",),
        ("\udcfd", "x"),
        ("\udcfc", "x"),
    ]


def test_a_name_that_is_shown_as_it_is_has_the_older_right_to_it():
    first, second = safe_paths([(b"x\xff",), ("x�".encode(),)])
    assert (first.shown, second.shown) == (("x�.1",), ("x�",))


def test_a_path_that_is_safe_and_printable_is_one_tuple():
    for raw in (b"a", "é".encode()):
        [place] = safe_paths([(b"d", raw)])
        assert place.shown is place.disk


def test_no_files_have_no_paths():
    assert safe_paths([]) == []


def random_name(rng):
    parts = [
        b"a",
        b"b",
        b"a.1",
        b"..",
        b"__",
        b"",
        b"_",
        b".",
        b"\xff",
        b"\xfe",
        b"a/b",
        b"x" * 256,
    ]
    return tuple(rng.choice(parts) for _ in range(rng.randrange(1, 4)))


def test_whatever_the_names_the_paths_are_safe_and_unique(seed):
    rng = random.Random(seed)
    for _ in range(2000):
        raws = [random_name(rng) for _ in range(rng.randrange(1, 9))]
        places = safe_paths(raws)
        assert places == safe_paths(raws)
        for form in ("disk", "shown"):
            paths = [getattr(place, form) for place in places]
            files = set(paths)
            assert len(files) == len(paths)
            parents = {path[:depth] for path in paths for depth in range(1, len(path))}
            assert not files & parents
            for part in {part for path in paths for part in path}:
                assert part not in ("", ".", "..")
                assert "/" not in part
                assert "\0" not in part
                assert form == "shown" or len(os.fsencode(part)) <= 255


@pytest.mark.parametrize(
    "raws",
    [
        [(b"d", b"a")] * 20_000,
        [(b"d", b"x" * 253 + b"%02x" % (n % 256)) for n in range(20_000)],
        [(b"a", b"a.%d" % n) for n in range(10_000)] + [(b"a", b"a")] * 10_000,
        [(b"d%d" % n, b"..") for n in range(20_000)],
    ],
    ids=["equal", "equal once cut", "numbers taken", "changed"],
)
def test_many_collisions_cost_linear_time(raws):
    # 0.1 s. The square of that many tries would be minutes, which nobody would overlook.
    assert len({place.disk for place in safe_paths(raws)}) == len(raws)


@pytest.mark.parametrize("seed", range(200))
def test_plain_names_take_a_short_cut_to_the_same_paths(seed):
    rng = random.Random(seed)
    words = [b"a", b"b", b"c.txt", "é".encode(), b"d e"]
    if seed % 2:
        words += [b"", b".", b"..", b"a/b", b"\n", b"\xff", "\u202e".encode(), b"x" * 256, b"/"]
    raws = [tuple(rng.choices(words, k=rng.randrange(1, 4))) for _ in range(rng.randrange(6))]
    assert safe_paths(raws) == file_names._changed_paths(raws)


def test_ordinary_names_do_take_it(monkeypatch):
    monkeypatch.setattr(file_names, "_changed_paths", None)
    assert [place.disk for place in safe_paths([(b"n", b"a"), (b"n", "é".encode(), b"b")])] == [
        ("n", "a"),
        ("n", "é", "b"),
    ]
