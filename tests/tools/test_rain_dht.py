"""rain-dht as a command: what its verbs write, say and refuse."""

import json
import signal
import socket
import subprocess

import pytest
from click.testing import CliRunner

from raintools.rain_dht import main
from tests.rules import tree
from tests.tools.place import Place, documents
from tests.tools.running import run

HASH = "0123456789abcdef0123456789abcdef01234567"


def shown(*arguments: object) -> str:
    """What people see."""
    result = CliRunner().invoke(main, [*map(str, arguments), "--no-json"])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize("words", tree.verbs("rain-dht"), ids=" ".join)
def test_every_verb_has_help_with_an_example_and_its_own_schema(words):
    text = CliRunner().invoke(main, [*words, "--help"]).output
    assert f"rain-dht {' '.join(words)} " in text.partition("Options:")[0]
    assert "Examples:" in text or words == ("key", "show")
    schema = json.loads(CliRunner().invoke(main, [*words, "--schema"]).stdout)
    assert schema["$schema"]


def test_peers_are_announced_found_and_counted(entrance):
    told = run(main, "announce", "--port", 7000, *entrance, HASH)
    assert (told.code, told.stderr) == (0, "")
    [found] = run(main, "get-peers", *entrance, HASH).documents
    assert (found["info_hash"], found["peers"]) == (HASH, ["127.0.0.1:7000"])
    [counted] = run(main, "scrape", *entrance, HASH).documents
    assert (counted["seeds"], counted["peers"]) == (0, 1)
    # What a node gives stays the same for a while, so it need not be this one.
    [sampled] = run(main, "sample", "--count", 1, *entrance).documents
    assert len(sampled["info_hashes"]) == 1


def test_documents_come_out_enriched_and_others_pass(entrance, place: Place):
    assert run(main, "announce", "--port", 7001, *entrance, "ab" * 20).code == 0
    foreign = '{"type":  "x-event", "n": 1}'
    given = json.dumps({"type": "torrent", "info_hash": "ab" * 20, "x_own": 1, "peers": ["h:1"]})
    ended = place.run(
        f"printf '%s\\n' '{foreign}' '{given}' | rain-dht get-peers {' '.join(entrance)}"
    )
    assert (ended.code, ended.stderr) == (0, "")
    first, second = ended.stdout.splitlines()
    assert first == foreign
    found = json.loads(second)
    assert (found["peers"], found["x_own"]) == (["h:1", "127.0.0.1:7001"], 1)


def test_what_was_created_is_announced_in_one_line(entrance, place: Place):
    line = "rain-create photos | rain-dht announce --port 6881"
    ended = place.run(f"set -o pipefail; {line} {' '.join(entrance)}")
    assert (ended.code, ended.stderr) == (0, "")
    [document] = documents(ended)
    assert (document["name"], document["file_count"]) == ("photos", 5)


def test_a_bad_input_does_not_stop_the_others(entrance):
    assert run(main, "announce", "--port", 7002, *entrance, "cd" * 20).code == 0
    ended = run(main, "get-peers", *entrance, "nonsense", "cd" * 20, "ef" * 20)
    assert ended.code == 4
    assert [document["info_hash"] for document in ended.documents] == ["cd" * 20]
    refused, unknown = sorted(ended.stderr.splitlines(), key=lambda line: "nobody" in line)
    assert refused.startswith("rain-dht get-peers: error: nonsense: cannot be read: no such file")
    assert "nobody knows a peer: " in unknown


def test_people_get_lines_that_they_can_read(entrance, nodes):
    info_hash = "12" * 20
    told = shown("announce", "--port", 7003, *entrance, info_hash)
    assert told.startswith(f"{info_hash}: port 7003 announced at ")
    first, last = shown("get-peers", *entrance, info_hash).splitlines()
    assert first == "127.0.0.1:7003"
    assert last.startswith(f"{info_hash}: 1 peer found; ")
    scraped = shown("scrape", *entrance, info_hash)
    assert scraped.startswith(f"{info_hash}: about 0 seeds and 1 other peer; ")
    pinged = shown("ping", nodes[3])
    assert pinged.endswith(f" ms  {nodes[3]}\n")
    stored = shown("put", *entrance, "one\ttwo\nthree")
    target = stored.split()[1]
    assert stored.startswith("target ")
    assert shown("get", *entrance, target) == "one     two\nthree\n"
    assert all(len(line) == 40 for line in shown("sample", *entrance).splitlines())


def test_the_closest_nodes_and_all_nodes(entrance, nodes):
    found = run(main, "find-node", *entrance, HASH).documents
    assert len(found) == 8
    distances = [int(node["id"], 16) ^ int(HASH, 16) for node in found]
    assert distances == sorted(distances)
    crawled = run(main, "crawl", "--rate", 500, *entrance).documents
    assert {node["address"] for node in crawled} == set(nodes)


def test_nodes_of_one_stage_are_pinged_by_the_next(entrance, nodes, place: Place):
    ended = place.run(
        f"rain-dht crawl --count 3 {' '.join(entrance)} | rain-dht ping --timeout 30s"
    )
    assert (ended.code, ended.stderr) == (0, "")
    assert len(documents(ended)) == 3


def test_a_ping_names_who_is_silent(nodes):
    ended = run(main, "ping", "--timeout", "3s", "127.0.0.1:1", nodes[1], "no address")
    assert ended.code == 4
    assert [node["address"] for node in ended.documents] == [nodes[1]]
    lines = sorted(ended.stderr.splitlines())
    assert lines[0].startswith("rain-dht ping: error: 127.0.0.1:1: no answer in ")
    assert lines[1].startswith("rain-dht ping: error: no address: no port in address")


