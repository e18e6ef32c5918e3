"""Every verb of rain-dht against a DHT of libtorrent nodes, in both directions."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests import stdout_lines
from tests.interop import processes
from tests.interop.client import Place
from tests.interop.dht_nodes import COUNT, DhtNodes
from tests.interop.libtorrent_client import Libtorrent
from tests.interop.rain_client import command, environment
from tests.interop.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interop.conftest import MakeTorrent

pytestmark = pytest.mark.usefixtures("only_rain")

BEP_44 = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0044.json").read_text("utf-8"))
SECRET, PUBLIC = BEP_44["secret"], BEP_44["items"][0]["key"]
TIMEOUT = ["--timeout", "60s"]


class Ran(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    documents: list[dict[str, Any]]
    errors: str


class Everything(NamedTuple):
    """A DHT, and where commands run."""

    nodes: DhtNodes
    place: Place
    home: Path

    def rain(self, verb: str, *words: str | Path, given: str = "", joins: bool = True) -> Ran:
        """Run a verb of rain-dht to its end; it begins with one of the nodes, if it joins."""
        bootstrap = self.nodes.bootstrap if joins else []
        ended = subprocess.run(
            command("rain-dht", *verb.split(), *bootstrap, *words),
            input=given,
            capture_output=True,
            text=True,
            cwd=self.home,
            env=processes.surroundings(self.home) | environment(),
            timeout=2 * processes.PATIENCE,
            check=False,
        )
        return Ran(ended.returncode, stdout_lines.documents(ended.stdout), ended.stderr)

    def finds(self, verb: str, *words: str | Path, given: str = "") -> list[dict[str, Any]]:
        """What a verb writes, which must find something."""
        ran = self.rain(verb, *TIMEOUT, *words, given=given)
        assert (ran.code, ran.errors) == (0, ""), ran
        return ran.documents


@pytest.fixture(scope="module")
def dht(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    if missing := Libtorrent.missing():
        pytest.skip(f"not installed: {missing}")
    root = tmp_path_factory.mktemp("dht")
    with Tracker() as tracker:
        place = Place(root, tracker)
        try:
            nodes = DhtNodes(place)
            yield Everything(nodes, place, place.home("rain"))
        finally:
            place.close()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The key of the vectors of BEP 44, in the form in which libtorrent has it."""
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_text(SECRET)
    return path


def refused(ran: Ran, code: int) -> None:
    assert (ran.code, ran.documents) == (4, [])
    [line] = ran.errors.splitlines()
    assert f"({code})" in line
    assert "stored nowhere" in line


# --- nodes ------------------------------------------------------------------------------------


def test_ping_tells_the_id_and_the_time(dht: Everything) -> None:
    addresses = sorted(dht.nodes.spelled)[:5]
    ran = dht.rain("ping", *addresses, joins=False)
    assert (ran.code, ran.errors) == (0, "")
    assert sorted(node["address"] for node in ran.documents) == addresses
    assert all(0 < node["rtt_ms"] < 10_000 for node in ran.documents)


def test_ping_of_nobody_is_one_line(dht: Everything) -> None:
    nobody = f"127.0.0.1:{processes.free_port()}"
    ran = dht.rain("ping", nobody, "--timeout", "3s", joins=False)
    assert (ran.code, ran.documents) == (4, [])
    assert ran.errors.startswith(f"rain-dht ping: error: {nobody}: no answer in ")


def test_crawl_visits_every_node_once(dht: Everything) -> None:
    found = [node["address"] for node in dht.finds("crawl", "--rate", "300")]
    assert len(found) == len(set(found)) == COUNT
    assert set(found) == set(dht.nodes.spelled)


def test_crawl_ends_when_it_has_enough(dht: Everything) -> None:
    assert len(dht.finds("crawl", "--count", "3")) == 3


def test_nodes_of_a_crawl_are_pinged_and_keep_their_keys(dht: Everything) -> None:
    lines = [json.dumps(node | {"x_note": 1}) for node in dht.finds("crawl", "--count", "4")]
    ran = dht.rain("ping", given="\n".join(lines), joins=False)
    assert ran.code == 0, ran
    assert [node["x_note"] for node in ran.documents] == [1, 1, 1, 1]


