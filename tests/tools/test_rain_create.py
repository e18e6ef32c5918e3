"""rain-create as a person or a script meets it."""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from raincore.documents import registry
from raincore.formats import magnet, metainfo
from raintools.rain_create import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """The current directory, with something to hash below it."""
    photos = tmp_path / "content" / "photos"
    photos.mkdir(parents=True)
    (photos / "one").write_bytes(b"1" * 40_000)
    (photos / "two.tmp").write_bytes(b"2" * 10)
    (photos / ".hidden").write_bytes(b"3")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    return here


PHOTOS = "../content/photos"


def run(*arguments, code=0):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


def create(*arguments):
    """The document, validated, and the torrent that it names."""
    [line] = run("--json", *arguments).stdout.splitlines()
    document = json.loads(line)
    registry.validate(document)
    return document, metainfo.parse(Path(document["path"]).read_bytes())


def test_a_directory_becomes_a_torrent_in_the_current_directory(place):
    document, torrent = create(PHOTOS)
    assert document["path"] == str(place / "photos.torrent")
    assert document["data_dir"] == str(place.parent / "content")
    assert document["info_hash"] == torrent.info.info_hash.hex()
    assert [file["path"] for file in document["files"]] == ["photos/one", "photos/two.tmp"]
    assert (document["meta_version"], document["private"]) == ("v1", False)
    assert document["creation_date"] == "1970-01-02T00:00:00Z"
    assert "metainfo" not in document
    assert "magnet" not in document


@pytest.mark.parametrize("version", ["v1", "v2", "hybrid"])
def test_the_version_is_a_choice(version):
    document, torrent = create(f"--{version}", PHOTOS)
    assert document["meta_version"] == torrent.info.meta_version.value == version


def test_options_reach_the_torrent():
    document, torrent = create(
        *("-t", "http://a/,udp://b:1", "-t", "http://c/", "-w", "http://w/", "--http-seed"),
        *("http://h/", "--node", "r.example:1", "-n", "other", "-c", "hello", "-s", "TAG", "-p"),
        *("-l", "64KiB", "--no-created-by", "--no-date", "-e", "*.tmp", "-j", "2", PHOTOS),
    )
    assert torrent.trackers == (("http://a/", "udp://b:1"), ("http://c/",))
    assert (torrent.webseeds, torrent.http_seeds) == (("http://w/",), ("http://h/",))
    assert torrent.nodes == ("r.example:1",)
    assert (torrent.comment, torrent.created_by, torrent.creation_date) == ("hello", None, None)
    assert (torrent.info.source, torrent.info.private) == ("TAG", True)
    assert torrent.info.piece_length == 65536
    assert [file.path for file in torrent.info.files] == [("other", "one")]
    assert document["path"].endswith("/other.torrent")
    assert "data_dir" not in document


def test_hidden_included_and_linked_files_are_taken_when_asked(place):
    (place.parent / "content" / "photos" / "link").symlink_to("one")
    names = {"photos/.hidden", "photos/link", "photos/one", "photos/two.tmp"}
    document, _ = create("--hidden", "-F", PHOTOS)
    assert {file["path"] for file in document["files"]} == names
    document, _ = create("-f", "-e", "*", "--include", ".hid*", PHOTOS)
    assert {file["path"] for file in document["files"]} == {"photos/.hidden"}


def test_what_was_left_out_is_said(place):
    (place.parent / "content" / "photos" / "link").symlink_to("one")
    assert "warning: ../content/photos: left out, it is a symlink" in run(PHOTOS).stderr
    assert run("-q", "-f", PHOTOS).stderr == ""


def test_the_document_can_carry_the_torrent_and_the_link():
    document, torrent = create("--embed", "--magnet", PHOTOS)
    assert base64.b64decode(document["metainfo"]) == torrent.raw
    assert magnet.parse(document["magnet"]).info_hash == torrent.info.info_hash


def test_people_get_a_readable_view():
    text = run("--no-json", "--magnet", PHOTOS).stdout
    assert "photos" in text
    assert "magnet:?xt=urn:btih:" in text


def test_same_input_and_date_give_the_same_bytes(place):
    run("-o", "a", PHOTOS)
    run("-o", "b", "-j", "1", PHOTOS)
    assert (place / "a").read_bytes() == (place / "b").read_bytes()


def test_stdout_takes_the_bencoded_bytes(place):
    result = run("-o", "-", PHOTOS)
    assert metainfo.parse(result.stdout_bytes).info.name == "photos"
    assert list(place.iterdir()) == []


