"""rain-verify: local data against torrents."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from raincore.formats import bencoding
from raincore.formats.info import MetaVersion
from raincore.storage import content_state
from raincore.storage.layout import Layout
from raincore.storage.piece_checks import PieceChecker
from raincore.storage.verify_journal import Journal
from raintools.rain_verify import main
from tests.storage.verifying import LENGTHS, PIECE, VERSIONS, make, write
from tests.tools.running import run


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "t", LENGTHS)
    for version in VERSIONS:
        torrent = make(tmp_path / "t", version)
        (tmp_path / f"{version.value}.torrent").write_bytes(torrent.raw)
    return tmp_path


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("version", ["v1", "v2", "hybrid"])
def test_whole_content_is_complete(place, version):
    ran = run(main, f"{version}.torrent")
    assert (ran.code, ran.stderr) == (0, "")
    (document,) = ran.documents
    verify = document["verify"]
    assert document["status"] == "complete"
    assert document["data_dir"] == str(place)
    assert verify["bytes_ok"] == sum(LENGTHS.values())
    assert (verify["pieces_bad"], verify["pieces_missing"]) == (0, 0)
    assert verify["pieces_ok"] == document["piece_count"]
    assert {file["path"]: file["ok"] for file in verify["files"]} == {
        f"t/{name}": True for name in LENGTHS
    }
    assert verify.keys().isdisjoint({"extra", "bad_ranges", "missing_ranges"})


def test_what_is_wrong_is_told_file_by_file(place):
    flip(place / "t" / "a", PIECE)
    (place / "t" / "b" / "c").unlink()
    with (place / "t" / "b" / "d").open("ab") as file:
        file.write(b"more")
    (place / "t" / "stranger").touch()
    ran = run(main, "v2.torrent")
    assert ran.code == 1
    assert ran.stderr == (
        "rain-verify: error: v2.torrent: 1 of 8 pieces is bad, 1 of 8 pieces is missing\n"
    )
    verify = ran.documents[0]["verify"]
    assert (verify["bad_ranges"], verify["missing_ranges"]) == ([[1, 1]], [[4, 4]])
    assert (verify["extra"], verify["extra_count"]) == (["t/stranger"], 1)
    files = {file["path"]: file for file in verify["files"]}
    assert files["t/a"]["bytes_ok"] == LENGTHS["a"] - PIECE
    assert files["t/b/c"]["missing"]
    assert files["t/b/d"] | {"ok": False, "size": LENGTHS["b/d"] + 4} == files["t/b/d"]
    assert files["t/e"]["ok"]


def test_people_see_what_is_wrong_and_nothing_else(place):
    flip(place / "t" / "a", 0)
    (place / "t" / "e").unlink()
    (place / "t" / "x").touch()
    ran = run(main, "v2.torrent", human=True)
    assert ran.stdout.splitlines() == [
        "t: incomplete, 5 files, 192.1 KiB; 1 of 8 pieces is bad, 2 of 8 pieces are missing",
        "  bad pieces: 0",
        "   66.7% ok   t/a",
        "  missing     t/e",
        "  extra       t/x",
    ]
    assert "t/b/c" not in ran.stdout
    assert "  ok          t/b/c" in run(main, "-v", "v2.torrent", human=True).stdout


def test_the_directory_of_the_document_is_used_and_dir_wins(place):
    (place / "old").mkdir()
    shutil.move(place / "t", place / "old" / "t")
    line = json.dumps(
        {"type": "torrent", "path": str(place / "v1.torrent"), "data_dir": str(place / "old")}
    )
    assert run(main, stdin=line.encode()).code == 0
    assert run(main, "--dir", "old", "v1.torrent").code == 0
    assert run(main, "--dir", ".", "-", stdin=line.encode()).code == 1


def test_content_may_have_any_name(place):
    shutil.move(place / "t", place / "renamed")
    assert run(main, "v2.torrent").code == 1
    ran = run(main, "--content", "renamed/", "v2.torrent")
    assert ran.code == 0
    assert ran.documents[0]["verify"]["files"][0]["path"].startswith("t/")
    assert "data_dir" not in ran.documents[0]  # nobody would find t there
    shutil.move(place / "renamed", place / "t")
    assert run(main, "--content", "t", "v2.torrent").documents[0]["data_dir"] == str(place)
    assert run(main, "--content", "x", "--dir", "y", "v1.torrent").code == 2
    assert run(main, "--content", "x", "v1.torrent", "v2.torrent").code == 2


@pytest.mark.parametrize("nameless", ["", "/"])
def test_content_without_a_name_is_wrong_usage(place, nameless):
    ran = run(main, "--content", nameless, "v1.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert f"--content is a file or a directory with a name: {nameless!r}" in ran.stderr


def test_several_torrents_come_out_in_the_order_of_the_inputs(place):
    names = ["hybrid.torrent", "missing.torrent", "v1.torrent", "v2.torrent"] * 5
    ran = run(main, *names)
    assert ran.code == 3
    found = [document["meta_version"] for document in ran.documents]
    assert found == ["hybrid", "v1", "v2"] * 5


def test_a_quick_look_does_not_read(place):
    flip(place / "t" / "a", 0)
    assert run(main, "--quick", "v1.torrent").code == 0
    (place / "t" / "a").write_bytes(b"short")
    assert run(main, "--quick", "v1.torrent").code == 1
    ran = run(main, "--quick", "--journal", "j", "v1.torrent")
    assert (ran.code, (place / "j").exists()) == (2, False)
    assert "--quick proves nothing that --journal could remember" in ran.stderr


def test_a_magnet_link_has_nothing_to_verify_with(place):
    ran = run(main, "magnet:?xt=urn:btih:" + "0a" * 20)
    assert ran.code == 3
    assert "get its .torrent first" in ran.stderr


def test_a_file_that_cannot_be_read_is_an_error_of_its_own(place, monkeypatch):
    from raincore.storage.file_storage import FileStorage

    read = FileStorage.read_span

    def fail(self, index, offset, buffer):
        if self.layout.files[index].parts[-1] == "c":
            raise PermissionError(13, "Permission denied")
        return read(self, index, offset, buffer)

    monkeypatch.setattr(FileStorage, "read_span", fail)
    ran = run(main, "v2.torrent")
    assert ran.code == 5
    path = place / "t" / "b" / "c"
    expected = f"rain-verify: error: v2.torrent: cannot read: permission denied: {path}\n"
    assert ran.stderr == expected
    assert ran.documents[0]["verify"]["pieces_bad"] == 1


def test_a_journal_saves_the_reading(place):
    assert run(main, "--journal", "j", "v2.torrent", "v1.torrent").code == 0
    before = (place / "j").read_bytes()
    assert run(main, "--journal", "j", "v2.torrent", "v1.torrent").code == 0
    assert (place / "j").read_bytes() == before
    flip(place / "t" / "a", 3 * PIECE + 2)
    ran = run(main, "--journal", "j", "v2.torrent")
    bad = [file.get("bad_blocks") for file in ran.documents[0]["verify"]["files"]]
    assert bad[0] == [[6, 6]]


def test_a_journal_that_is_none_is_left_alone(place):
    (place / "j").write_text("my diary\n")
    ran = run(main, "--journal", "j", "v2.torrent")
    assert ran.code == 3
    assert "so it is left alone: j" in ran.stderr
    ran = run(main, "--journal", "no/j", "v2.torrent")
    assert ran.code == 5
    assert "cannot open the journal: no such file or directory: no/j" in ran.stderr
    assert (place / "j").read_text() == "my diary\n"


def test_a_journal_that_cannot_be_written_is_said_once(place):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        ran = run(main, "--journal", "j", "v2.torrent")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (ran.code, ran.stdout) == (5, "")
    assert ran.stderr == "rain-verify: error: v2.torrent: cannot write: file too large: j\n"


def test_a_damaged_journal_is_said_and_what_follows_is_read_again(place):
    assert run(main, "--journal", "j", "v2.torrent", "v1.torrent").code == 0
    data = bytearray((place / "j").read_bytes())
    data[data.index(b" good ") + 8] ^= 1
    (place / "j").write_bytes(data)
    ran = run(main, "--journal", "j", "v2.torrent", "v1.torrent")
    assert ran.code == 0
    assert "journal is damaged: line " in ran.stderr
    assert [document["status"] for document in ran.documents] == ["complete"] * 2
    assert run(main, "--journal", "j", "v2.torrent", "v1.torrent").stderr == ""


def test_a_check_that_is_killed_goes_on_where_its_journal_ends(place, monkeypatch):
    write(place, {"big": 80 * 1024 * 1024})
    torrent = make(place / "big", MetaVersion.V1, piece_length=16 * 1024)
    (place / "big.torrent").write_bytes(torrent.raw)
    code = "import sys; from raintools.rain_verify import main; sys.argv = ['rain-verify'] + sys.argv[1:]; main()"
    command = [sys.executable, "-c", code, "-q", "-j1", "--journal", "j", "big.torrent"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        if (place / "j").exists() and b" good " in (place / "j").read_bytes():
            break
    process.kill()
    process.wait()
    book = Journal("j")
    stamps = content_state.states(Layout.of(torrent.info, place))
    key = f"{torrent.info.swarm_hash.hex()} {place}/big"
    proven = book.chapter(key).begin([state.stamp for state in stamps], torrent.info.geometry)
    book.close()
    assert proven.any()
    read = []
    checked = PieceChecker.check
    monkeypatch.setattr(
        PieceChecker,
        "check",
        lambda self, task, buffer: read.extend(task) or checked(self, task, buffer),
    )
    ran = run(main, "--journal", "j", "big.torrent")
    assert ran.code == 0
    assert len(read) == torrent.info.geometry.piece_count - proven.count()
    assert not any(proven[piece] for piece in read)


def test_events_and_unknown_keys_pass_through(place):
    event = {"type": "piece", "v": 1, "index": 1, "info_hash": "0a" * 20}
    event["time"] = "2026-11-25T00:00:00.000Z"
    line = {"type": "torrent", "path": str(place / "v1.torrent"), "mine": [1]}
    ran = run(main, stdin="\n".join(map(json.dumps, [event, line])).encode())
    assert ran.documents[0] == event
    assert ran.documents[1]["mine"] == [1]


# --- --match and --apply ---------------------------------------------------------------------


@pytest.fixture
def heap(place):
    """The files of the torrents under other names."""
    (place / "heap").mkdir()
    for number, name in enumerate(LENGTHS):
        shutil.move(place / "t" / name, place / "heap" / f"{number}.dat")
    return place / "heap"


@pytest.mark.parametrize("version", ["v1", "v2", "hybrid"])
def test_files_are_found_and_put_into_place(place, heap, version):
    ran = run(main, f"{version}.torrent", "--match", heap, "--dir", "new")
    assert (ran.code, ran.stderr) == (0, "")
    *matches, document = ran.documents
    assert [match["type"] for match in matches] == ["match"] * len(LENGTHS)
    assert {match["status"] for match in matches} == {"exact"}
    assert not (place / "new").exists()
    assert document["data_dir"] == str(place / "new")
    ran = run(main, f"{version}.torrent", "--match", heap, "--dir", "new", "--apply", "copy")
    assert {match["applied"] for match in ran.documents[:-1]} == {"copy"}
    assert run(main, f"{version}.torrent", "--dir", "new").code == 0
    ran = run(main, f"{version}.torrent", "--match", heap, "--dir", "new", "--apply", "copy")
    assert {match["status"] for match in ran.documents[:-1]} == {"in_place"}


def test_what_is_not_found_fails_and_the_rest_is_put_into_place(place, heap):
    (heap / "1.dat").write_bytes(bytes(PIECE))
    ran = run(main, "v2.torrent", "--match", heap, "--dir", "new", "--apply", "hardlink")
    assert ran.code == 1
    assert ran.stderr == "rain-verify: error: v2.torrent: 1 of 5 files was not found\n"
    assert (place / "new" / "t" / "a").samefile(heap / "0.dat")
    assert not (place / "new" / "t" / "b" / "c").exists()


def test_what_is_only_likely_is_copied_but_never_linked(place, heap):
    (heap / "1.dat").unlink()
    ran = run(main, "v1.torrent", "--match", heap, "--dir", "new", "--apply", "symlink")
    statuses = {match["path"]: match["status"] for match in ran.documents[:-1]}
    assert statuses["t/a"] == "likely"
    assert "not every byte is proven" in ran.stderr
    assert not os.path.lexists(place / "new" / "t" / "a")
    run(main, "v1.torrent", "--match", heap, "--dir", "new", "--apply", "copy")
    assert (place / "new" / "t" / "a").stat().st_size == LENGTHS["a"]


def test_existing_files_are_never_overwritten(place, heap):
    (place / "new" / "t").mkdir(parents=True)
    (place / "new" / "t" / "a").write_bytes(b"mine")
    ran = run(main, "v2.torrent", "--match", heap, "--dir", "new", "--apply", "copy")
    assert ran.code == 5
    assert "something is there already" in ran.stderr
    assert (place / "new" / "t" / "a").read_bytes() == b"mine"
    assert (place / "new" / "t" / "e").stat().st_size == LENGTHS["e"]


def test_people_see_where_each_file_is(place, heap):
    ran = run(main, "v2.torrent", "--match", heap, "--dir", "new", human=True)
    assert f"exact     t/a  <- {heap / '0.dat'}" in ran.stdout.splitlines()


def test_apply_needs_match_and_match_a_directory(place):
    assert run(main, "--apply", "copy", "v1.torrent").code == 2
    assert run(main, "--match", "nowhere", "v1.torrent").code == 2


@pytest.mark.parametrize("other", [["--quick"], ["--journal", "j"]])
def test_match_goes_with_no_other_way_of_checking(place, other):
    ran = run(main, "--match", place, *other, "v1.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--match goes neither with --quick nor with --journal" in ran.stderr
    assert not (place / "j").exists()


def test_a_match_can_go_on_in_a_pipe(place, heap):
    """What was put into place is a torrent document that says where it is."""
    args = ["--match", heap, "--dir", "new", "--apply", "copy"]
    document = run(main, "hybrid.torrent", *args).documents[-1]
    assert (document["status"], document["data_dir"]) == ("complete", str(place / "new"))
    lines = (json.dumps(document) + "\n").encode()
    assert run(main, stdin=lines).documents[0]["verify"]["pieces_bad"] == 0


def test_a_planted_symlink_does_not_lead_files_elsewhere(place, heap):
    (place / "new").mkdir()
    (place / "outside").mkdir()
    (place / "new" / "t").symlink_to(place / "outside")
    ran = run(main, "v2.torrent", "--match", heap, "--dir", "new", "--apply", "copy")
    assert ran.code == 3
    assert "a symlink is where the torrent's own file belongs" in ran.stderr
    assert not list((place / "outside").iterdir())


def test_hostile_names_stay_below_the_directory(place):
    """Each unsafe name becomes a safe one, the same that rain-fetch would use."""
    data = b"x" * 20_000
    pieces = hashlib.sha1(data[:16384]).digest() + hashlib.sha1(data[16384:]).digest()
    paths = [[b"..", b"..", b"evil"], [b"/etc/passwd"], [b"nul\0\x1b[2J"]]
    files = [{b"length": 20_000, b"path": paths[0]}]
    files += [{b"length": 0, b"path": path} for path in paths[1:]]
    info = {b"files": files, b"name": b"../up", b"piece length": 16384, b"pieces": pieces}
    (place / "bad.torrent").write_bytes(bencoding.encode({b"info": info}))
    (place / "heap").mkdir()
    (place / "heap" / "x").write_bytes(data)
    before = set(place.rglob("*"))
    ran = run(main, "bad.torrent", "--match", "heap", "--dir", "new", "--apply", "hardlink")
    assert ran.code == 0
    made = set(place.rglob("*")) - before
    assert all(path.is_relative_to(place / "new") for path in made)
    assert sum(path.is_file() for path in made) == len(paths)
    assert not any("\x1b" in match["path"] for match in ran.documents[:-1])
