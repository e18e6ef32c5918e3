"""By way of real proxies: everything arrives, and nothing goes past them."""

from __future__ import annotations

import os
import pwd
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.interop import client, processes, torrents
from tests.interop.opentracker import Opentracker
from tests.interop.rain_client import RainSeed, command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

LENGTH = 2_000_000
SECONDS = 60.0

DANTE = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: lo
socksmethod: none
clientmethod: none
user.unprivileged: {user}
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 log: connect }}
socks pass {{
    from: 0.0.0.0/0 to: 0.0.0.0/0
    command: connect udpassociate udpreply
    log: connect
}}
"""
TINYPROXY = """
Port {port}
Listen 127.0.0.1
LogLevel Connect
Timeout 60
"""


def start_proxy(place: Place, kind: str) -> str:
    """Start a proxy of a kind; give its URL."""
    home, port = place.home(kind), processes.free_port()
    if shutil.which(kind) is None:
        pytest.skip(f"not installed: {kind}")
    if kind == "microsocks":
        words = [kind, "-i", client.LOOPBACK, "-p", str(port), "-u", "me", "-P", "se:cret"]
        url = f"socks5://me:se%3Acret@{client.LOOPBACK}:{port}"
    elif kind == "danted":
        config = home / "danted.conf"
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        config.write_text(DANTE.format(port=port, user=user))
        words, url = [kind, "-f", str(config)], f"socks5://{client.LOOPBACK}:{port}"
    else:
        config = home / "tinyproxy.conf"
        config.write_text(TINYPROXY.format(port=port))
        words, url = [kind, "-d", "-c", str(config)], f"http://{client.LOOPBACK}:{port}"
    place.start(words, kind, home)
    processes.until(lambda: processes.listens(port), f"{kind} listens")
    return url


@pytest.fixture
def torrent(source: Path, tmp_path: Path) -> Torrent:
    source.mkdir()
    root = torrents.write_content(source, "content", {"": LENGTH})
    nobody = f"http://{client.LOOPBACK}:1/announce"
    return torrents.make(root, tmp_path / "content.torrent", piece_length=65536, tracker=nobody)


def fetch(place: Place, torrent: Torrent, copy: Path, url: str, *options: str) -> None:
    words = command("rain-fetch", torrent.path, "--dir", copy, "--proxy", url, *options)
    process = place.start(words, "rain-fetch", place.home("fetch"), environment=environment())
    assert process.wait(SECONDS) == 0, process.errors()
    assert torrent.faults(copy) == []


@pytest.mark.parametrize("kind", ["microsocks", "danted", "tinyproxy"])
def test_a_peer_by_name_is_reached_through_a_proxy(
    kind: str, place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    url = start_proxy(place, kind)
    _, port = RainSeed(place, torrent, source, options=["--no-trackers"]).address
    fetch(place, torrent, copy, url, "--no-trackers", "--peer", f"localhost:{port}")


def test_trackers_are_asked_through_a_proxy_by_udp_and_by_name(
    place: Place, torrent: Torrent, source: Path, copy: Path
) -> None:
    if missing := Opentracker.missing():
        pytest.skip(missing)
    url = start_proxy(place, "danted")
    tracker = Opentracker(place, torrent.info_hash)
    named = tracker.url("udp").replace(client.LOOPBACK, "localhost")
    announced = torrent.with_tracker(named)
    RainSeed(place, announced, source)
    tracker.until_counts(1, 0, 0)
    fetch(place, announced, copy, url)
    tracker.until_counts(1, 1, 0)