def test_find_node_gives_the_closest_of_all_nodes(dht: Everything) -> None:
    every = {node["id"] for node in dht.finds("crawl", "--rate", "300")}
    target = "5a" * 20
    found = [node["id"] for node in dht.finds("find-node", target)]
    assert found == sorted(every, key=lambda one: int(one, 16) ^ int(target, 16))[:8]


# --- peers ------------------------------------------------------------------------------------


def test_peers_and_samples_and_counts_of_a_libtorrent_seed(
    dht: Everything, make_torrent: MakeTorrent, source: Path
) -> None:
    torrent = make_torrent("single file")
    dht.nodes.ask("share", node=4, torrent=str(torrent.path), directory=str(source))
    info_hash = torrent.info_hash.hex()

    def found() -> list[dict[str, Any]]:
        dht.nodes.ask("announce")
        ran = dht.rain("get-peers", info_hash)
        assert ran.code in (0, 4), ran
        return ran.documents

    [document] = processes.until(found, "the seed is found", poll=1)
    assert document["info_hash"] == info_hash
    assert document["peers"] == [dht.nodes.spelled[4]]

    def counted() -> bool:
        dht.nodes.ask("announce")
        [scraped] = dht.finds("scrape", torrent.path)
        assert scraped["info_hash"] == info_hash
        return (scraped["seeds"], scraped["peers"]) == (1, 0)

    processes.until(counted, "it counts as a seed", poll=1)
    samples = dht.finds("sample", "--count", "1")
    assert [sample["info_hashes"] for sample in samples] == [[info_hash]]
    [sampled] = dht.finds("sample", "--count", "1", "--torrents")
    assert sampled == {"type": "torrent", "v": 1, "info_hash": info_hash}


def test_libtorrent_finds_whom_we_announce(dht: Everything, make_torrent: MakeTorrent) -> None:
    torrent = make_torrent("odd sizes")
    given = json.dumps({"type": "torrent", "path": str(torrent.path), "x_note": [1]})
    [document] = dht.finds("announce", "--port", "4242", "--seed", given=given)
    assert document["x_note"] == [1]
    assert document["name"] == "a odd sizes"
    info_hash = torrent.info_hash.hex()
    peers = dht.nodes.ask("get_peers", node=9, info_hash=info_hash)["peers"]
    assert ["127.0.0.1", 4242] in peers
    [found] = dht.finds("get-peers", info_hash)
    assert found["peers"] == ["127.0.0.1:4242"]


