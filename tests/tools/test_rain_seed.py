"""rain-seed as a process: what it prints, when it ends, and what it refuses."""

import json
import signal
import socket

import pytest

from tests.tools.place import Place, documents, same_trees


def created(place: Place, *options: str) -> None:
    assert place.run(f"rain-create {' '.join(options)} photos").code == 0


def test_its_document_says_where_it_can_be_reached_loopback_first(place: Place) -> None:
    created(place)
    ended = place.run("rain-seed photos.torrent | head -n 1")
    [document] = documents(ended)
    assert document["status"] == "seeding"
    assert document["data_dir"] == str(place.path)
    assert document["peers"][0].startswith("127.0.0.1:")
    assert document["last"] is True


def test_it_ends_at_its_time_limit(place: Place) -> None:
    created(place)
    ended = place.run("rain-seed photos.torrent --seed-time 0.2s")
    assert (ended.code, ended.stderr) == (0, "")


def test_only_the_last_of_several_documents_is_marked(place: Place) -> None:
    (place.path / "alone").write_bytes(bytes(40_000))
    created(place, "alone")
    ended = place.run("rain-seed photos.torrent alone.torrent --seed-time 1s")
    shown = documents(ended)
    assert {document["name"] for document in shown} == {"photos", "alone"}
    assert [document.get("last") for document in shown][-1] is True
    assert [document.get("last") for document in shown].count(True) == 1


def test_events_end_with_the_document(place: Place) -> None:
    created(place)
    ended = place.run("rain-seed photos.torrent --events --seed-time 0.2s")
    shown = documents(ended)
    statuses = [event["status"] for event in shown if event["type"] == "status"]
    assert statuses == ["checking", "complete", "seeding", "stopped"]
    assert shown[-1]["type"] == "torrent"


def test_a_missing_file_is_named_and_nothing_is_served(place: Place) -> None:
    created(place)
    (place.path / "photos" / "one").unlink()
    ended = place.run("rain-seed photos.torrent")
    assert (ended.code, ended.stdout) == (1, "")
    assert "photos/one" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_content_of_which_some_is_good_is_refused_with_a_word_about_serving_that(
    place: Place,
) -> None:
    created(place)
    (place.path / "photos" / "two").unlink()
    ended = place.run("rain-seed photos.torrent")
    assert (ended.code, ended.stdout) == (1, "")
    assert "photos/two" in ended.stderr
    assert ended.stderr.endswith("; --partial serves what is good\n")


def test_content_of_which_nothing_is_good_is_refused_in_any_case(place: Place) -> None:
    (place.path / "alone").write_bytes(bytes(40_000))
    assert place.run("rain-create alone").code == 0
    (place.path / "alone").write_bytes(b"x" * 40_000)
    for option in ("", "--partial", "--partial --recheck"):
        ended = place.run(f"rain-seed alone.torrent {option}")
        assert (ended.code, ended.stdout) == (1, "")
        assert ended.stderr.startswith("rain-seed: error: alone.torrent: 3 of 3 pieces are missing")
        assert "--partial" not in ended.stderr


@pytest.mark.parametrize("version", ["--v1", "--v2", "--hybrid"])
def test_what_is_good_is_served_on_demand_and_nothing_is_touched(
    place: Place, version: str
) -> None:
    created(place, version)
    (place.path / "photos" / "two").unlink()
    path = place.path / "photos" / "one"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    for _ in range(2):  # the second believes the state that the first has saved
        ended = place.run("rain-seed photos.torrent --partial --events --seed-time 0.2s")
        assert ended.code == 0
        [warning] = ended.stderr.splitlines()
        assert "pieces are missing or do not match (" in warning
        assert warning.endswith("; only what is good is served")
        statuses = [one["status"] for one in documents(ended) if one["type"] == "status"]
        assert statuses == ["checking", "seeding", "stopped"]
    assert path.read_bytes() == content
    assert not (place.path / "photos" / "two").exists()
    assert place.run("rain-seed photos.torrent --seed-time 0.1s").code == 1


def test_changed_content_is_noticed_though_its_state_was_saved(place: Place) -> None:
    created(place)
    assert place.run("rain-seed photos.torrent --seed-time 0.1s").code == 0
    path = place.path / "photos" / "one"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    assert place.run("rain-seed photos.torrent --seed-time 0.1s").code == 1


def test_a_change_that_hides_from_size_and_mtime_is_found_by_rechecking(place: Place) -> None:
    import os

    created(place)
    assert place.run("rain-seed photos.torrent --seed-time 0.1s").code == 0
    path = place.path / "photos" / "one"
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert place.run("rain-seed photos.torrent --seed-time 0.1s --recheck").code == 1


def test_a_magnet_link_cannot_be_seeded(place: Place) -> None:
    ended = place.run(f"rain-seed 'magnet:?xt=urn:btih:{'a' * 40}'")
    assert (ended.code, ended.stdout) == (3, "")
    assert "give the .torrent file" in ended.stderr


@pytest.mark.parametrize("version", ["--v2", "--hybrid"])
def test_torrents_of_every_version_are_served_and_fetched(place: Place, version: str) -> None:
    ended = place.run(f"rain-create {version} photos | rain-seed | rain-fetch --dir copy")
    assert (ended.code, documents(ended)[0]["status"]) == (0, "complete")
    assert same_trees(place.path / "photos", place.path / "copy" / "photos")


def test_a_port_in_use_is_one_clear_line(place: Place) -> None:
    created(place)
    with socket.create_server(("0.0.0.0", 0)) as taken:  # what rain-seed binds
        port = taken.getsockname()[1]
        ended = place.run(f"rain-seed photos.torrent --port {port}")
    assert (ended.code, ended.stdout) == (4, "")
    assert ended.stderr == f"rain-seed: error: address already in use: 0.0.0.0:{port}\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_checking_ends_it(place: Place, number: int, code: int) -> None:
    with (place.path / "large").open("wb") as file:
        file.truncate(1 << 30)  # a hole, but rain-create reads it once
        file.seek((1 << 30) - 1)
        file.write(b"x")
    created_large = place.run("rain-create large --piece-length 16MiB", seconds=120)
    assert created_large.code == 0, created_large.stderr
    seed = place.start("rain-seed", "large.torrent", "--events")
    assert seed.stdout is not None
    assert json.loads(seed.stdout.readline())["status"] == "checking"
    seed.send_signal(number)
    _, stderr = seed.communicate(timeout=10)
    assert (seed.returncode, stderr) == (code, "")
