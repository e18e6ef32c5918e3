"""Torrents at the limits that the man pages state go through each command that needs no network."""

import hashlib
import os

import pytest

from raincore.formats import bencoding
from tests.tools.place import Place, documents
from tests.tools.test_pipes_filters import FILTERS, there

MEMORY = 700_000_000
"""Bytes of address space that one process may take: some times the largest input."""


def many_files() -> dict:
    files = [{"length": n, "path": [f"d{n % 100}", f"file {n}"]} for n in range(10_000)]
    pieces = -(-sum(file["length"] for file in files) // 65_536)
    return {"info": info_of(files=files, pieces=bytes(20 * pieces), **{"piece length": 65_536})}


def many_pieces() -> dict:
    return {"info": info_of(length=16_384 * 1_000_000, pieces=bytes(20_000_000))}


def much_else() -> dict:
    return {"info": info_of(length=1, pieces=bytes(20)), "x": os.urandom(10_000_000)}


def info_of(**facts: object) -> dict:
    return {"name": "large", "piece length": 16_384, **facts}


MAKERS = {"files": many_files, "pieces": many_pieces, "bytes": much_else}


@pytest.fixture(name="large", params=sorted(MAKERS))
def _large(request: pytest.FixtureRequest, place: Place) -> dict:
    """What is in `large.torrent`, which the test finds in its place."""
    value = MAKERS[request.param]()
    (place.path / "large.torrent").write_bytes(bencoding.encode(value))
    return value


@pytest.mark.parametrize(
    "command", [f"{name} {given}".strip() for name, given in FILTERS.items() if there(name)]
)
def test_a_large_torrent_passes_in_bounded_memory(place: Place, large: dict, command: str) -> None:
    limited = f"ulimit -v {MEMORY // 1024}; "
    ended = place.run(f"{limited} {command} large.torrent | rain-inspect")
    assert ended.stderr == "" or "no file of it is there" in ended.stderr  # to verify with
    [document] = documents(ended)
    assert document["info_hash"] == hashlib.sha1(bencoding.encode(large["info"])).hexdigest()
    assert document["file_count"] == len(large["info"].get("files", [0]))
    assert document["piece_count"] == len(large["info"]["pieces"]) // 20


def test_all_of_a_large_torrent_is_shown(place: Place, large: dict) -> None:
    limited = f"ulimit -v {MEMORY // 1024}; "
    everything = place.run(f"{limited} rain-inspect --pieces --embed large.torrent | rain-inspect")
    assert (everything.code, everything.stderr) == (0, "")
    [document] = documents(everything)
    assert len(document["pieces"]) == document["piece_count"]
    assert "metainfo" in document
    for options in ("--raw --json", "--no-json --files --pieces"):
        ended = place.run(f"{limited} rain-inspect {options} large.torrent | wc -c")
        assert (ended.code, ended.stderr) == (0, "")
        assert int(ended.stdout) > 100


def test_ten_thousand_files_are_hashed_and_described(place: Place) -> None:
    for folder in range(100):
        (place.path / "many" / str(folder)).mkdir(parents=True)
        for number in range(100):
            (place.path / "many" / str(folder) / str(number)).write_bytes(b"%d" % number)
    limited = f"ulimit -v {MEMORY // 1024}; "
    ended = place.run(f"{limited} rain-create -q --hybrid many | rain-inspect | rain-magnet")
    assert (ended.code, ended.stderr) == (0, "")
    [document] = documents(ended)
    assert (document["file_count"], len(document["files"])) == (10_000, 10_000)


def test_two_thousand_torrents_in_one_process_take_no_more_memory_than_one(place: Place) -> None:
    place.run("rain-create photos")
    names = b"photos.torrent\n" * 2000
    (place.path / "names").write_bytes(names)
    measure = (
        "import resource, subprocess, sys;"
        "subprocess.run(['rain-inspect'], stdin=open(sys.argv[1]), stdout=subprocess.DEVNULL,"
        " check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    (place.path / "name").write_bytes(b"photos.torrent\n")
    one, many = (
        int(place.run(f'python3 -c "{measure}" {name}').stdout) for name in ("name", "names")
    )
    assert many < one + 4 * 1024
