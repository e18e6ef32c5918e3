"""What rain-verify says about damaged content, beside libtorrent and torf."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from raincore.formats.info import MetaVersion
from raincore.storage import verification
from tests.storage.verifying import PIECE, VERSIONS, layout_of, make, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPT = """
import json, sys, time
import libtorrent as lt

statuses = lt.alert.category_t.status_notification
settings = {"listen_interfaces": "", "enable_dht": False, "enable_lsd": False}
session = lt.session({**settings, "alert_mask": statuses})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(sys.argv[1])
params.save_path = sys.argv[2]
params.flags = lt.torrent_flags.upload_mode
handle = session.add_torrent(params)  # without resume data, which makes it check
deadline = time.monotonic() + 30
seen = False
while time.monotonic() < deadline and not seen:
    session.wait_for_alert(1000)
    seen = any(type(alert).__name__ == "torrent_checked_alert" for alert in session.pop_alerts())
assert seen
status = handle.status(lt.torrent_handle.query_pieces)
count = params.ti.num_pieces()
print(json.dumps(list(map(bool, status.pieces))[:count] if status.pieces else [False] * count))
"""
LENGTHS = {
    "a": 5 * PIECE + 7,
    "b": PIECE - 1,
    "c/empty": 0,
    "c/exact": 2 * PIECE,
    "d": 10,
    "e": 3 * PIECE + 1,
}


def interpreters() -> Iterator[object]:
    """Every Python here that has libtorrent."""
    for python in ("/usr/bin/python3", sys.executable):
        command = [python, "-I", "-c", "import libtorrent; print(libtorrent.__version__)"]
        if Path(python).exists():
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode == 0:
                yield pytest.param(python, id=result.stdout.strip())


LIBTORRENTS = list(interpreters()) or [
    pytest.param("", marks=pytest.mark.skip(reason="not installed: libtorrent"))
]


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def cut(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])


def damage_at_random(root: Path) -> None:
    dice = Random(7)
    for name in dice.sample(["a", "b", "c/exact", "e"], 3):
        flip(root / name, dice.randrange(LENGTHS[name]))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "nothing": lambda root: None,
    "bits": damage_at_random,
    "the last byte": lambda root: flip(root / "e", -1),
    "cut": lambda root: cut(root / "a", 3 * PIECE + 100),
    "a missing file": lambda root: (root / "c" / "exact").unlink(),
    "a missing empty file": lambda root: (root / "c" / "empty").unlink(),
    "everything": shutil.rmtree,
}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    write(tmp_path / "t", LENGTHS)
    return tmp_path / "t"


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("python", LIBTORRENTS)
def test_libtorrent_has_the_same_good_pieces(
    content: Path, python: str, version: MetaVersion, damage: str
) -> None:
    torrent = make(content, version)
    (content.parent / "it.torrent").write_bytes(torrent.raw)
    DAMAGES[damage](content)
    found = verification.verify(torrent, layout_of(torrent, content))
    command = [python, "-I", "-c", SCRIPT, content.parent / "it.torrent", content.parent]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    good = [number for number, is_good in enumerate(json.loads(result.stdout)) if is_good]
    assert list(found.good) == good


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "everything"])
def test_torf_agrees_on_whether_all_is_well(content: Path, damage: str) -> None:
    torf = pytest.importorskip("torf")
    torrent = make(content, MetaVersion.V1)
    (content.parent / "it.torrent").write_bytes(torrent.raw)
    DAMAGES[damage](content)
    found = verification.verify(torrent, layout_of(torrent, content))
    other = torf.Torrent.read(content.parent / "it.torrent")
    problems: list[object] = []

    def note(*args: object) -> None:
        problems.extend(arg for arg in args if isinstance(arg, Exception))

    try:
        is_good = bool(other.verify(content, callback=note)) and not problems
    except torf.TorfError:
        is_good = False
    assert found.is_complete == is_good
