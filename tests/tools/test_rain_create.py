"""rain-create as a person or a script meets it."""

import base64
import json
import os
import signal
import subprocess
import sys
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
        (["-l", "17", PHOTOS], 2, "piece length must be a multiple of 16 KiB"),
        (["--v2", "-l", "48KiB", PHOTOS], 2, "power of two"),
        (["-t", "nonsense", PHOTOS], 2, "tracker is not a URL: nonsense"),
        (["-n", "a/b", PHOTOS], 2, "not a name for a torrent: a/b"),
        (["-o", "no/where", PHOTOS], 5, "no such file or directory"),
        (["-e", "*", PHOTOS], 3, "nothing to put into a torrent"),
        (["/dev/null"], 3, "neither a file nor a directory"),
        ([], 2, "PATH"),
        (["-j", "0", PHOTOS], 2, "0"),
    ],
)
def test_mistakes_are_named_with_the_right_code(place, arguments, code, message):
    stderr = run(*arguments, code=code).stderr
    assert message in stderr
    assert "Traceback" not in stderr
    assert list(place.iterdir()) == []


def test_a_name_that_is_not_utf_8_travels_in_the_torrent(place):
    odd = place / os.fsdecode(b"\xff")
    odd.write_bytes(b"x")
    document = json.loads(run("--json", str(odd)).stdout)
    registry.validate(document)
    assert metainfo.parse(base64.b64decode(document["metainfo"])).info.raw_name == b"\xff"
    assert document["data_dir"] == str(place)
    assert (place / os.fsdecode(b"\xff.torrent")).exists()


def process(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "raintools.rain_create", *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


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
