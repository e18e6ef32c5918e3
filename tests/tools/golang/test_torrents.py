"""The command line "rain torrent"."""

import hashlib
import json

import pytest

from raincore.formats import metainfo
from raintools.golang import torrents, verbs
from raintools.golang.verbs import Refused

INFO = b"d6:lengthi5e4:name5:phot\xff12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"
FILE = b"d4:info" + INFO + b"e"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.torrent").write_bytes(FILE)
    for name in ("one", "[two]", "deep/one", "deep/three"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(name.encode() * 5000)
    return tmp_path


def run(*words):
    return verbs.run(torrents.LEVEL, [*map(str, words)])


def made(path):
    found = metainfo.parse(path.read_bytes())
    files = sorted("/".join(map(str, file.path)) for file in found.info.files)
    return found, [name.replace("b'", "").replace("'", "") for name in files]


def test_show_leaves_out_the_hashes(path, capsys):
    assert run("show", "-f", "a.torrent") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["info"]["pieces"] == "<<< 20 bytes of data >>>"
    assert shown["info"]["name"] == "phot\ufffd"


def test_the_info_hash_is_of_the_raw_bytes(path, capsys):
    assert run("infohash", "--file=a.torrent") == 0
    assert capsys.readouterr().out == hashlib.sha1(INFO).hexdigest() + "\n"


@pytest.mark.parametrize("verb", ["show", "infohash"])
@pytest.mark.parametrize("content", [b"", b"i1e", b"de", b"d4:info", None])
def test_what_is_no_torrent_is_refused(path, verb, content, capsys):
    if content is None:
        (path / "bad").unlink(missing_ok=True)
    else:
        (path / "bad").write_bytes(content)
    if verb == "show" and content in (b"i1e", b"de"):
        assert run(verb, "bad") == 0
    else:
        with pytest.raises(Refused):
            run(verb, "bad")


def test_a_directory_becomes_a_torrent(path, monkeypatch, capsys):
    monkeypatch.setenv("OUT", "x")
    words = ["-f", "data", "-o", "$OUT.torrent", "-p", "-l", 32, "-t", "http://t/a", "-c", "hi"]
    assert run("create", *words) == 0
    found, files = made(path / "x.torrent")
    assert (found.info.piece_length, found.info.private, found.comment) == (32768, True, "hi")
    assert len(files) == 4
    assert capsys.readouterr().out == ""
    assert run("create", *words) == 0  # again, as Go does it


def test_several_files_need_a_root_and_a_name(path):
    several = ["-f", "data/one", "-f", "data/[two]", "-o", "x"]
    with pytest.raises(Refused, match="no root specified"):
        run("create", *several)
    with pytest.raises(Refused, match="no name specified"):
        run("create", *several, "-r", "data")
    with pytest.raises(Refused, match="not below the root"):
        run("create", *several, "-r", "data/deep", "-n", "x")


@pytest.mark.parametrize(
    ("given", "files"),
    [
        (["data/one", "data/[two]"], ["[two]", "one"]),
        (["data/one", "data/deep/three"], ["deep/three", "one"]),
        (["data/deep", "data/one"], ["deep/one", "deep/three", "one"]),
    ],
    ids=str,
)
def test_just_these_files_are_taken(path, given, files):
    words = [word for name in given for word in ("-f", name)]
    assert run("create", *words, "-r", "data", "-n", "both", "-o", "x.torrent") == 0
    names = made(path / "x.torrent")[1]
    assert [name.removeprefix("both/") for name in names] == files


def test_a_failure_is_a_one(path):
    assert run("create", "-f", "nowhere", "-o", "x") == 1


def test_more_is_read_than_is_strict_as_rain_does(path, capsys):
    twice = b"d6:lengthi9e" + INFO[1:]
    (path / "odd").write_bytes(b"d4:info" + twice + b"ejunk")
    assert run("infohash", "-f", "odd") == 0
    assert capsys.readouterr().out == hashlib.sha1(twice).hexdigest() + "\n"
    assert run("show", "-f", "odd") == 0
    assert json.loads(capsys.readouterr().out)["info"]["length"] == 5
