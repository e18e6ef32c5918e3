"""Findings, printed a line each."""

import json
import os

import pytest

from raintools.rain_inspect import main
from tests.formats import lint_samples
from tests.formats.lint_samples import file, hybrid, single, v1
from tests.tools.running import run

LINK = "magnet:?xt=urn:btih:" + "0a" * 20


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, raw in {
        "clean": lint_samples.torrent(),
        "warned": lint_samples.torrent(single(private=1), announce=""),
        "noted": lint_samples.torrent(single(), announce="http://t.example.org/x"),
        "wrong": lint_samples.torrent(v1(file("..", "a")), nodes=[["h", 1]]),
        "refused": lint_samples.torrent(single(name=5)),
        "mismatch": lint_samples.torrent(
            hybrid(files=[{"length": 5, "path": ["z"]}, *hybrid()["files"][1:]])
        ),
        "nameless": lint_samples.torrent(single(name="")),
    }.items():
        (tmp_path / f"{name}.torrent").write_bytes(raw)
    return tmp_path


def test_a_clean_torrent_prints_nothing(place):
    for human in (True, False):
        ran = run(main, "--lint", "clean.torrent", human=human)
        assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")


def test_people_get_a_line_for_each_finding(place):
    ran = run(main, "--lint", "warned.torrent", "clean.torrent", "wrong.torrent", human=True)
    assert ran.code == 1
    assert ran.stdout.splitlines() == [
        "warned.torrent: note: empty-value: announce: says nothing",
        "warned.torrent: warning: private-without-tracker: info.private: "
        "needs a tracker, but there is none",
        "wrong.torrent: warning: url-local: nodes[0]: is known to one network only: 'h'",
        "wrong.torrent: error: path-unsafe: info.files[0]: not a name for a file: '..'",
    ]
    assert ran.stderr == ""


def test_programs_get_a_document_for_each_finding(place):
    ran = run(main, "--lint", "wrong.torrent")
    assert [one["code"] for one in ran.documents] == ["url-local", "path-unsafe"]
    [plain] = run(main, "wrong.torrent").documents
    for one in ran.documents:
        assert one["path"] == str(place / "wrong.torrent")
        assert one["input"] == "wrong.torrent"
        assert (one["name"], one["info_hash"]) == ("photos", plain["info_hash"])


@pytest.mark.parametrize(
    ("name", "code"), [("clean", 0), ("noted", 0), ("warned", 0), ("wrong", 1), ("refused", 3)]
)
def test_only_errors_fail_and_refusals_fail_most(place, name, code):
    assert run(main, "--lint", f"{name}.torrent").code == code
    assert run(main, "--lint", f"{name}.torrent", "wrong.torrent").code == max(code, 1)


@pytest.mark.parametrize(
    ("name", "code", "where"),
    [("refused", "refused", "info.name"), ("mismatch", "hybrid-mismatch", "info.files[0]")],
)
def test_a_refusal_is_a_finding_for_programs_and_a_message_for_people(place, name, code, where):
    ran = run(main, "--lint", f"{name}.torrent", "wrong.torrent")
    assert ran.code == 3
    assert [one["code"] for one in ran.documents] == [code, "url-local", "path-unsafe"]
    first = ran.documents[0]
    assert (first["severity"], first["where"], first["input"]) == (
        *("error", where),
        f"{name}.torrent",
    )
    assert ran.stderr.startswith(f"rain-inspect: error: {name}.torrent: {where}: ")
    assert ran.stderr.count("\n") == 1
    shown = run(main, "--lint", f"{name}.torrent", human=True)
    assert (shown.code, shown.stdout) == (3, "")
    assert shown.stderr == ran.stderr


def test_the_name_of_the_file_counts_for_a_torrent_without_one(place):
    ran = run(main, "--lint", "nameless.torrent")
    [other] = [one for one in ran.documents if one["code"] == "other-info-hash"]
    assert other["client"] == "transmission 3.00"
    assert len(other["other_info_hash"]) == 40
    raw = (place / "nameless.torrent").read_bytes()
    codes = [one["code"] for one in run(main, "--lint", stdin=raw).documents]
    assert codes == ["name-empty"]


def test_links_hashes_and_documents_are_looked_at_too(place):
    assert run(main, "--lint", LINK).documents == []
    [one] = run(main, "--lint", f"{LINK}&tr=x").documents
    assert (one["code"], one["where"], one["info_hash"]) == ("url-invalid", "tr", "0a" * 20)
    document = run(main, "--embed", "wrong.torrent").stdout.encode()
    ran = run(main, "--lint", stdin=document + b'{"type":"x-event"}\n')
    assert [one.get("code") for one in ran.documents] == ["url-local", "path-unsafe", None]


def test_severities_are_coloured_where_colour_is_wanted(place):
    ran = run(main, "--color", "always", "--lint", "wrong.torrent", human=True)
    assert "\x1b[31m\x1b[1merror\x1b[0m" in ran.stdout


def test_what_a_stranger_wrote_reaches_no_terminal(place):
    name = os.fsdecode(b"a\x1b[2J.torrent")
    (place / name).write_bytes(lint_samples.torrent(v1(file("\x1b]0;x\x07\u202e"))))
    for human in (True, False):
        ran = run(main, "--lint", name, human=human)
        assert "\x1b" not in ran.stdout + ran.stderr
        assert "\u202e" not in ran.stdout


def test_a_reader_that_wants_one_line_gets_it_while_there_are_many(place):
    raw = lint_samples.torrent(v1(*(file("..", str(n), length=1) for n in range(5000))))
    ran = run(main, "--lint", stdin=raw)
    assert len(ran.documents) == 1  # one directory, said once
    assert json.loads(ran.stdout.splitlines()[0])["code"] == "path-unsafe"


def test_what_is_ignored_is_a_finding_and_no_warning_beside_it(place):
    (place / "tail.torrent").write_bytes(lint_samples.torrent() + b"\n")
    ran = run(main, "--lint", "tail.torrent")
    assert (ran.code, ran.stderr) == (0, "")
    assert [(one["code"], one["severity"]) for one in ran.documents] == [
        ("trailing-bytes", "warning")
    ]
