"""Differences between torrents, printed."""

import pytest

from raintools.rain_inspect import main
from tests.formats import lint_samples
from tests.formats.lint_samples import leaf, v2
from tests.tools.running import run

LINK = "magnet:?xt=urn:btih:" + "0a" * 20
OLD = {"a": leaf(10, "1"), "d": {"b": leaf(2048, "2"), "c": leaf(9, "3")}, "x": leaf(5, "4")}
NEW = {"a": leaf(10, "1"), "d": {"c": leaf(7, "5"), "z": leaf(2048, "2")}, "y": leaf(1024, "6")}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, tree in (("old", OLD), ("new", NEW)):
        raw = lint_samples.torrent(v2(**{"file tree": tree}))
        (tmp_path / f"{name}.torrent").write_bytes(raw)
    (tmp_path / "renamed.torrent").write_bytes(
        lint_samples.torrent(v2(name="other", **{"file tree": OLD}))
    )
    (tmp_path / "v1.torrent").write_bytes(lint_samples.torrent(lint_samples.v1()))
    (tmp_path / "bad.torrent").write_bytes(b"d1:a")
    return tmp_path


def test_people_get_a_line_for_each_file_that_is_not_the_same(place):
    ran = run(main, "--diff", "old.torrent", "new.torrent", human=True)
    assert (ran.code, ran.stderr) == (1, "")
    assert ran.stdout.splitlines() == [
        "changed  photos/d/c  7 B",
        "renamed  photos/d/b → photos/d/z  2.00 KiB",
        "added    photos/y  1.00 KiB",
        "removed  photos/x  5 B",
        "1 same, 1 renamed, 1 changed, 1 added, 1 removed: 1.01 KiB needed",
    ]


def test_programs_get_one_document(place):
    [found] = run(main, "--diff", "old.torrent", "new.torrent").documents
    assert found["type"] == "diff"
    assert found["old"]["path"] == str(place / "old.torrent")
    assert found["new"]["path"] == str(place / "new.torrent")
    assert (found["same"], found["bytes_needed"]) == (False, 1031)
    assert [(one["change"], one["path"], one.get("old_path")) for one in found["files"]] == [
        ("same", "photos/a", None),
        ("changed", "photos/d/c", None),
        ("renamed", "photos/d/z", "photos/d/b"),
        ("added", "photos/y", None),
        ("removed", "photos/x", None),
    ]


def test_the_same_files_under_another_name_do_not_differ(place):
    ran = run(main, "--diff", "old.torrent", "renamed.torrent", "old.torrent")
    assert ran.code == 0
    assert [one["same"] for one in ran.documents] == [True, True]
    assert ran.documents[0]["files"][0]["old_path"] == "photos/a"
    shown = run(main, "--diff", "old.torrent", "renamed.torrent", "old.torrent", human=True)
    assert shown.stdout == "4 same: 0 B needed\n\n4 same: 0 B needed\n"


def test_what_is_unknown_is_counted_apart(place):
    (place / "two.torrent").write_bytes(
        lint_samples.torrent(lint_samples.v1(**{"piece length": 32768, "pieces": bytes(20)}))
    )
    ran = run(main, "--diff", "v1.torrent", "two.torrent", human=True)
    assert ran.code == 1
    assert ran.stdout.splitlines()[-1] == "2 unknown: 20.0 KiB needed, 20.0 KiB of it perhaps"


def test_any_input_may_be_on_either_side(place):
    old = (place / "old.torrent").read_bytes()
    assert run(main, "--diff", "-", "old.torrent", stdin=old).code == 0
    assert run(main, "--diff", "old.torrent", stdin=old).code == 0
    document = run(main, "--embed", "new.torrent").stdout.encode()
    assert run(main, "--diff", "old.torrent", "-", stdin=document).code == 1


def test_standard_input_cannot_be_both(place):
    for arguments in (["--diff", "-"], ["--diff", "-", "-"]):
        ran = run(main, *arguments, stdin=b"d")
        assert (ran.code, ran.stdout) == (2, "")
        assert "standard input cannot be both sides of --diff" in ran.stderr


def test_a_link_has_no_files_to_compare(place):
    for arguments in (["--diff", LINK, "old.torrent"], ["--diff", "old.torrent", LINK]):
        ran = run(main, *arguments)
        assert (ran.code, ran.stdout) == (3, "")
        assert ran.stderr.endswith("a magnet link does not say which files there are\n")
        assert ran.stderr.count("\n") == 1


def test_without_the_old_torrent_nothing_is_compared(place):
    ran = run(main, "--diff", "bad.torrent", "old.torrent")
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)


@pytest.mark.parametrize("stdin", [b"", b"\n", b'{"type":"status"}\n'])
def test_nothing_is_no_torrent_to_compare_with(place, stdin):
    ran = run(main, "--diff", "-", "old.torrent", stdin=stdin, human=True)
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.stderr == "rain-inspect: error: stdin: no torrent to compare with\n"


def test_a_bad_input_does_not_stop_the_others(place):
    ran = run(main, "--diff", "old.torrent", "bad.torrent", "new.torrent", "old.torrent")
    assert ran.code == 3
    assert [one["same"] for one in ran.documents] == [False, True]
    assert ran.stderr.startswith("rain-inspect: error: bad.torrent: ")


def test_part_of_a_file_is_shown_as_such(place):
    pieces = lint_samples.hashes(2)
    for name, salted in (("p", pieces), ("q", pieces[:20] + bytes(20))):
        info = lint_samples.single(length=20_000, pieces=salted)
        (place / f"{name}.torrent").write_bytes(lint_samples.torrent(info))
    ran = run(main, "--diff", "p.torrent", "q.torrent", human=True)
    assert ran.stdout.splitlines()[0] == "changed  a.bin  3.53 KiB of 19.5 KiB"
