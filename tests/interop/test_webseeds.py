"""Content from a real web server, alone and beside peers."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import processes, torrents
from tests.interop.nginx import Nginx
from tests.interop.rain_client import RainFetch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain", "server")

MIB = 1 << 20
OPTIONS = ["--timeout", "30s", "--events", "--no-trackers"]
SECONDS = 90.0

Serve = "Callable[..., Nginx]"


@pytest.fixture
def server() -> None:
    if missing := Nginx.missing():
        pytest.skip(f"not installed: {missing}")


@pytest.fixture
def serve(place: Place, source: Path) -> Serve:
    """Start nginx above the content."""

    def start(lines: str = "", root: Path | None = None) -> Nginx:
        return Nginx(place, root or source, lines)

    return start


@pytest.fixture
def large(place: Place, source: Path, tmp_path: Path, seed: int) -> Torrent:
    """A torrent of one file, large enough to take a while."""
    root = torrents.write_content(source, "large file.bin", {"": 40 * MIB + 12345}, seed)
    out = tmp_path / "content.torrent"
    return torrents.make(root, out, piece_length=256 * 1024, tracker=place.tracker.url)


def with_webseeds(torrent: Torrent, *urls: str) -> Path:
    """The torrent, which names these web seeds."""
    raw = torrent.path.read_bytes()
    assert raw.endswith(b"e")
    torrent.path.write_bytes(raw[:-1] + b"8:url-list" + torrents.encode(list(urls)) + b"e")
    return torrent.path


def fetch(place: Place, path: Path, copy: Path, *options: str, **settings: Any) -> RainFetch:
    return RainFetch(
        place, path, copy, settings.pop("peers", []), options=[*OPTIONS, *options], **settings
    )


def events(run: RainFetch, kind: str) -> list[dict[str, Any]]:
    shown = [json.loads(line) for line in run.process.lines]
    return [event for event in shown if event["type"] == kind]


# --- alone -----------------------------------------------------------------------------------


@pytest.mark.parametrize("gzip", ["", "gzip on; gzip_types *; gzip_min_length 1;"])
@pytest.mark.parametrize("layout", torrents.LAYOUTS)
def test_a_web_seed_alone_is_enough(
    make_torrent: MakeTorrent, serve: Serve, place: Place, copy: Path, layout: str, gzip: str
) -> None:
    if gzip and layout not in ("single file", "odd sizes"):
        pytest.skip("packing is tested with two layouts")
    torrent = make_torrent(layout)
    server = serve(gzip)
    run = fetch(place, with_webseeds(torrent, f"{server.url}/"), copy)
    run.complete(SECONDS)
    assert torrent.faults(copy) == []
    server.until_sent(torrent.length)
    assert {status for status, _, _, _ in server.asked} <= {206}
    assert events(run, "webseed")[-1]["state"] == "active"
    assert events(run, "peer") == []


def test_a_single_file_may_be_named_by_its_own_url(
    make_torrent: MakeTorrent, serve: Serve, place: Place, copy: Path
) -> None:
    torrent = make_torrent("single file")
    url = f"{serve().url}/a%20single%20file"
    fetch(place, with_webseeds(torrent, url), copy).complete()
    assert torrent.faults(copy) == []


def test_padding_is_never_asked_for(
    make_torrent: MakeTorrent, libtorrent: Libtorrent, serve: Serve, place: Place, copy: Path
) -> None:
    torrent = make_torrent("odd sizes", "hybrid")
    assert b".pad" in torrent.path.read_bytes()
    server = serve()
    fetch(place, with_webseeds(torrent, f"{server.url}/"), copy).complete()
    assert torrent.faults(copy) == []
    server.until_sent(torrent.length)
    assert not any(".pad" in path for _, _, _, path in server.asked)


def test_a_redirect_is_followed_once_and_remembered(
    large: Torrent, serve: Serve, place: Place, copy: Path
) -> None:
    server = serve("location /old/ { rewrite ^/old/(.*)$ /$1 redirect; }")
    fetch(place, with_webseeds(large, f"{server.url}/old/"), copy).complete()
    assert large.faults(copy) == []
    moved = [path for status, _, _, path in server.asked if status == 302]
    assert 1 <= len(moved) <= 2 < len(server.asked)


def test_a_server_that_knows_no_ranges_still_gives_whole_files(
    make_torrent: MakeTorrent, serve: Serve, place: Place, copy: Path
) -> None:
    torrent = make_torrent("an empty file")
    fetch(place, with_webseeds(torrent, f"{serve('max_ranges 0;').url}/"), copy).complete()
    assert torrent.faults(copy) == []


def test_a_server_that_is_busy_now_and_then_is_asked_again(
    large: Torrent, serve: Serve, place: Place, copy: Path
) -> None:
    server = serve("limit_rate 16m; limit_conn all 1; add_header Retry-After 1 always;")
    run = fetch(place, with_webseeds(large, f"{server.url}/"), copy)
    run.complete(SECONDS)
    assert large.faults(copy) == []
    assert 503 in {status for status, _, _, _ in server.asked}


# --- beside peers ----------------------------------------------------------------------------


def test_a_web_seed_and_a_peer_share_the_work(
    large: Torrent, libtorrent: Libtorrent, serve: Serve, place: Place, source: Path, copy: Path
) -> None:
    server = serve("limit_rate 3m;")
    peer = libtorrent.seed(place, large, source, upload_limit=3 * MIB)
    run = fetch(place, with_webseeds(large, f"{server.url}/"), copy, peers=[peer.address])
    run.complete(SECONDS)
    assert large.faults(copy) == []
    from_web = events(run, "webseed")
    assert from_web
    assert server.sent > large.length // 10
    assert peer.uploaded > large.length // 10
    assert server.sent + peer.uploaded < large.length + 8 * MIB


def test_a_corrupt_file_bans_the_web_seed_and_a_peer_completes_the_torrent(
    large: Torrent,
    libtorrent: Libtorrent,
    serve: Serve,
    place: Place,
    source: Path,
    copy: Path,
    tmp_path: Path,
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    content = bytearray((source / large.name).read_bytes())
    content[:: 64 * 1024] = bytes(len(content[:: 64 * 1024]))
    (bad / large.name).write_bytes(content)
    server = serve(root=bad)
    peer = libtorrent.seed(place, large, source, upload_limit=8 * MIB)
    run = fetch(place, with_webseeds(large, f"{server.url}/"), copy, peers=[peer.address])
    run.complete(SECONDS)
    assert large.faults(copy) == []
    warnings = [event["message"] for event in events(run, "warning")]
    assert warnings == [f"web seed {server.url}/ sent bad data: banned"]
    assert [event["state"] for event in events(run, "webseed")][-1] == "banned"
    assert not any(
        e["state"] == "disconnected" and e["reason"] == "sent_bad_block"
        for e in events(run, "peer")
    )


# --- endings ---------------------------------------------------------------------------------


def test_an_interrupted_fetch_goes_on_where_it_was(
    large: Torrent, serve: Serve, place: Place, copy: Path
) -> None:
    server = serve("limit_rate 8m;")
    path = with_webseeds(large, f"{server.url}/")
    run = fetch(place, path, copy)
    processes.until(
        lambda: len(events(run, "piece")) > 40, "some pieces are stored", SECONDS, poll=0.1
    )
    run.process.signal(signal.SIGTERM)
    assert run.process.wait() == 128 + signal.SIGTERM
    again = fetch(place, path, copy, home=run.home)
    again.complete(SECONDS)
    assert large.faults(copy) == []
    assert len(events(again, "piece")) <= 161 - 40
    assert server.sent < large.length + 16 * MIB


def test_a_server_without_the_content_is_named_with_its_reason(
    large: Torrent, serve: Serve, place: Place, copy: Path
) -> None:
    url = f"{serve().url}/nowhere/"
    run = fetch(place, with_webseeds(large, url), copy, "--port", "0")
    assert run.process.wait() == 4
    assert f"web seed {url}: HTTP 404: does not have it" in run.process.errors


def test_web_seeds_are_not_asked_if_they_are_not_to_be(
    large: Torrent, serve: Serve, place: Place, copy: Path
) -> None:
    server = serve()
    run = fetch(place, with_webseeds(large, f"{server.url}/"), copy, "--no-webseeds", "--port", "0")
    assert run.process.wait() == 4
    assert server.asked == []
