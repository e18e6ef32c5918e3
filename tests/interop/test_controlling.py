"""rain-ctl, rain client and the console's questions against the real rain-serve, as processes."""

from __future__ import annotations

import filecmp
import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from raincore.rpc import address
from raintools.console.polling import Poller, Wanted
from raintools.ctl.server import Server
from tests.interop.processes import PATIENCE, until
from tests.rules import tree
from tests.tools import launchers
from tests.tools.place import documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tools.launchers import Ended

pytestmark = pytest.mark.skipif("rain-serve" not in tree.scripts(), reason="rain-serve is missing")
QUIET = {
    "RAIN_NO_DHT": "1",
    "RAIN_NO_LSD": "1",
    "RAIN_HOST": "127.0.0.1",
    "RAIN_DHT_ENABLED": "false",
}


class Home:
    """A directory with a server in it, reached over its unix socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.programs = launchers.make_launchers(path / "bin")
        self.url = f"unix:{path}/rpc.sock"
        self.environment = {
            **launchers.environment(self.programs, path),
            **QUIET,
            "RAIN_RPC_UNIX_SOCKET": f"{path}/rpc.sock",
            "RAIN_RPC_URL": self.url,
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, stdout: int | None = subprocess.DEVNULL) -> subprocess.Popen:
        process = subprocess.Popen(
            command,
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )
        self.running.append(process)
        return process

    def serve(self) -> subprocess.Popen:
        process = self.start("rain-serve")
        until(lambda: self.run("rain-ctl version").code == 0, "the server answers")
        return process

    def run(self, line: str) -> Ended:
        exported = " ".join(f"{name}={value}" for name, value in QUIET.items())
        line = f"export RAIN_RPC_URL={self.url} {exported}; {line}"
        return launchers.shell(line, self.programs, self.path, seconds=PATIENCE)

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait(PATIENCE)
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "one").write_bytes(bytes(range(256)) * 2000)
    (photos / "two").write_bytes(b"two" * 9999)
    try:
        yield made
    finally:
        made.end()


def test_a_torrent_is_added_fetched_watched_and_removed(home: Home) -> None:
    home.serve()
    assert home.run("rain-create photos -o photos.torrent").code == 0
    with Server(address.parse(home.url)) as client:
        now = client.call("Session.GetEvents", {"Timeout": 0})["Revision"]
    events = home.start("rain-ctl", "events", "--since", str(now), stdout=subprocess.PIPE)
    seed = home.start("rain-seed", "photos.torrent", "--no-trackers", stdout=subprocess.PIPE)
    assert seed.stdout is not None
    assert events.stdout is not None
    (home.path / "seeding.json").write_bytes(seed.stdout.readline())
    ended = home.run("rain-ctl add --id photos --label home < seeding.json")
    [added] = documents(ended)
    assert (ended.code, added["id"], added["session"]["ID"]) == (0, "photos", "photos")
    running = ("downloading", "seeding")  # its peers came with it: it may be done by now
    until(lambda: documents(home.run("rain-ctl list"))[0].get("status") in running, "it runs")
    assert home.run(f"rain-ctl add-peer photos --addr {added['peers'][0]}").code == 0
    until(lambda: documents(home.run("rain-ctl list --status seeding")), "it seeds")
    copy = home.path / "rain" / "data" / "photos" / "photos"
    assert filecmp.cmpfiles(home.path / "photos", copy, ["one", "two"], shallow=False)[1:] == (
        [],
        [],
    )
    kinds = []
    while "completed" not in kinds:
        kinds.append(json.loads(events.stdout.readline())["Kind"])
    assert kinds[0] == "added"
    [listed] = documents(home.run("rain-ctl list --label home --stats"))
    assert listed["stats"]["Pieces"]["Missing"] == 0
    assert "photos/one" in home.run("rain-ctl file-stats photos --no-json").stdout
    removed = home.run("rain-ctl list | rain-ctl remove")
    assert (removed.code, [one["id"] for one in documents(removed)]) == (0, ["photos"])
    until(lambda: not copy.exists(), "the data is gone")


def test_what_is_set_outlives_a_restart_and_gos_command_line_sees_it(home: Home) -> None:
    first = home.serve()
    home.run("rain-create photos -o photos.torrent")
    assert home.run("rain client --url $RAIN_RPC_URL add photos.torrent -stopped -id=one").code == 0
    limits = "--limit-up 500KiB --seed-ratio 2 --label tv --select 1 --sequential"
    assert home.run(f"rain-ctl set one {limits}").code == 0
    assert home.run("rain-ctl add-tracker one -t http://127.0.0.1:1/a").code == 0
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 143
    assert home.run("rain-ctl list").code == 4
    home.serve()
    [wanted] = documents(home.run("rain-ctl set one"))
    assert (wanted["SpeedLimitUpload"], wanted["SeedRatioLimit"]) == (512_000, 2)
    assert (wanted["Labels"], wanted["Select"], wanted["Sequential"]) == (["tv"], ["1"], True)
    listed = json.loads(home.run("rain client --url $RAIN_RPC_URL list").stdout)
    assert [row["ID"] for row in listed] == ["one"]
    [why] = documents(home.run("rain-ctl explain one"))
    assert why["Causes"]
    [found] = documents(home.run("rain-ctl config"))
    assert found["Config"]["host"] == "127.0.0.1"


def test_the_console_asks_for_what_has_changed(home: Home) -> None:
    home.serve()
    home.run("rain-create photos -o photos.torrent")
    home.run("for id in a b c; do rain-ctl add --stopped --id $id photos.torrent; done")
    with Server(address.parse(home.url)) as client:
        poller = Poller(client)
        first = poller.look(Wanted(selected="a"))
        assert [row["ID"] for row in first.rows] == ["a", "b", "c"]
        assert "Name: photos" in first.details
        assert poller.look(Wanted(visible=["a"])).rows == []
        home.run("rain-ctl set b --label x; rain-ctl remove c")
        update = poller.look(Wanted(visible=["a"]))
        assert not update.is_whole
        assert ([row["ID"] for row in update.rows], update.removed) == (["b"], ["c"])
        assert list(update.stats) == ["a"]