def test_nobody_hears_of_a_private_torrent(dht: Everything, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    made = command("rain-create", "--private", "-o", "secret.torrent", "secret")
    env = processes.surroundings(tmp_path) | environment()
    subprocess.run(made, cwd=tmp_path, env=env, check=True, capture_output=True)
    for verb in ("get-peers", "scrape", "announce --port 4243"):
        ran = dht.rain(verb, tmp_path / "secret.torrent")
        assert (ran.code, ran.documents) == (3, [])
        assert ran.errors.endswith("a private torrent, of which the DHT must not hear\n")


def test_peers_that_nobody_knows_are_one_line(dht: Everything) -> None:
    ran = dht.rain("get-peers", "ab" * 20)
    assert (ran.code, ran.documents) == (4, [])
    assert "nobody knows a peer: " in ran.errors
    assert " nodes answered in " in ran.errors


# --- items ------------------------------------------------------------------------------------


def test_what_libtorrent_stores_we_get(dht: Everything) -> None:
    put = dht.nodes.ask("put", node=1, value="from libtorrent")
    assert put["stored"] > 0
    [item] = dht.finds("get", put["target"])
    assert (item["target"], item["value"]) == (put["target"], "from libtorrent")


def test_what_we_store_libtorrent_gets(dht: Everything) -> None:
    [item] = dht.finds("put", "-", given="from rain\n")
    assert item["stored"] >= 1
    assert dht.nodes.ask("get", node=5, target=item["target"])["value"] == "from rain\n"
    [again] = dht.finds("get", item["target"])
    assert again["value"] == "from rain\n"


def test_a_value_of_any_kind_survives(dht: Everything) -> None:
    [item] = dht.finds("put", "--bencoded", "-", given="d3:keyi-7e4:listl3:abcee")
    [again] = dht.finds("get", item["target"])
    assert again["value"] == {"key": -7, "list": ["abc"]}


def test_changes_go_both_ways_under_a_salt(dht: Everything, key_file: Path) -> None:
    both = {"key": PUBLIC, "salt": "both ways"}
    salt = ["--salt", "both ways"]
    first = dht.nodes.ask("put_mutable", node=3, secret=SECRET, value="one", **both)
    assert (first["stored"] > 0, first["seq"]) == (True, 1)
    [item] = dht.finds("get", PUBLIC, *salt)
    assert (item["value"], item["seq"], item["salt"], item["k"]) == ("one", 1, salt[1], PUBLIC)
    [item] = dht.finds("put", "--key", key_file, *salt, "two")
    assert item["seq"] == 2
    found = dht.nodes.ask("get_mutable", node=7, **both)
    assert (found["value"], found["seq"]) == ("two", 2)
    third = dht.nodes.ask("put_mutable", node=8, secret=SECRET, value="three", **both)
    assert third["seq"] == 3
    [item] = dht.finds("get", PUBLIC, *salt)
    assert (item["value"], item["seq"]) == ("three", 3)


def test_what_must_not_be_replaced_is_not(dht: Everything, key_file: Path) -> None:
    ours = ["--key", key_file, "--salt", "guarded"]
    dht.finds("put", *ours, "--seq", "7", "seven")
    refused(dht.rain("put", *ours, "--seq", "6", "six"), 302)
    rival = dht.rain("put", *ours, "--seq", "7", "another")
    assert (rival.code, rival.documents) == (4, [])
    assert "another value is stored under sequence number 7: use a higher one" in rival.errors
    refused(dht.rain("put", *ours, "--cas", "5", "eight"), 301)
    [item] = dht.finds("put", *ours, "--cas", "7", "eight")
    assert (item["seq"], item["refused"]) == (8, 0)


def test_a_new_key_signs_and_its_items_are_stored_again_without_it(
    dht: Everything, tmp_path: Path
) -> None:
    path = tmp_path / "new"
    made = dht.rain("key new", path, joins=False)
    public = made.documents[0]["k"]
    [item] = dht.finds("put", "--key", path, "mine")
    path.unlink()
    assert dht.nodes.ask("get_mutable", node=2, key=public, salt="")["value"] == "mine"
    [again] = dht.finds("put", "--items", given=json.dumps(item))
    assert again["stored"] >= 1
    assert {key: again[key] for key in ("target", "sig", "seq", "k")} == {
        key: item[key] for key in ("target", "sig", "seq", "k")
    }


def test_an_item_that_nobody_has_is_one_line(dht: Everything) -> None:
    ran = dht.rain("get", "cd" * 20)
    assert (ran.code, ran.documents) == (4, [])
    assert "nobody has the item: " in ran.errors


# --- our own node -----------------------------------------------------------------------------


def test_our_node_is_all_that_two_others_need(dht: Everything) -> None:
    port = processes.free_port()
    words = command("rain-dht", "node", "--port", str(port), *dht.nodes.bootstrap)
    words += ["--interval", "200ms"]
    home = dht.place.home("node")
    node = dht.place.start(words, "node", home, environment=environment(), lines=True)

    def events(what: str) -> list[dict[str, Any]]:
        shown = map(stdout_lines.checked, list(node.lines))
        return [one for one in shown if one["event"] == what and one["id"] and "nodes" in one]

    processes.until(lambda: [e for e in events("joined") if e["nodes"] >= 8], "it has joined")
    alone = ["--bootstrap", f"127.0.0.1:{port}", *TIMEOUT]
    [item] = dht.rain("put", *alone, "through our node", joins=False).documents
    found = dht.rain("get", *alone, item["target"], joins=False)
    assert [one["value"] for one in found.documents] == ["through our node"]
    node.signal(signal.SIGINT)
    assert node.wait() == 130
    assert events("stopped")
    assert node.errors == ""


def test_a_port_that_is_taken_is_said(dht: Everything) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        ran = dht.rain("node", "--port", str(port))
    assert (ran.code, ran.errors) == (4, f"rain-dht node: error: UDP port is in use: {port}\n")
