"""rain-magnet beside the programs that also write or read magnet links.

These programs only read a file or an argument here; nothing is started that stays.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from raincore.formats import magnet, metainfo
from tests.documents import samples
from tests.tools import launchers

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import json, sys, libtorrent
link = libtorrent.parse_magnet_uri(sys.argv[1])
hashes = link.info_hashes
print(json.dumps({
    "info_hash": str(hashes.v1) if hashes.has_v1() else None,
    "info_hash_v2": str(hashes.v2) if hashes.has_v2() else None,
    "name": link.name,
    "trackers": sorted(link.trackers),
    "webseeds": link.url_seeds,
    "peers": [list(peer) for peer in link.peers],
    "wanted": [n for n, priority in enumerate(link.file_priorities) if priority],
}))
"""
WRITE = """
import sys, libtorrent
print(libtorrent.make_magnet_uri(libtorrent.torrent_info(sys.argv[1])))
"""
OUTSIDE = [
    *("-t", "http://a.example/x?y=1&z=a+b,udp://b.example:1", "-t", "http://c.example/"),
    *("-w", "http://w.example/b&c/"),
]


@pytest.fixture(scope="session", name="programs")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launchers.make_launchers(tmp_path_factory.mktemp("bin"))


@pytest.fixture(params=["--v1", "--hybrid", "--v2"])
def torrent(request: pytest.FixtureRequest, programs: Path, tmp_path: Path) -> Path:
    """A torrent of each version, of three files, with trackers and a web seed."""
    content = tmp_path / "a name & more + ü"
    content.mkdir()
    for number in range(3):
        (content / str(number)).write_bytes(bytes([number]) * 20_000)
    path = tmp_path / "a.torrent"
    called(programs / "rain-create", request.param, *OUTSIDE, "-o", path, content)
    return path


def called(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def need(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"not installed: {program}")
    return path


def pythons_with_libtorrent() -> list[str]:
    """This interpreter and the system's, which have different versions of it, if any."""
    system = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    code = "import importlib.util, sys; sys.exit(not importlib.util.find_spec('libtorrent'))"
    candidates = dict.fromkeys([sys.executable, system])
    return [one for one in candidates if subprocess.run([one, "-c", code]).returncode == 0]


each_libtorrent = pytest.mark.parametrize("python", pythons_with_libtorrent())


def facts(path: Path) -> dict[str, Any]:
    """What a link of this torrent is to say."""
    found = metainfo.parse(path.read_bytes())
    v1, v2 = found.info.info_hash, found.info.info_hash_v2
    return {
        "info_hash": v1.hex() if v1 else None,
        "info_hash_v2": v2.hex() if v2 else None,
        "name": "a name & more + ü",
        "trackers": sorted(url for tier in found.trackers for url in tier),
        "webseeds": list(found.webseeds),
    }


@each_libtorrent
def test_libtorrent_reads_our_links(programs: Path, torrent: Path, python: str) -> None:
    options = ["--no-json", "--peer", "192.0.2.1:6881", "--peer", "[2001:db8::1]:1"]
    link = called(programs / "rain-magnet", *options, torrent).strip()
    peers = [["192.0.2.1", 6881], ["2001:db8::1", 1]]
    expected = {**facts(torrent), "peers": peers, "wanted": []}
    assert json.loads(called(python, "-c", READ, link)) == expected


@each_libtorrent
def test_libtorrent_selects_the_same_files(programs: Path, torrent: Path, python: str) -> None:
    link = called(programs / "rain-magnet", "--no-json", "--select", "0,2", torrent).strip()
    wanted = json.loads(called(python, "-c", READ, link))["wanted"]
    entries = metainfo.parse(torrent.read_bytes()).info.files
    assert [entries[n].path[-1] for n in wanted] == ["0", "2"]


@each_libtorrent
def test_we_read_libtorrents_links(programs: Path, torrent: Path, python: str) -> None:
    link = called(python, "-c", WRITE, torrent).strip()
    document = json.loads(called(programs / "rain-magnet", "--json", link))
    found = {
        **{name: document.get(name) for name in ("info_hash", "info_hash_v2", "name", "webseeds")},
        "trackers": sorted(url for [url] in document["trackers"]),
    }
    assert found == facts(torrent)


def test_we_read_transmissions_links(programs: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.torrent"
    path.write_bytes(samples.full())
    link = called(need("transmission-show"), "--magnet", path).strip()
    ours = magnet.parse(called(programs / "rain-magnet", "--no-json", path))
    theirs = magnet.parse(json.loads(called(programs / "rain-magnet", "--json", link))["magnet"])
    assert (theirs.info_hash, theirs.name) == (ours.info_hash, ours.name)
    assert theirs.trackers == ours.trackers


def test_torf_reads_our_links(programs: Path, tmp_path: Path) -> None:
    torf = pytest.importorskip("torf")
    (tmp_path / "content").write_bytes(bytes(20_000))
    path = tmp_path / "a.torrent"
    called(programs / "rain-create", "-t", "http://a.example/", "-o", path, tmp_path / "content")
    link = called(programs / "rain-magnet", "--no-json", path).strip()
    found = torf.Magnet.from_string(link)
    assert found.infohash == metainfo.parse(path.read_bytes()).info.info_hash.hex()
    assert (found.dn, found.xl, list(found.tr)) == ("content", 20_000, ["http://a.example/"])
