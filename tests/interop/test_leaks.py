"""Packet captures: who is bound sends from there only, and a private torrent tells nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop import processes, torrents
from tests.interop.lab import LAN, VPN, VPN_V6, WORLD, Lab, ip
from tests.interop.rain_client import command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.processes import Process
    from tests.interop.torrents import Torrent

pytestmark = pytest.mark.usefixtures("only_rain")

NAMES = ["tracker.rain.test", "files.rain.test", "peer.rain.test", "dht.rain.test"]
URL = "http://files.rain.test:8000/content.torrent"
TRACKER = "http://tracker.rain.test:8000/announce"
SEED_PORT, HOME_PORT = 7000, 7001
TCP, UDP = 6, 17
EVERYTHING_ON = {"RAIN_NO_DHT": "0", "RAIN_NO_LSD": "0"}
QUIET = ("--no-trackers", "--no-lsd")
"""So the world's seed does not find home by both cables, and only home dials."""
LENGTH = 3_000_000


@pytest.fixture
def lab(place: Place) -> Iterator[Lab]:
    if missing := Lab.missing():
        pytest.skip(missing)
    try:
        lab = Lab(place)
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")
    yield lab
    place.close()
    lab.close()


def share(lab: Lab, torrent: Torrent, source: Path, *options: str) -> Process:
    """Start everything that the world offers; returns its rain-seed, which serves."""
    lab.serve(NAMES, [f"{WORLD}:{SEED_PORT}"], torrent.path.parent)
    words = command("rain-seed", torrent.path, "--dir", source, "--port", str(SEED_PORT), *options)
    seed = lab.start(lab.world, words, "rain-seed", EVERYTHING_ON)
    seed.line()
    lab.sniff(lab.home)
    return seed


def fetch(lab: Lab, copy: Path, *options: str) -> Process:
    """Start rain-fetch at home, with the DHT and local discovery on."""
    words = command("rain-fetch", "--dir", copy, "--bootstrap", "dht.rain.test:6881", *options)
    return lab.start(lab.home, words, "rain-fetch", EVERYTHING_ON)


@pytest.fixture
def torrent(source: Path, tmp_path: Path) -> Torrent:
    source.mkdir()
    root = torrents.write_content(source, "content", {"": LENGTH})
    return torrents.make(root, tmp_path / "content.torrent", piece_length=65536, tracker=TRACKER)


def sources_by_device(lab: Lab) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for device, source, *_ in lab.sent(lab.home):
        found.setdefault(device, set()).add(source)
    return found


@pytest.mark.parametrize("bind", [["vpn0"], [VPN], [VPN, VPN_V6]], ids=" ".join)
def test_a_bound_run_sends_from_there_only(lab, torrent, source, copy, bind):
    share(lab, torrent, source, "--no-trackers")
    options = [word for text in bind for word in ("--bind", text)]
    process = fetch(lab, copy, URL, "--peer", "peer.rain.test:7000", *options)
    assert process.wait() == 0, process.describe()
    assert torrent.faults(copy) == []
    sent = lab.sent(lab.home)
    addresses = {VPN, VPN_V6} if len(bind) == 2 or bind == ["vpn0"] else {VPN}
    found = {(device, source) for device, source, _, protocol, _ in sent if protocol > 0}
    astray = [packet for packet in sent if packet[0] != "vpn0"]
    assert not astray
    assert found <= {("vpn0", address) for address in addresses}, sent
    assert {device for device, *_ in sent} == {"vpn0"}, sent
    asked = {(target, protocol, port) for _, _, target, protocol, port in sent}
    assert {(WORLD, UDP, 53), (WORLD, TCP, 8000), (WORLD, TCP, SEED_PORT)} <= asked


def test_a_run_that_is_not_bound_is_seen_on_the_other_device(lab, torrent, source, copy):
    """The others would pass with a sniffer that sees nothing."""
    share(lab, torrent, source, *QUIET)
    process = fetch(lab, copy, URL)
    assert process.wait() == 0, process.describe()
    assert LAN in sources_by_device(lab)["lan0"]


@pytest.mark.parametrize("bind", ["vpn0", VPN])
def test_questions_to_the_dht_are_bound_too(lab, torrent, copy, bind):
    lab.serve(NAMES, [f"{WORLD}:{SEED_PORT}"], torrent.path.parent)
    lab.sniff(lab.home)
    words = command("rain-dht", "get-peers", URL, "--bind", bind, "--timeout", "3s")
    words += ["--bootstrap", "dht.rain.test:6881"]
    process = lab.start(lab.home, words, "rain-dht")
    assert process.wait() == 4, process.describe()
    sent = lab.sent(lab.home)
    assert {(device, source) for device, source, *_, protocol, _ in sent if protocol > 0} == {
        ("vpn0", VPN)
    }, sent
    asked = {(target, protocol, port) for _, _, target, protocol, port in sent}
    assert {(WORLD, UDP, 53), (WORLD, TCP, 8000), (WORLD, UDP, 6881)} <= asked


