"""rain-magnet: from a torrent to its magnet link, and from a magnet link to its parts."""

import json

import pytest

from raincore.formats import magnet
from raintools._kit import short_names
from raintools.rain_magnet import main
from tests.documents import samples
from tests.tools.running import run

HASH = "0a" * 20
LINK = f"magnet:?xt=urn:btih:{HASH}&dn=photos&tr=http%3A%2F%2Ft.example%2Fa&x.pe=h:1&so=0"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full.torrent").write_bytes(samples.full())
    (tmp_path / "hybrid.torrent").write_bytes(samples.torrent(samples.info_hybrid()))
    return tmp_path


def link_of(*arguments, stdin=b""):
    """The one link that people are shown."""
    ran = run(main, *arguments, stdin=stdin, human=True)
    assert (ran.code, ran.stderr, ran.stdout.count("\n")) == (0, "", 1)
    return magnet.parse(ran.stdout)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(["--select-only", "1"], ["--select", "1"]), (["--notracker"], ["--no-trackers"])],
)
def test_other_programs_names_for_options_are_understood(place, theirs, ours):
    assert link_of(*theirs, "full.torrent") == link_of(*ours, "full.torrent")


def test_people_get_just_the_link(place):
    link = link_of("full.torrent")
    assert link.info_hash.hex() == "8f270afa78364085c37d13d9b8d1f593a8fb7af0"
    assert link.name == "photos"
    assert link.length == 25
    assert link.trackers == tuple((url,) for tier in samples.TRACKERS for url in tier)
    assert link.webseeds == ("http://seed.example/",)


def test_a_hybrid_has_both_hashes(place):
    link = link_of("hybrid.torrent")
    assert link.info_hash is not None
    assert link.info_hash_v2 is not None


def test_programs_get_the_document_with_the_link(place):
    [document] = run(main, "full.torrent").documents
    assert magnet.parse(document["magnet"]) == link_of("full.torrent")
    assert document["path"] == str(place / "full.torrent")
    assert document["file_count"] == 2


def test_trackers_may_be_left_out(place):
    assert link_of("--no-trackers", "full.torrent").trackers == ()
    [document] = run(main, "--no-trackers", "full.torrent").documents
    assert document["trackers"] == samples.TRACKERS
    [document] = run(main, "--no-trackers", LINK).documents
    assert "trackers" not in document
    assert magnet.parse(document["magnet"]).trackers == ()


def test_peers_are_put_into_link_and_document(place):
    peers = ["--peer", "h:1", "--peer", "[::1]:2"]
    assert link_of(*peers, "full.torrent").peers == ("h:1", "[::1]:2")
    [document] = run(main, *peers, LINK).documents
    assert document["peers"] == ["h:1", "[::1]:2"]
    assert magnet.parse(document["magnet"]).peers == ("h:1", "[::1]:2")


def test_files_may_be_selected(place):
    assert link_of("--select", "1", "full.torrent").select == (1,)
    assert run(main, "--select", "0-1", "full.torrent").documents[0]["select"] == [0, 1]
    assert magnet.parse(run(main, "--select", "5", LINK).documents[0]["magnet"]).select == (5,)


def test_a_link_counts_padding_where_documents_do_not(place):
    assert link_of("--select", "0-1", "hybrid.torrent").select == (0, 2)
    assert run(main, "--select", "1", "hybrid.torrent").documents[0]["select"] == [1]


def test_a_file_that_does_not_exist_cannot_be_selected(place):
    ran = run(main, "--select", "2", "full.torrent")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == "rain-magnet: error: full.torrent: no such file to select: 2 of 2\n"


def test_a_magnet_link_is_taken_apart():
    [document] = run(main, LINK).documents
    assert document == {
        "type": "torrent",
        "v": 1,
        "info_hash": HASH,
        "name": "photos",
        "trackers": [["http://t.example/a"]],
        "magnet": document["magnet"],
        "select": [0],
        "peers": ["h:1"],
    }
    assert magnet.parse(document["magnet"]) == magnet.parse(LINK)
    assert run(main, LINK, human=True).stdout.splitlines() == [
        "name       photos",
        f"info-hash  {HASH}",
        "trackers   1  http://t.example/a",
        "peers      h:1",
        "selected   0",
        f"magnet     {document['magnet']}",
    ]