def test_an_existing_file_is_kept_without_force(place):
    (place / "photos.torrent").write_bytes(b"precious")
    assert "file exists" in run(PHOTOS, code=5).stderr
    assert (place / "photos.torrent").read_bytes() == b"precious"
    create("--force", PHOTOS)


def test_several_paths_give_several_torrents_in_a_directory(place):
    (place / "out").mkdir()
    lines = run("--json", "-o", "out", PHOTOS, f"{PHOTOS}/one").stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == [
        str(place / "out" / "photos.torrent"),
        str(place / "out" / "one.torrent"),
    ]


@pytest.mark.parametrize("out", ["-", "file"])
def test_several_torrents_do_not_fit_into_one_file(out):
    assert "-o needs a directory" in run("-o", out, PHOTOS, f"{PHOTOS}/one", code=2).stderr


def test_a_bad_path_does_not_stop_the_others(place):
    result = run("--json", "missing", PHOTOS, code=3)
    assert result.stderr == "rain-create: error: missing: no such file or directory\n"
    assert (place / "photos.torrent").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-l", "13", PHOTOS], 2, "piece length must be a multiple of 16 KiB"),
        (["--v2", "-l", "48KiB", PHOTOS], 2, "power of two"),
        (["-t", "nonsense", PHOTOS], 2, "tracker is not a URL: nonsense"),
        (["-n", "a/b", PHOTOS], 2, "not a name for a torrent: a/b"),
        (["-o", "no/where", PHOTOS], 5, "no such directory: no"),
        (["-e", "*", PHOTOS], 3, "nothing to put into a torrent"),
        (["/dev/null"], 3, "neither a file nor a directory"),
        ([], 2, "PATH"),
        (["/"], 2, "directory has no name, so one must be given: /"),
        (["--dry-run", "/"], 2, "directory has no name"),
        ([""], 3, "empty path"),
        (["--v1", "--v2", PHOTOS], 2, "--v1 and --v2 exclude each other"),
        (["--max-piece-length", "1KiB", PHOTOS], 2, "shorter than 16 KiB"),
        (["-l", "1MiB", "--max-piece-length", "64KiB", PHOTOS], 2, "more than the most"),
        (["--dry-run", "--v2", "-l", "48KiB", PHOTOS], 2, "power of two"),
        (["--dry-run", "--from-tar", "x"], 2, "--dry-run goes with PATH"),
        (["-j", "0", PHOTOS], 2, "0"),
    ],
)
def test_mistakes_are_named_with_the_right_code(place, arguments, code, message):
    stderr = run(*arguments, code=code).stderr
    assert message in stderr
    assert "Traceback" not in stderr
    assert list(place.iterdir()) == []


def test_a_dry_run_tells_how_long_the_torrent_will_be_and_writes_nothing(place):
    for options in ([], ["--hybrid", "-p", "-t", "http://a/", "-c", "hello"], ["--v2", "-l", "18"]):
        [line] = run("--json", "--dry-run", *options, PHOTOS).stdout.splitlines()
        plan = json.loads(line)
        registry.validate(plan)
        assert list(place.iterdir()) == []
        _, torrent = create(*options, PHOTOS)
        assert plan["chosen"]["torrent_length"] == len(torrent.raw)
        assert plan["chosen"]["piece_length"] == torrent.info.piece_length
        (place / "photos.torrent").unlink()


def test_a_dry_run_is_a_table_for_people(place):
    text = run("--no-json", "--dry-run", "--v2", PHOTOS).stdout
    assert [line.split()[1] for line in text.splitlines() if line.startswith("*")] == ["v2"]


def test_a_dry_run_reads_no_file(place):
    with open(place / "huge", "wb") as file:
        file.truncate(1 << 42)
    assert json.loads(run("--json", "--dry-run", "huge").stdout)["total_length"] == 1 << 42


def test_a_dry_run_is_not_stopped_by_a_torrent_that_it_would_not_write(place):
    (place / "x").write_bytes(b"x" * 1000)
    create("x")
    plan = json.loads(run("--json", "--dry-run", "x").stdout)
    assert plan["chosen"]["torrent_length"] == (place / "x.torrent").stat().st_size
    of_place = json.loads(run("--json", "--dry-run", "-o", "x.torrent", ".").stdout)
    assert of_place["file_count"] == 1


@pytest.mark.parametrize("option", ["--embed", "--magnet"])
@pytest.mark.parametrize("other", [["-o", "-"], ["--dry-run"]])
def test_what_belongs_into_the_document_is_refused_where_there_is_none(option, other):
    stderr = run(option, *other, PHOTOS, code=2).stderr
    assert f"{option} is for the document, which {' '.join(other)} does not write" in stderr


