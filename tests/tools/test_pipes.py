"""Several commands in one shell pipeline: real processes, real pipes, real signals."""

import json
import os
import signal
import time

import pytest

from tests.tools.place import Place, documents, same_trees


@pytest.mark.parametrize("version", ["--v1", "--hybrid"])
def test_a_directory_is_copied_through_the_whole_chain(place: Place, version: str) -> None:
    ended = place.run(f"rain-create {version} photos | rain-seed | rain-fetch --dir copy")
    assert (ended.code, ended.stderr) == (0, "")
    assert documents(ended)[-1]["status"] == "complete"
    assert same_trees(place.path / "photos", place.path / "copy" / "photos")


def test_two_torrents_go_through_one_chain(place: Place) -> None:
    (place.path / "alone").write_bytes(bytes(40_000))
    ended = place.run("rain-create photos alone | rain-seed | rain-fetch --dir copy")
    assert (ended.code, len(documents(ended))) == (0, 2), ended.stderr
    assert same_trees(place.path / "photos", place.path / "copy" / "photos")
    assert (place.path / "copy" / "alone").read_bytes() == bytes(40_000)


def test_a_second_fetch_needs_nobody(place: Place) -> None:
    first = place.run("rain-create photos | rain-seed | rain-fetch --dir copy")
    second = place.run("rain-fetch --dir copy --timeout 5s photos.torrent")
    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert documents(second)[-1]["status"] == "complete"


def test_a_magnet_link_and_an_address_are_enough(place: Place) -> None:
    place.run("rain-create photos")
    seed = place.start("rain-seed", "--json", "photos.torrent")
    try:
        assert seed.stdout is not None
        peer = json.loads(seed.stdout.readline())["peers"][0]
        link = place.run("rain-magnet --no-json photos.torrent").stdout.strip()
        ended = place.run(f"rain-fetch --dir copy --timeout 30s --peer '{peer}' '{link}'")
        assert ended.code == 0, ended.stderr
        assert same_trees(place.path / "photos", place.path / "copy" / "photos")
    finally:
        seed.terminate()
        seed.communicate(timeout=20)


def test_torrents_named_line_by_line_are_inspected_one_by_one(place: Place) -> None:
    place.run("rain-create photos photos/one photos/two")
    ended = place.run("ls *.torrent | rain-inspect")
    assert ended.code == 0, ended.stderr
    assert [d["name"] for d in documents(ended)] == ["one", "photos", "two"]


def test_a_torrent_file_may_come_as_bytes_on_standard_input(place: Place) -> None:
    [created] = documents(place.run("rain-create photos"))
    [inspected] = documents(place.run("rain-inspect < photos.torrent"))
    assert inspected["info_hash"] == created["info_hash"]


def test_bencoded_output_feeds_the_next_command(place: Place) -> None:
    ended = place.run("rain-create -o - photos | rain-inspect | rain-magnet --no-json")
    assert ended.code == 0, ended.stderr
    assert ended.stdout.startswith("magnet:?xt=urn:btih:")
    assert not (place.path / "photos.torrent").exists()


def test_what_a_stage_does_not_know_it_passes_on(place: Place) -> None:
    ended = place.run("""
        rain-create photos | sed 's/^{/{"x_note":"kept",/' | rain-inspect | rain-magnet --json
    """)
    [document] = documents(ended)
    assert document["x_note"] == "kept"
    assert document["magnet"].startswith("magnet:?")


def test_an_event_on_standard_input_is_passed_on_untouched(place: Place) -> None:
    event = '{"type": "x-status", "v": 9, "x": [1,  2]}'
    ended = place.run(f"(echo '{event}'; rain-create photos) | rain-inspect")
    assert ended.stdout.splitlines()[0] == event


def test_a_bad_input_does_not_stop_the_good_ones(place: Place) -> None:
    ended = place.run(
        "echo nonsense > bad.torrent; rain-create photos > /dev/null;"
        "rain-inspect bad.torrent missing.torrent photos.torrent"
    )
    assert ended.code == 3
    assert [d["name"] for d in documents(ended)] == ["photos"]
    errors = ended.stderr.splitlines()
    assert [line.split(": ")[:3] for line in errors] == [
        ["rain-inspect", "error", "bad.torrent"],
        ["rain-inspect", "error", "missing.torrent"],
    ]


def test_a_bad_line_is_named_by_its_number_and_path(place: Place) -> None:
    ended = place.run("""echo '{"type":"torrent","v":1,"total_length":"many"}' | rain-magnet""")
    assert (ended.code, ended.stdout) == (3, "")
    assert "stdin line 1" in ended.stderr
    assert "$.total_length" in ended.stderr


def test_a_reader_that_leaves_early_is_no_error(place: Place) -> None:
    place.run("rain-create photos")
    ended = place.run(
        "yes photos.torrent | head -n 2000 | rain-inspect | head -n 1;exit ${PIPESTATUS[2]}"
    )
    assert (ended.code, ended.stderr) == (0, "")
    assert len(documents(ended)) == 1


def test_a_full_disk_behind_standard_output_is_one_clear_line(place: Place) -> None:
    place.run("rain-create photos")
    ended = place.run("rain-inspect photos.torrent > /dev/full")
    assert ended.code == 5
    assert len(ended.stderr.splitlines()) == 1
    assert "no space left on device" in ended.stderr


def test_seeding_ends_when_its_reader_goes_away(place: Place) -> None:
    ended = place.run("rain-create photos | rain-seed | head -n 1", seconds=20)
    assert (ended.code, ended.stderr) == (0, "")
    assert documents(ended)[0]["peers"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_seeding_within_five_seconds(place: Place, number: int, code: int) -> None:
    place.run("rain-create photos")
    seed = place.start("rain-seed", "--json", "photos.torrent")
    assert seed.stdout is not None
    seed.stdout.readline()  # it listens now
    asked = time.monotonic()
    seed.send_signal(number)
    _, complaints = seed.communicate(timeout=20)
    assert (seed.returncode, complaints) == (code, "")
    assert time.monotonic() - asked < 5


def test_nobody_there_is_a_network_error_after_the_timeout(place: Place) -> None:
    place.run("rain-create photos")
    ended = place.run("rain-fetch --dir copy --peer 127.0.0.1:9 --timeout 1s photos.torrent")
    assert ended.code == 4
    assert ended.stderr.startswith("rain-fetch: error: ")
    assert "Traceback" not in ended.stderr


def test_data_that_does_not_match_is_not_served(place: Place) -> None:
    place.run("rain-create photos")
    with (place.path / "photos" / "one").open("r+b") as file:
        file.seek(1000)
        file.write(os.urandom(16))
    ended = place.run("rain-seed photos.torrent", seconds=30)
    assert (ended.code, len(ended.stderr.splitlines())) == (1, 1)
