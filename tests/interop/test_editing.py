"""rain-edit beside the programs that change or read .torrent files.

These programs only read and write a file here; nothing is started that stays.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from raincore.formats import metainfo
from tests.documents import samples
from tests.tools import launchers

if TYPE_CHECKING:
    from pathlib import Path

OUTSIDES: dict[str, dict[str, Any]] = {
    "no tracker": {},
    "one tracker": {"announce": "http://a.example/k1"},
    "two tiers": {
        "announce": "http://a.example/k1",
        "announce-list": [["http://a.example/k1", "http://b.example/k1"], ["udp://c.example:1"]],
    },
}
NEW = "http://new.example/"
EDITS: dict[str, tuple[list[str], list[str]]] = {
    # transmission-edit's options, and ours
    "add": (["-a", NEW], ["-t", NEW]),
    "add what is there": (["-a", "http://a.example/k1"], ["-t", "http://a.example/k1"]),
    "take the first out": (
        ["-d", "http://a.example/k1"],
        ["--remove-tracker", "http://a.example/k1"],
    ),
    "take a tier out": (["-d", "udp://c.example:1"], ["--remove-tracker", "udp://c.example:1"]),
    "take nothing out": (["-d", "http://x.example/"], ["--remove-tracker", "http://x.example/"]),
    "replace a part": (["-r", "k1", "k2"], ["-r", "k1", "k2"]),
    "replace nothing": (["-r", "zz", "k2"], ["-r", "zz", "k2"]),
    "all three": (
        ["-a", NEW, "-d", "http://b.example/k1", "-r", "k1", "k2"],
        ["-t", NEW, "--remove-tracker", "http://b.example/k1", "-r", "k1", "k2"],
    ),
}
LIBTORRENT = """
import json, sys, libtorrent
info = libtorrent.torrent_info(sys.argv[1])
print(json.dumps({
    "info_hash": str(info.info_hash()),
    "name": info.name(),
    "comment": info.comment(),
    "created_by": info.creator(),
    "trackers": sorted([tracker.tier, tracker.url] for tracker in info.trackers()),
    "webseeds": [seed["url"] for seed in info.web_seeds()],
    "nodes": [list(node) for node in info.nodes()],
    "private": info.priv(),
}))
"""
CHANGES = [
    *("-t", "http://a.example/,udp://b.example:1", "-t", "http://c.example/"),
    *("-w", "http://w.example/", "--node", "n.example:1", "-c", "ein Wört", "--created-by", "me"),
]


@pytest.fixture(scope="session", name="programs")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launchers.make_launchers(tmp_path_factory.mktemp("bin"))


def need(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"not installed: {program}")
    return path


def called(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pythons_with_libtorrent() -> list[str]:
    """This interpreter and the system's, which have different versions of it, if any."""
    system = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    code = "import importlib.util, sys; sys.exit(not importlib.util.find_spec('libtorrent'))"
    candidates = dict.fromkeys([sys.executable, system])
    return [one for one in candidates if subprocess.run([one, "-c", code]).returncode == 0]


@pytest.mark.parametrize("edit", sorted(EDITS))
@pytest.mark.parametrize("outside", sorted(OUTSIDES))
def test_trackers_end_up_as_transmission_leaves_them(
    programs: Path, tmp_path: Path, outside: str, edit: str
) -> None:
    theirs, ours = (tmp_path / name for name in ("theirs.torrent", "ours.torrent"))
    for path in (theirs, ours):
        path.write_bytes(samples.torrent(**OUTSIDES[outside]))
    called(need("transmission-edit"), *EDITS[edit][0], theirs)
    called(programs / "rain-edit", "--in-place", *EDITS[edit][1], ours)
    found, expected = (metainfo.parse(path.read_bytes()) for path in (ours, theirs))
    assert found.info.raw == expected.info.raw
    assert found.trackers == expected.trackers


@pytest.mark.parametrize("version", ["--v1", "--hybrid", "--v2"])
@pytest.mark.parametrize("python", pythons_with_libtorrent())
def test_libtorrent_reads_what_was_changed(
    programs: Path, tmp_path: Path, python: str, version: str
) -> None:
    path = tmp_path / "a.torrent"
    (tmp_path / "content").write_bytes(bytes(range(256)) * 200)
    made = called(programs / "rain-create", version, "-o", path, tmp_path / "content")
    before = json.loads(called(python, "-c", LIBTORRENT, path))
    called(programs / "rain-edit", "--in-place", "--no-trackers", *CHANGES, path)
    assert json.loads(called(python, "-c", LIBTORRENT, path)) == {
        "info_hash": before["info_hash"],
        "name": "content",
        "comment": "ein Wört",
        "created_by": "me",
        "trackers": [[0, "http://a.example/"], [0, "udp://b.example:1"], [1, "http://c.example/"]],
        "webseeds": ["http://w.example/"],
        "nodes": [["n.example", 1]],
        "private": False,
    }
    assert before["info_hash"] in json.dumps(json.loads(made))


@pytest.mark.parametrize("python", pythons_with_libtorrent())
def test_libtorrent_agrees_about_another_info_hash(
    programs: Path, tmp_path: Path, python: str
) -> None:
    path = tmp_path / "a.torrent"
    path.write_bytes(samples.torrent(samples.info_v1(files=None, length=20)))
    options = ["--name", "new", "--source", "TAG", "--private", "--xseed", "--new-info-hash"]
    [line] = called(programs / "rain-edit", "--in-place", *options, path).splitlines()
    found = json.loads(called(python, "-c", LIBTORRENT, path))
    assert found["info_hash"] == json.loads(line)["info_hash"]
    assert (found["name"], found["private"]) == ("new", True)


def test_transmission_shows_what_was_changed(programs: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.torrent"
    path.write_bytes(samples.full())
    called(programs / "rain-edit", "--quiet", "--in-place", "--no-trackers", *CHANGES, path)
    shown = called(need("transmission-show"), path)
    assert "Hash: 8f270afa78364085c37d13d9b8d1f593a8fb7af0" in shown
    for text in ("ein Wört", "Created by: me", "http://a.example/", "http://c.example/"):
        assert text in shown
    assert "one.example" not in shown


def test_torf_reads_what_was_changed(programs: Path, tmp_path: Path) -> None:
    torf = pytest.importorskip("torf")
    path = tmp_path / "a.torrent"
    info = {"name": "a", "length": 20, "piece length": 16384, "pieces": bytes(20)}
    path.write_bytes(samples.torrent(info))
    called(programs / "rain-edit", "--in-place", *CHANGES, path)
    found = torf.Torrent.read(path)
    assert list(map(list, found.trackers)) == [
        ["http://a.example/", "udp://b.example:1"],
        ["http://c.example/"],
    ]
    assert (list(found.webseeds), found.comment) == (["http://w.example/"], "ein Wört")