@pytest.mark.parametrize("out", ["missing/", "missing/x", "x" * 256, PHOTOS + "/one/x"])
def test_a_place_that_does_not_work_is_said_before_anything_is_hashed(place, out):
    with open(place / "huge", "wb") as file:
        file.truncate(1 << 42)
    assert f"{out.removesuffix('/x')}" in run("-o", out, "huge", code=5).stderr


def test_a_torrent_of_this_run_is_not_overwritten_by_the_next(place):
    (place / "d").mkdir()
    (place / "d" / "one").write_bytes(b"other")
    result = run("--json", "-f", f"{PHOTOS}/one", "d/one", code=2)
    assert "another torrent of this run is written there: one.torrent" in result.stderr
    [line] = result.stdout.splitlines()
    raw = (place / "one.torrent").read_bytes()
    assert metainfo.parse(raw).info.info_hash.hex() == json.loads(line)["info_hash"]


def test_a_wrong_option_is_told_once_and_not_for_each_path(place):
    stderr = run("-t", "nonsense", PHOTOS, "missing", code=2).stderr
    assert stderr == "rain-create: error: tracker is not a URL: nonsense\n"


def test_the_torrent_of_the_last_run_is_not_content_of_this_one(place, monkeypatch):
    monkeypatch.chdir(place.parent / "content" / "photos")
    first, _ = create(".")
    result = run("--json", "--force", ".")
    assert json.loads(result.stdout)["info_hash"] == first["info_hash"]
    assert "left out, a torrent is to be written there" in result.stderr
    assert "exists" in run(".", code=5).stderr


def test_content_is_not_overwritten_by_its_torrent(place):
    (place / "a.torrent").write_bytes(b"content")
    for out in ("a.torrent", "link"):
        if out == "link":
            (place / out).symlink_to("a.torrent")
        result = run("-f", "-o", out, "a.torrent", code=2)
        assert "its own torrent" in result.stderr
        assert (place / "a.torrent").read_bytes() == b"content"


def test_an_archive_is_not_overwritten_by_its_torrent(place):
    subprocess.run(["tar", "-C", "../content", "-cf", "a.tar", "photos"], check=True)
    before = (place / "a.tar").read_bytes()
    assert (
        "its own torrent: a.tar" in run("-f", "-o", "a.tar", "--from-tar", "a.tar", code=2).stderr
    )
    with open("a.tar", "rb") as archive:
        ended = process("-f", "-o", "a.tar", "--from-tar", "-", stdin=archive)
    assert b"its own torrent: stdin" in ended.communicate()[1]
    assert ended.returncode == 2
    assert (place / "a.tar").read_bytes() == before


def test_a_salt_changes_the_info_hash_only():
    plain, _ = create(PHOTOS)
    salted, torrent = create("-f", "-x", PHOTOS)
    again, _ = create("-f", "--xseed", PHOTOS)
    assert len({plain["info_hash"], salted["info_hash"], again["info_hash"]}) == 3
    assert plain["files"] == salted["files"]
    assert set(torrent.info.extra) == {b"entropy"}


def test_files_come_in_the_order_wanted(place):
    (place.parent / "content" / "photos" / "big").write_bytes(b"b" * 50_000)
    document, _ = create("--sort-by", "size:descending", PHOTOS)
    assert [file["length"] for file in document["files"]] == [50_000, 40_000, 10]
    message = "one order only"
    assert message in run("-f", "--hybrid", "--sort-by", "size", PHOTOS, code=2).stderr


def test_symlinks_are_taken_as_such_when_asked(place):
    (place.parent / "content" / "photos" / "link").symlink_to("one")
    (place.parent / "content" / "photos" / "out").symlink_to("/etc/passwd")
    result = run("--json", "--symlinks", PHOTOS)
    files = {file["path"]: file for file in json.loads(result.stdout)["files"]}
    assert files["photos/link"]["symlink"] == "photos/one"
    assert "photos/out" not in files
    assert "a symlink to somewhere else" in result.stderr


def test_commands_for_other_programs_work(place):
    transmission = ["-o", "t", "-t", "http://a/", "--piecesize", "32", "-p", PHOTOS]
    mktorrent = ["--output", "m", "--announce", "http://a/", "--piece-length=15", "-p", PHOTOS]
    imdl = ["--output", "i", "--announce-tier", "http://a/", "--piece-length", "32KiB"]
    torf = ["-o", "o", "--tracker", "http://a/", "--piece-size", "32KiB", "--nodate", "--yes"]
    raws = {
        metainfo.parse(Path(create(*arguments)[0]["path"]).read_bytes()).info.raw
        for arguments in (
            transmission,
            mktorrent,
            [*imdl, "-p", "--input", PHOTOS],
            [*torf, "--private", PHOTOS],
        )
    }
    assert len(raws) == 1


