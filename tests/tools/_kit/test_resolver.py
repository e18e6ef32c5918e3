"""rain-magnet --resolve, as a process: from a link to its torrent, or to the reason why not."""

import json
import shlex
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from raincore.formats import magnet, metainfo
from tests.net.web import Web, reply, web
from tests.tools.place import Place, documents

Handler = BaseHTTPRequestHandler


@pytest.fixture
def torrent(place: Place) -> metainfo.Metainfo:
    """That of `photos`, not in the way of what is written."""
    assert place.run("rain-create photos -o made.torrent -t udp://127.0.0.1:1").code == 0
    return metainfo.parse((place.path / "made.torrent").read_bytes())


@pytest.fixture
def peer(place: Place, torrent: metainfo.Metainfo) -> Iterator[str]:
    """The address of a process that seeds `photos`."""
    seed = place.start("rain-seed", "made.torrent", "--no-trackers")
    assert seed.stdout is not None
    yield json.loads(seed.stdout.readline())["peers"][0]
    seed.terminate()
    seed.communicate(timeout=10)


def link(torrent: metainfo.Metainfo, rest: str = "") -> str:
    return shlex.quote(f"magnet:?xt=urn:btih:{torrent.info.swarm_hash.hex()}{rest}")


def resolve(place: Place, rest: str, home: str = "elsewhere"):
    """Resolve on a machine that does not remember what the seed knows."""
    (place.path / home).mkdir(exist_ok=True)
    return place.run(f"HOME=$PWD/{home} rain-magnet --resolve {rest}")


def test_a_link_becomes_a_torrent_file_and_a_document_that_names_it(
    place: Place, torrent: metainfo.Metainfo, peer: str
) -> None:
    rest = f"&x.pe={peer}&ws=http://w.example/&tr=http://127.0.0.1:9/a&so=1"
    ended = resolve(place, link(torrent, rest))
    assert ended.code == 0
    [document] = documents(ended)
    assert document["path"] == str(place.path / "photos.torrent")
    assert document["select"] == [1]
    assert document["peers"] == [peer]
    assert "metainfo" not in document
    written = metainfo.parse((place.path / "photos.torrent").read_bytes())
    assert written.info == torrent.info
    assert written.trackers == (("http://127.0.0.1:9/a",),)
    assert written.webseeds == ("http://w.example/",)


def test_the_next_stage_of_a_pipe_needs_no_swarm(
    place: Place, torrent: metainfo.Metainfo, peer: str
) -> None:
    ended = resolve(place, f"{link(torrent)} --peer {peer} | rain-inspect")
    [document] = documents(ended)
    assert (document["name"], document["file_count"]) == ("photos", 5)


def test_an_info_hash_alone_is_enough(place: Place, torrent: metainfo.Metainfo, peer: str) -> None:
    ended = resolve(place, f"{torrent.info.swarm_hash.hex()} --peer {peer} -o - > x.torrent")
    assert (ended.code, ended.stdout) == (0, "")
    assert metainfo.parse((place.path / "x.torrent").read_bytes()).info == torrent.info


def test_a_second_run_needs_nobody_and_overwrites_nothing(
    place: Place, torrent: metainfo.Metainfo, peer: str
) -> None:
    assert resolve(place, f"{link(torrent)} --peer {peer}").code == 0
    again = resolve(place, link(torrent))
    assert again.code == 5
    assert "file exists, --force would overwrite it: photos.torrent" in again.stderr
    assert resolve(place, f"{link(torrent)} --force").code == 0
    assert resolve(place, f"{link(torrent)} -o other.torrent").code == 0


def test_a_file_in_the_way_is_found_before_anybody_is_asked(
    place: Place, torrent: metainfo.Metainfo
) -> None:
    ended = resolve(place, f"{link(torrent)} --peer 127.0.0.1:1 -o made.torrent")
    assert ended.code == 5
    assert "127.0.0.1" not in ended.stderr


def test_trackers_are_left_out_and_files_selected_as_options_say(
    place: Place, torrent: metainfo.Metainfo, peer: str
) -> None:
    options = f"--peer {peer} --no-trackers --select 0,2"
    [document] = documents(resolve(place, f"{link(torrent, '&tr=udp://127.0.0.1:3')} {options}"))
    assert "trackers" not in document
    assert document["select"] == [0, 2]
    shown = magnet.parse(document["magnet"])
    assert (shown.select, shown.trackers, shown.peers) == ((0, 2), (), (peer,))
    assert metainfo.parse((place.path / "photos.torrent").read_bytes()).trackers == ()


def test_several_links_are_resolved_side_by_side_and_a_bad_one_stops_no_other(
    place: Place, torrent: metainfo.Metainfo, peer: str
) -> None:
    lines = f"{link(torrent)}; echo {'ab' * 20}; echo nonsense"
    ended = place.run(
        f"mkdir h; (echo {lines}) | HOME=$PWD/h rain-magnet --resolve --peer {peer} --timeout 20s"
    )
    assert ended.code == 4
    assert [document["name"] for document in documents(ended)] == ["photos"]
    assert len(ended.stderr.splitlines()) == 2