def test_items_with_a_key_change_and_are_stored_again(entrance, tmp_path, place: Place):
    path = tmp_path / "key"
    [key] = run(main, "key", "new", path).documents
    assert shown("key", "show", path) == key["k"] + "\n"
    salt = ["--salt", "news"]
    [first] = run(main, "put", "--key", path, *salt, *entrance, "one").documents
    [second] = run(main, "put", "--key", path, *salt, *entrance, "two").documents
    assert (first["seq"], second["seq"]) == (1, 2)
    old = run(main, "put", "--key", path, *salt, "--seq", 1, *entrance, "three")
    assert (old.code, old.documents) == (4, [])
    assert "a newer sequence number, or another value under this one, is stored (302)" in old.stderr
    [found] = run(main, "get", *salt, *entrance, key["k"]).documents
    assert (found["value"], found["target"]) == ("two", second["target"])
    every = run(main, "get", "--all", *salt, *entrance, key["k"]).documents
    assert every[-1] == found
    options = " ".join(entrance)
    again = place.run(
        f"rain-dht get --salt news {options} {key['k']} | rain-dht put --items {options}"
    )
    assert (again.code, documents(again)[0]["sig"]) == (0, found["sig"])


def test_a_key_file_is_not_overwritten_unasked(tmp_path):
    path = tmp_path / "key"
    [first] = run(main, "key", "new", path).documents
    refused = run(main, "key", "new", path)
    assert refused.code == 5
    assert refused.stderr == f"rain-dht key new: error: file exists: {path}\n"
    [second] = run(main, "key", "new", "--force", path).documents
    assert first["k"] != second["k"]


def test_a_key_that_others_may_read_is_a_warning(tmp_path):
    path = tmp_path / "key"
    run(main, "key", "new", path)
    path.chmod(0o644)
    ended = run(main, "key", "show", path)
    assert ended.code == 0
    assert ended.stderr.startswith(
        "rain-dht key show: warning: others may read this key: chmod 600"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "rain-dht: error: missing command"),
        (["no-such-verb"], 2, "rain-dht: error: no such command 'no-such-verb'"),
        (["announce", HASH], 2, "rain-dht announce: error: missing option '--port'"),
        (["find-node", "xyz"], 3, "rain-dht find-node: error: xyz: not 40 hex digits: 'xyz'"),
        (["get", "xyz"], 3, "neither a target (40 hex digits) nor a public key (64): 'xyz'"),
        (["put", "x" * 2000], 3, "value is too big: 2005 bytes bencoded, 1000 may be"),
        (["put", "--bencoded", "i1"], 3, "not a bencoded value: "),
        (["put", "--cas", "1", "x"], 2, "--salt, --seq and --cas need a --key"),
        (["put", "--items", "x"], 2, "with --items, the documents say what is stored"),
        (["put", "--key", "no such file", "x"], 5, "cannot read: no such file or directory"),
        (["key", "show", "/dev/null"], 3, "no key file (64 or 128 hex digits): /dev/null"),
        (["get-peers", HASH], 2, "no DHT node is named: do so by --bootstrap HOST:PORT"),
        (["crawl", "--rate", "0"], 2, "--rate"),
        (["ping", "--bootstrap", "x", "127.0.0.1:1"], 2, "no port in address"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, code, said):
    ended = run(main, *arguments)
    assert (ended.code, ended.documents) == (code, [])
    [line] = ended.stderr.splitlines()
    assert said in line


def test_a_value_is_measured_before_a_packet_is_sent_and_stdin_is_bounded(tmp_path):
    path = tmp_path / "key"
    run(main, "key", "new", path)
    salted = run(main, "put", "--key", path, "--salt", "s" * 65, "x")
    assert (salted.code, "salt is too big" in salted.stderr) == (3, True)
    large = run(main, "put", "-", stdin=b"x" * 200_000)
    assert (large.code, "value is too big: over 100,000 bytes" in large.stderr) == (3, True)


def test_a_private_torrent_is_refused_before_anything_is_asked(place: Place):
    place.run("rain-create --private photos")
    for verb in ("get-peers", "scrape", "announce --port 1"):
        ended = place.run(f"rain-dht {verb} --bootstrap 127.0.0.1:1 photos.torrent")
        assert (ended.code, ended.stdout) == (3, "")
        assert ended.stderr.endswith("a private torrent, of which the DHT must not hear\n")


def test_a_node_tells_what_happens_until_it_is_ended(entrance, place: Place):
    node = place.start("rain-dht", "node", "--interval", "100ms", *entrance)
    assert node.stdout is not None
    seen = set()
    while not {"listening", "joined", "status"} <= seen:
        seen.add(json.loads(node.stdout.readline())["event"])
    node.send_signal(signal.SIGINT)
    rest, errors = node.communicate(timeout=20)
    assert (node.returncode, errors) == (130, "")
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"


def test_a_reader_that_leaves_ends_it_quietly(entrance, place: Place):
    line = (
        f"rain-dht node --interval 100ms {' '.join(entrance)} | head -n 2; exit ${{PIPESTATUS[0]}}"
    )
    ended = place.run(line)
    assert (ended.code, ended.stderr, len(documents(ended))) == (0, "", 2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_question_quietly(place: Place, number: int, code: int):
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(60)
        entrance = f"127.0.0.1:{silent.getsockname()[1]}"
        words = ["rain-dht", "get-peers", "--bootstrap", entrance, "-v"]
        process = place.start(*words, stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(HASH + "\n")
        process.stdin.flush()
        silent.recv(1)  # it has asked
        process.send_signal(number)
    assert (process.wait(20), process.communicate()) == (code, ("", ""))
