"""rain-fetch as a process: resuming, events, limits, and what goes wrong."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator

import pytest

from tests.tools.place import Place, documents, same_trees


@pytest.fixture
def peer(place: Place) -> Iterator[str]:
    """The address of a process that seeds `photos`, whose torrent is photos.torrent."""
    assert place.run("rain-create photos").code == 0
    seed = place.start("rain-seed", "photos.torrent")
    assert seed.stdout is not None
    yield json.loads(seed.stdout.readline())["peers"][0]
    seed.terminate()
    seed.communicate(timeout=10)


def test_events_tell_the_whole_story_and_end_with_the_document(place: Place, peer: str) -> None:
    ended = place.run(f"rain-fetch photos.torrent --peer {peer} --dir copy --events")
    shown = documents(ended)
    statuses = [event["status"] for event in shown if event["type"] == "status"]
    assert statuses == ["checking", "downloading", "complete", "stopped"]
    pieces = sorted(event["index"] for event in shown if event["type"] == "piece")
    assert pieces == list(range(shown[-1]["piece_count"]))
    files = {event["path"] for event in shown if event["type"] == "file"}
    assert files == {file["path"] for file in shown[-1]["files"] if file["length"]}
    assert {"connected", "disconnected"} <= {e["state"] for e in shown if e["type"] == "peer"}
    assert (shown[-1]["type"], shown[-1]["status"]) == ("torrent", "complete")


def test_a_magnet_link_becomes_a_document_that_carries_the_metainfo(
    place: Place, peer: str
) -> None:
    link = place.run(f"rain-magnet --no-json photos.torrent --peer {peer}").stdout.strip()
    home = place.path / "elsewhere"  # without what the seed remembers
    home.mkdir()
    ended = place.run(f"HOME={home} rain-fetch '{link}' --metadata-only | rain-inspect")
    [document] = documents(ended)
    assert document["name"] == "photos"
    assert document["file_count"] == 5
    assert not (place.path / "photos.copy").exists()


def test_damage_is_repaired_and_nothing_else_is_fetched(place: Place, peer: str) -> None:
    assert place.run(f"rain-fetch photos.torrent --peer {peer} --dir copy").code == 0
    path = place.path / "copy" / "photos" / "one"
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    ended = place.run(f"rain-fetch photos.torrent --peer {peer} --dir copy --events")
    fetched = [event for event in documents(ended) if event["type"] == "piece"]
    assert len(fetched) == 1
    assert same_trees(place.path / "photos", place.path / "copy" / "photos")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_what_was_verified_is_not_fetched_again(place: Place, number: int, code: int) -> None:
    (place.path / "large").write_bytes(random.Random(2).randbytes(6_000_000))
    assert place.run("rain-create large --piece-length 64KiB").code == 0
    seed = place.start("rain-seed", "large.torrent", "--limit-up", "2MB")
    assert seed.stdout is not None
    peer = json.loads(seed.stdout.readline())["peers"][0]
    try:
        command = ["rain-fetch", "large.torrent", "--peer", peer, "--dir", "copy", "--events"]
        first = place.start(*command)
        assert first.stdout is not None
        had = set()
        for line in first.stdout:
            event = json.loads(line)
            if event["type"] == "piece":
                had.add(event["index"])
                if len(had) == 20:
                    first.send_signal(number)
                    break
        first.communicate(timeout=10)
        assert first.returncode == code
        ended = place.run(" ".join(command))
        again = {event["index"] for event in documents(ended) if event["type"] == "piece"}
        assert ended.code == 0
        assert not had & again
        assert (place.path / "copy" / "large").read_bytes() == (place.path / "large").read_bytes()
    finally:
        seed.terminate()
        seed.communicate(timeout=10)


def test_a_rate_limit_holds(place: Place, peer: str) -> None:
    began = time.monotonic()
    ended = place.run(f"rain-fetch photos.torrent --peer {peer} --dir copy --limit-down 150KB")
    assert ended.code == 0
    assert time.monotonic() - began > 1.5  # 386 kB, less the first burst


def test_without_any_peer_it_says_what_to_do(place: Place) -> None:
    assert place.run("rain-create photos").code == 0
    ended = place.run("rain-fetch photos.torrent --dir copy")
    assert (ended.code, ended.stdout) == (4, "")
    assert ended.stderr == (
        "rain-fetch: error: photos.torrent: no peer is known; name one by --peer HOST:PORT\n"
    )


def test_an_unknown_magnet_ends_by_the_timeout(place: Place, peer: str) -> None:
    link = f"magnet:?xt=urn:btih:{'b' * 40}&x.pe={peer}"
    ended = place.run(f"rain-fetch '{link}' --timeout 1s")
    assert ended.code == 4
    assert "no progress for 1s" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_file_that_is_not_ours_is_left_alone(place: Place, peer: str) -> None:
    path = place.path / "copy" / "photos" / "one"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine" * 1_000_000)
    ended = place.run(f"rain-fetch photos.torrent --peer {peer} --dir copy")
    assert ended.code == 5
    assert "photos/one" in ended.stderr
    assert path.read_bytes() == b"mine" * 1_000_000


def test_a_directory_that_cannot_be_made_is_a_local_error(place: Place, peer: str) -> None:
    (place.path / "copy").write_text("a file")
    ended = place.run(f"rain-fetch photos.torrent --peer {peer} --dir copy/below")
    assert ended.code == 5
    assert "copy" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_fetch_goes_on_as_a_seed(place: Place, peer: str) -> None:
    link = place.start("rain-fetch", "photos.torrent", "--peer", peer, "--dir", "copy", "--seed")
    assert link.stdout is not None
    document = json.loads(link.stdout.readline())
    assert document["status"] == "seeding"
    second = place.run(f"rain-fetch photos.torrent --peer {document['peers'][0]} --dir third")
    link.terminate()
    link.communicate(timeout=10)
    assert second.code == 0
    assert link.returncode == 143
    assert same_trees(place.path / "photos", place.path / "third" / "photos")


def test_two_inputs_of_one_torrent_are_not_fetched_into_each_other(place: Place, peer: str) -> None:
    ended = place.run(f"rain-fetch photos.torrent photos.torrent --peer {peer} --dir copy")
    assert ended.code in (0, 3)
    assert same_trees(place.path / "photos", place.path / "copy" / "photos")
    assert os.listdir(place.path / "copy") == ["photos"]


# --- a selection ---------------------------------------------------------------------------


SMALL = [f"{number}.txt" for number in range(5)]


@pytest.fixture
def small_peer(place: Place) -> Iterator[str]:
    """A process that seeds `small`: five files of 1,000 bytes in one piece."""
    (place.path / "small").mkdir()
    for name in SMALL:
        (place.path / "small" / name).write_bytes(random.Random(name).randbytes(1000))
    assert place.run("rain-create small --piece-length 16KiB").code == 0
    seed = place.start("rain-seed", "small.torrent")
    assert seed.stdout is not None
    yield json.loads(seed.stdout.readline())["peers"][0]
    seed.terminate()
    seed.communicate(timeout=10)


def fetched(place: Place) -> dict[str, bytes]:
    """What there is of `small` in the copy; nothing else may be there."""
    paths = [path for path in (place.path / "copy").rglob("*") if path.is_file()]
    assert {path.parent for path in paths} <= {place.path / "copy" / "small"}
    return {path.name: path.read_bytes() for path in paths}


def original(place: Place, *numbers: int) -> dict[str, bytes]:
    return {SMALL[n]: (place.path / "small" / SMALL[n]).read_bytes() for n in numbers}


def test_two_files_of_five_in_one_piece(place: Place, small_peer: str) -> None:
    command = f"rain-fetch small.torrent --peer {small_peer} --dir copy --events"
    first = documents(place.run(f"{command} --select 1.txt --select 3"))
    assert (first[-1]["status"], first[-1]["select"]) == ("complete", [1, 3])
    assert [event["path"] for event in first if event["type"] == "file"] == [
        "small/1.txt",
        "small/3.txt",
    ]
    progress = [event for event in first if event["type"] == "progress"][-1]
    assert (progress["bytes_done"], progress["bytes_total"]) == (2000, 2000)
    assert fetched(place) == original(place, 1, 3)


def test_a_later_selection_takes_what_is_there_already(place: Place, small_peer: str) -> None:
    assert (
        place.run(f"rain-fetch small.torrent --peer {small_peer} --dir copy --select 1").code == 0
    )
    alone = place.run("rain-fetch small.torrent --dir copy --select '[34].txt' --events")
    assert alone.code == 0, "no peer is needed"
    shown = documents(alone)
    assert [event for event in shown if event["type"] == "piece"] == []
    assert shown[-1]["select"] == [3, 4]
    assert fetched(place) == original(place, 1, 3, 4)
    assert place.run("rain-fetch small.torrent --dir copy").code == 0
    assert fetched(place) == original(place, 0, 1, 2, 3, 4)


def test_damaged_parts_are_fetched_again(place: Place, small_peer: str) -> None:
    command = f"rain-fetch small.torrent --peer {small_peer} --dir copy"
    assert place.run(f"{command} --select 1").code == 0
    [parts] = place.path.rglob("rain/parts/*/bytes")
    parts.write_bytes(bytes(5000))
    shown = documents(place.run(f"{command} --select 0-2 --events"))
    assert [event["index"] for event in shown if event["type"] == "piece"] == [0]
    assert fetched(place) == original(place, 0, 1, 2)


def test_a_selection_resumes(place: Place, peer: str) -> None:
    command = "rain-fetch photos.torrent --dir copy --select 'deeper/*' --events"
    assert place.run(f"{command} --peer {peer}").code == 0
    shown = documents(place.run(command))
    assert [event for event in shown if event["type"] == "piece"] == []
    assert shown[-1]["status"] == "complete"
    copy, source = place.path / "copy" / "photos", place.path / "photos"
    assert [path.name for path in copy.iterdir()] == ["deeper"]
    assert same_trees(copy / "deeper", source / "deeper")


def test_a_link_selects_by_its_own_count(place: Place, small_peer: str) -> None:
    found = place.run(f"rain-magnet --no-json small.torrent --peer {small_peer} --select 2,4")
    ended = place.run(f"rain-fetch '{found.stdout.strip()}' --dir copy")
    [document] = documents(ended)
    assert document["select"] == [2, 4]
    assert fetched(place) == original(place, 2, 4)


def test_a_document_that_selects_is_obeyed(place: Place, small_peer: str) -> None:
    line = "rain-inspect small.torrent | jq -c '.select = [0]'"
    assert place.run(f"{line} | rain-fetch --peer {small_peer} --dir copy").code == 0
    assert fetched(place) == original(place, 0)


def test_pieces_come_in_order_if_that_is_wished(place: Place) -> None:
    (place.path / "large").write_bytes(random.Random(2).randbytes(2_000_000))
    assert place.run("rain-create large --piece-length 64KiB").code == 0
    seed = place.start("rain-seed", "large.torrent", "--limit-up", "2MB")
    assert seed.stdout is not None
    peer = json.loads(seed.stdout.readline())["peers"][0]
    try:
        ended = place.run(
            f"rain-fetch large.torrent --peer {peer} --dir copy --sequential --events"
        )
        pieces = [event["index"] for event in documents(ended) if event["type"] == "piece"]
        begun = pieces.index(0)  # before it come pieces that a choking peer gives (BEP 6)
        assert begun <= 5
        assert pieces[begun:] == sorted(pieces[begun:])
        assert len(pieces) == 31
    finally:
        seed.terminate()
        seed.communicate(timeout=10)


def test_files_are_skipped_and_come_in_the_order_in_which_they_are_wanted(place: Place) -> None:
    tree = place.path / "large"
    tree.mkdir()
    for name in ("a", "b", "c", "d.nfo"):
        (tree / name).write_bytes(random.Random(name).randbytes(500_000))
    assert place.run("rain-create large --piece-length 16KiB").code == 0
    seed = place.start("rain-seed", "large.torrent", "--limit-up", "2MB")
    assert seed.stdout is not None
    peer = json.loads(seed.stdout.readline())["peers"][0]
    try:
        ended = place.run(
            f"rain-fetch large.torrent --peer {peer} --dir copy --events"
            " --priority '*.nfo=skip' --priority 2=high --priority a=low"
        )
        shown = documents(ended)
        files = [event["path"] for event in shown if event["type"] == "file"]
        assert files == ["large/c", "large/b", "large/a"]
        assert (shown[-1]["status"], shown[-1]["select"]) == ("complete", [0, 1, 2])
        assert not (place.path / "copy" / "large" / "d.nfo").exists()
    finally:
        seed.terminate()
        seed.communicate(timeout=10)


@pytest.mark.parametrize(
    ("select", "told"),
    [
        ("*.png", "no file to select matches '*.png'"),
        ("7", "no such file to select: 7 of 5"),
    ],
)
def test_what_matches_nothing_is_said_before_anything_is_fetched(
    place: Place, small_peer: str, select: str, told: str
) -> None:
    link = place.run(f"rain-magnet --no-json small.torrent --peer {small_peer}").stdout.strip()
    for source in ("small.torrent", f"'{link}'"):
        ended = place.run(f"rain-fetch {source} --peer {small_peer} --dir copy --select '{select}'")
        assert (ended.code, ended.stdout) == (2, "")
        assert told in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
    assert not (place.path / "copy").exists()