def test_a_torrent_file_is_passed_on_and_written_only_where_asked_for(
    place: Place, torrent: metainfo.Metainfo
) -> None:
    [document] = documents(place.run("rain-magnet --resolve made.torrent"))
    assert document["path"] == str(place.path / "made.torrent")
    assert not (place.path / "photos.torrent").exists()
    assert place.run("rain-magnet --resolve made.torrent -o b.torrent").code == 0
    assert (place.path / "b.torrent").read_bytes() == torrent.raw


def test_a_private_torrent_is_written_and_called_private(place: Place) -> None:
    assert place.run("rain-create -p photos -o made.torrent").code == 0
    raw = (place.path / "made.torrent").read_bytes()
    torrent = metainfo.parse(raw)
    with web(lambda handler: reply(handler, raw)) as server:
        source = f"&xs={server.url}/a.torrent"
        [document] = documents(resolve(place, link(torrent, source)))
        assert document["private"] is True
        people = resolve(place, f"--no-json -f {link(torrent, source)}")
    assert "private: its trackers alone know its peers" in people.stdout


# --- from the web ----------------------------------------------------------------------------


def test_what_the_file_on_the_web_says_beyond_its_info_is_kept(
    place: Place, torrent: metainfo.Metainfo
) -> None:
    with web(lambda handler: reply(handler, torrent.raw)) as server:
        ended = resolve(place, link(torrent, f"&as={server.url}/a.torrent&tr=udp://127.0.0.1:2"))
    assert ended.code == 0
    written = metainfo.parse((place.path / "photos.torrent").read_bytes())
    assert written.trackers == (("udp://127.0.0.1:2",), ("udp://127.0.0.1:1",))
    assert written.created_by == torrent.created_by


def test_the_first_right_source_wins(place: Place, torrent: metainfo.Metainfo) -> None:
    released = threading.Event()

    def answer(handler: Handler) -> None:
        if handler.path == "/slow.torrent":
            released.wait(60)
        reply(handler, torrent.raw)

    with web(answer) as server:
        sources = f"&xs={server.url}/slow.torrent&ws={server.url}/fast.torrent"
        begun = time.monotonic()
        ended = resolve(place, link(torrent, sources))
        released.set()
    assert ended.code == 0
    assert time.monotonic() - begun < 60


def huge(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(100 * 2**20))
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(bytes(2**20))


def around(handler: Handler) -> None:
    reply(handler, b"", 302, Location=handler.path + "x")


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(300):
        handler.wfile.write(b"d")
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda handler: reply(handler, b"gone", 404), "the server said: 404"),
        (lambda handler: reply(handler, b"\0" * 1000), "not a .torrent file"),
        (huge, "longer than"),
        (around, "redirects"),
        (drip, "no answer yet from"),
    ],
    ids=["missing", "garbage", "100 MB", "redirect loop", "slow drip"],
)
def test_a_source_that_is_no_good_is_one_line_that_names_it(
    answer: Callable[[Handler], None], reason: str, place: Place, torrent: metainfo.Metainfo
) -> None:
    with web(answer) as server:
        source = f"{server.url}/a.torrent"
        ended = resolve(place, f"{link(torrent, f'&xs={source}')} --timeout 5s")
    assert (ended.code, ended.stdout) == (4, "")
    [line] = ended.stderr.splitlines()
    assert reason in line
    assert source in line


def test_a_source_with_another_torrent_is_one_warning_that_names_it(
    place: Place, torrent: metainfo.Metainfo
) -> None:
    assert place.run("rain-create photos/one -o other.torrent").code == 0
    other = (place.path / "other.torrent").read_bytes()
    with web(lambda handler: reply(handler, other)) as server:
        source = f"{server.url}/a.torrent"
        ended = resolve(place, link(torrent, f"&xs={source}"))
    warning, error = ended.stderr.splitlines()
    assert warning.endswith(f"another torrent is at {source}")
    assert f"{source}: gives another torrent" in error


def test_no_web_server_is_asked_if_none_is_to_be(place: Place, torrent: metainfo.Metainfo) -> None:
    with web(lambda handler: reply(handler, torrent.raw)) as server:
        ended = resolve(place, f"{link(torrent, f'&xs={server.url}/a')} --no-webseeds")
        assert_silent(server)
    assert ended.code == 4


def assert_silent(server: Web) -> None:
    assert server.asked == []


# --- why not ---------------------------------------------------------------------------------


def test_the_last_line_says_what_peers_and_trackers_did(
    place: Place, torrent: metainfo.Metainfo
) -> None:
    rest = "&tr=http://127.0.0.1:9/announce"
    options = "--peer 127.0.0.1:1 --peer 127.0.0.1:2 --port 0 --timeout 2s"
    ended = resolve(place, f"{link(torrent, rest)} {options}")
    assert ended.code == 4
    *_, line = ended.stderr.splitlines()
    assert "none of 2 peers could be reached" in line or "no metadata within 2s" in line
    assert "127.0.0.1:9" in line


def test_a_signal_ends_it_cleanly(place: Place, torrent: metainfo.Metainfo) -> None:
    text = shlex.split(link(torrent))[0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        peer = f"127.0.0.1:{silent.getsockname()[1]}"
        process = place.start("rain-magnet", "--resolve", text, "--peer", peer)
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (130, "")
    assert "Traceback" not in stderr