def test_everything_in_a_link_is_shown_and_kept():
    more = f"&xt=urn:btmh:1220{'0b' * 32}&ws=http%3A%2F%2Fw%2F&xs=http%3A%2F%2Fs%2F&xl=5"
    [document] = run(main, f"{LINK}{more}&kt=a&dht=h:2&xt=urn:ed2k:FF").documents
    assert document["info_hash_v2"] == "0b" * 32
    assert (document["meta_version"], document["total_length"]) == ("hybrid", 5)
    assert (document["webseeds"], document["sources"]) == (["http://w/"], ["http://s/"])
    assert document["unknown"] == {"kt": "a", "dht": "h:2", "xt": "urn:ed2k:FF"}
    [again] = run(main, document["magnet"]).documents
    assert again == document


def test_bytes_that_are_not_utf8_survive(place):
    raw = samples.torrent(announce=b"http://caf\xe9/", **{"url-list": b"http://\xff/"})
    (place / "odd.torrent").write_bytes(raw)
    link = link_of("odd.torrent")
    assert (link.trackers, link.webseeds) == ((("http://caf\udce9/",),), ("http://\udcff/",))
    line = run(main, "odd.torrent").stdout.encode()
    assert link_of(stdin=line) == link
    assert run(main, magnet.encode(link)).documents[0]["magnet"] == magnet.encode(link)


def test_an_info_hash_becomes_a_link():
    [document] = run(main, HASH).documents
    assert document["magnet"] == f"magnet:?xt=urn:btih:{HASH}"


def test_what_a_stage_before_learned_goes_into_the_link(place):
    given = {
        "type": "torrent",
        "path": str(place / "full.torrent"),
        "peers": ["192.0.2.1:1"],
        "select": [1],
        "trackers": [["http://new.example/a"]],
        "x": 1,
    }
    ran = run(main, stdin=json.dumps(given).encode())
    [document] = ran.documents
    link = magnet.parse(document["magnet"])
    assert link.peers == ("192.0.2.1:1",)
    assert link.select == (1,)
    assert link.trackers == (("http://new.example/a",),)
    assert document["x"] == 1


def test_a_document_goes_round_unchanged(place):
    first = run(main, "full.torrent")
    assert run(main, stdin=first.stdout.encode()).stdout == first.stdout


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("magnet:", "not a magnet link, which begins with magnet:?: 'magnet:'"),
        ("magnet:?dn=a", "xt: is missing: neither urn:btih nor urn:btmh names a torrent"),
        (
            "magnet:?xt=urn:btih:xyz",
            "xt: urn:btih takes 40 hex digits, or 32 characters of base32, not 3: 'xyz'",
        ),
        (f"magnet:?xt=urn:btih:{HASH}&so=2-1", "so: range runs backwards: '2-1'"),
        (f"magnet:?xt=urn:btih:{HASH}&xl=big", "xl: not a number of bytes: 'big'"),
    ],
)
def test_a_bad_link_is_refused_with_its_reason_and_the_next_goes_on(link, reason):
    ran = run(main, link, HASH)
    assert (ran.code, len(ran.documents)) == (3, 1)
    assert ran.stderr == f"rain-magnet: error: {short_names.of(link)}: {reason}\n"


def test_a_peer_that_is_no_address_is_left_out_with_one_warning():
    link = f"magnet:?xt=urn:btih:{HASH}&x.pe=nobody&x.pe=192.0.2.1:6881&x.pe=h:0"
    ran = run(main, link)
    [document] = ran.documents
    assert (ran.code, document["peers"]) == (0, ["192.0.2.1:6881"])
    [line] = ran.stderr.splitlines()
    assert line.startswith("rain-magnet: warning: ")
    assert line.endswith("(x.pe) is left out: no port in address: 'nobody', and 1 more")
    assert run(main, link, "--quiet").stderr == ""


@pytest.mark.parametrize(
    "arguments", [["--select", "x"], ["--peer", "x"], ["--resolve", "--timeout", "x"]]
)
def test_wrong_usage_is_told(arguments):
    assert run(main, *arguments, HASH).code == 2