@pytest.mark.parametrize("bind", ["vpn0", VPN])
def test_links_are_resolved_from_there_only(lab, torrent, source, tmp_path, bind):
    share(lab, torrent, source, *QUIET)
    link = torrent.magnet_with(TRACKER)
    words = command("rain-magnet", "--resolve", link, "-o", tmp_path / "a", "--bind", bind)
    words += ["--bootstrap", "dht.rain.test:6881"]
    process = lab.start(lab.home, words, "rain-magnet", EVERYTHING_ON)
    assert process.wait() == 0, process.describe()
    sent = lab.sent(lab.home)
    found = {(device, source) for device, source, *_, protocol, _ in sent if protocol > 0}
    assert found <= {("vpn0", VPN), ("vpn0", VPN_V6)}, sent
    assert ("vpn0", VPN) in found


@pytest.mark.parametrize("bind", ["vpn0", VPN])
@pytest.mark.parametrize("how", ["down", "gone"])
def test_when_the_device_goes_nothing_goes_another_way(lab, torrent, source, copy, bind, how):
    share(lab, torrent, source, "--no-trackers", "--limit-up", "100KB")
    process = fetch(lab, copy, URL, "--bind", bind, "--timeout", "5s", "--events")
    processes.until(lambda: any('"piece"' in line for line in process.lines), "a piece came")
    if how == "down":
        ip("-n", lab.home, "link", "set", "vpn0", "down")
    else:
        ip("-n", lab.home, "link", "del", "vpn0")
    assert process.wait() == 4, process.describe()
    assert "lan0" not in sources_by_device(lab), lab.sent(lab.home)
    assert process.errors.count("\n") < 10


def test_a_device_that_is_not_there_is_an_error_at_start(lab, torrent, copy):
    lab.sniff(lab.home)
    for bind, code in (("vpn1", 2), ("10.83.2.9", 2), ("", 2)):
        process = fetch(lab, copy, torrent.path, "--bind", bind)
        assert process.wait() == code, process.describe()
        [line] = process.errors.splitlines()
        assert line.startswith("rain-fetch: error: ")
    assert not lab.sent(lab.home)


def test_a_name_server_that_cannot_be_asked_is_said(lab, torrent, source, copy):
    share(lab, torrent, source, "--no-trackers")
    (lab.files / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    process = fetch(lab, copy, URL, "--bind", "vpn0")
    assert process.wait() == 4, process.describe()
    assert "no name server can be asked from vpn0" in process.errors
    assert not any(protocol > 0 for _, _, _, protocol, _ in lab.sent(lab.home))


def private(torrent: Torrent) -> Torrent:
    """The same torrent, private (BEP 27)."""
    raw = torrent.path.read_bytes()
    # The info dictionary is the last value; "private" sorts behind its other keys.
    torrent.path.write_bytes(raw[:-2] + b"7:privatei1e" + raw[-2:])
    return torrent


def test_a_public_torrent_is_looked_for_everywhere(lab, torrent, source, copy):
    """The next would pass if nothing was ever asked."""
    share(lab, torrent, source, *QUIET)
    process = fetch(lab, copy, str(torrent.path), "--seed-time", "3s")
    assert process.wait() == 0, process.describe()
    sent = lab.sent(lab.home)
    asked = {(target, port) for *_, target, _, port in sent}
    assert {(WORLD, 6881), ("239.192.152.143", 6771)} <= asked, sent


def test_a_private_torrent_tells_its_tracker_and_its_peers_only(lab, torrent, source, copy):
    private(torrent)
    seed = share(lab, torrent, source, "--bootstrap", "10.83.1.1:6881")
    lab.sniff(lab.world)
    process = fetch(lab, copy, str(torrent.path), "--port", str(HOME_PORT), "--seed-time", "3s")
    assert process.wait() == 0, process.describe()
    assert torrent.faults(copy) == []
    seed.close()
    names = {(WORLD, UDP, 53)}
    tracker = {(WORLD, TCP, 8000)}
    peer = {(WORLD, TCP, SEED_PORT)}
    at_home = {
        (target, protocol, port)
        for _, _, target, protocol, port in lab.sent(lab.home)
        if protocol > 0
    }
    assert tracker | peer <= at_home
    assert at_home <= names | tracker | peer
    # What the world says is answers: to the ports from which it was asked, and no others.
    in_world = {
        (source, target, protocol)
        for _, source, target, protocol, _ in lab.sent(lab.world)
        if protocol > 0
    }
    assert in_world <= {(WORLD, LAN, TCP), (WORLD, LAN, UDP)}
    assert not any(port in (HOME_PORT, 6771, 6881) for *_, port in lab.sent(lab.world))