@pytest.mark.parametrize("path", [".", "./", "../here/", "../here//", "../here/."])
def test_the_name_is_that_of_the_directory_however_it_is_spelt(place, path):
    (place / "x").write_bytes(b"x")
    document, torrent = create("-o", "../t.torrent", path)
    assert (torrent.info.name, document["data_dir"]) == ("here", str(place.parent))


def test_a_path_given_twice_is_an_error_the_second_time(place):
    result = run("--json", PHOTOS, PHOTOS, code=5)
    assert len(result.stdout.splitlines()) == 1
    assert "file exists" in result.stderr


def test_odd_things_in_a_directory_are_left_out_and_said(place):
    os.mkfifo(place.parent / "content" / "photos" / "pipe")
    result = run("--json", PHOTOS)
    assert "left out, it is neither file nor directory" in result.stderr
    assert json.loads(result.stdout)["file_count"] == 2


@pytest.mark.parametrize("version", ["v1", "v2", "hybrid"])
def test_pieces_may_be_longer_than_the_content(version):
    document, _ = create(f"--{version}", "-l", "1GiB", "-e", "two.tmp", PHOTOS)
    assert (document["piece_count"], document["piece_length"]) == (1, 1 << 30)


def test_nothing_but_empty_files_makes_no_torrent(place):
    (place / "d").mkdir()
    (place / "d" / "a").write_bytes(b"")
    for path in ("d", "d/a"):
        assert "nothing but empty files" in run(path, code=3).stderr


def test_a_tree_that_nobody_could_read_is_refused_before_it_is_hashed(place):
    deep = place / "deep" / "/".join("d" * 150)
    deep.mkdir(parents=True)
    with open(deep / "huge", "wb") as file:
        file.truncate(1 << 41)
    for version in ("v1", "v2", "hybrid"):
        stderr = run(f"--{version}", "deep", code=3).stderr
        assert stderr.startswith("rain-create: error: deep: path has more than 97 names: /")
    assert [path.name for path in place.iterdir()] == ["deep"]


def test_a_name_that_is_not_utf_8_travels_in_the_torrent(place):
    odd = place / os.fsdecode(b"\xff")
    odd.write_bytes(b"x")
    document = json.loads(run("--json", str(odd)).stdout)
    registry.validate(document)
    assert metainfo.parse(base64.b64decode(document["metainfo"])).info.raw_name == b"\xff"
    assert document["data_dir"] == str(place)
    assert (place / os.fsdecode(b"\xff.torrent")).exists()


def process(*arguments, stdin=None):
    return subprocess.Popen(
        [sys.executable, "-m", "raintools.rain_create", *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}"},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def locked():
    """A directory that anybody may read, in a place that anybody may read, but for one thing."""
    with tempfile.TemporaryDirectory() as name:
        content = Path(name) / "content"
        (content / "sub").mkdir(parents=True)
        (content / "a").write_bytes(b"a" * 100)
        (content / "sub" / "b").write_bytes(b"b" * 100)
        Path(name).chmod(0o755)
        yield content
        (content / "sub").chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
@pytest.mark.parametrize(("what", "doing"), [("a", "read"), ("sub", "list"), ("sub/b", "read")])
@pytest.mark.parametrize("version", ["v1", "hybrid"])
def test_what_may_not_be_read_is_named(locked, what, doing, version):
    (locked / what).chmod(0)
    run(f"--{version}", "-o", "-", str(locked))  # loads every module that root alone may read
    os.seteuid(65534)
    try:
        result = run(f"--{version}", "-o", "-", str(locked), code=5)
    finally:
        os.seteuid(0)
    assert result.stdout_bytes == b""
    assert result.stderr.splitlines() == [
        f"rain-create: error: {locked}: cannot {doing}: permission denied: {locked / what}"
    ]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_hashing_and_leaves_nothing(place, number, code):
    with open(place / "huge", "wb") as file:
        file.truncate(1 << 40)
    with process("-l", "1MiB", "huge") as running:
        # It reads the file: from then on the signal comes in the middle of the hashing.
        links = Path(f"/proc/{running.pid}/fd")
        deadline = time.monotonic() + 20
        while not any(os.path.realpath(link).endswith("huge") for link in links.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.send_signal(number)
        _, stderr = running.communicate(timeout=10)
    assert running.returncode == code
    assert b"Traceback" not in stderr
    assert [path.name for path in place.iterdir()] == ["huge"]
