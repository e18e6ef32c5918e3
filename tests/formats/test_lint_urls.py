"""URLs and nodes that nobody can follow."""

import pytest

from raincore.formats import lint_urls
from tests.formats.lint_samples import URL, found, single, v1


def codes(url, kind=lint_urls.TRACKER):
    return [one.code for one in lint_urls.check_url(url, kind, "x")]


@pytest.mark.parametrize(
    "url",
    [
        "http://t.example.org/announce",
        "https://t.example.org:443/x/announce.php?passkey=0f&x=http://a",
        "udp://t.example.org:6969",
        "udp://t.example.org:6969/announce",
        "wss://t.example.org/",
        "http://8.8.8.8/announce",
        "http://[2001:4860:4860::8888]:80/announce",
        "http://user:pass@t.example.org/announce",
        "http://xn--e1afmkfd.xn--p1ai./announce",
    ],
)
def test_a_good_tracker_is_fine(url):
    assert codes(url) == []


@pytest.mark.parametrize(
    "url",
    [
        "t.example.org",
        "t.example.org:80/announce",
        "http:/t.example.org/announce",
        "http:///announce",
        "://t.example.org",
        " http://t.example.org/announce",
        "http://t.example.org/announce\r\n",
        "http://t.example.org/an nounce",
        'http://t.example.org/announce"',
        "http://t.example.org/announcehttp://u.example.org/announce",
        "http://t.example.org:0/announce",
        "http://t.example.org:99999/announce",
        "http://t.example.org:x/announce",
        "http://[::1/announce",
        "http://t..example.org/announce",
        "http://t,example.org/announce",
        "http://" + "a" * 64 + ".org/announce",
        "\udcff",
    ],
)
def test_what_is_no_url_is_found_and_no_more_is_said(url):
    assert codes(url) == ["url-invalid"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://t.example.org/announce", "url-scheme"),
        ("dht://t.example.org:1", "url-scheme"),
        ("udp://t.example.org", "tracker-without-port"),
        ("udp://t.example.org/announce", "tracker-without-port"),
        ("http://t.example.org", "tracker-without-scrape"),
        ("http://t.example.org/announce/", "tracker-without-scrape"),
        ("http://localhost/announce", "url-local"),
        ("http://tracker/announce", "url-local"),
        ("http://nas.local:1/announce", "url-local"),
        ("http://127.0.0.1/announce", "url-local"),
        ("http://10.1.2.3/announce", "url-local"),
        ("http://169.254.0.1/announce", "url-local"),
        ("http://[fe80::1]/announce", "url-local"),
        ("http://[::1]/announce", "url-local"),
        ("http://224.0.0.1/announce", "url-local"),
        ("http://0.0.0.0/announce", "url-local"),
        ("http://t.example.org/ä/announce", "url-not-ascii"),
        ("http://прим.example.org/announce", "url-not-ascii"),
        ("http://t.example.org/\udcff/announce", "url-not-ascii"),
    ],
)
def test_what_is_odd_about_a_tracker_is_found(url, code):
    assert codes(url) == [code]


def test_what_is_odd_depends_on_what_a_url_is_for():
    assert codes("udp://t.example.org:1", lint_urls.WEBSEED) == ["url-scheme"]
    assert codes("ftp://t.example.org/a", lint_urls.WEBSEED) == []
    assert codes("ftp://t.example.org/a", lint_urls.HTTP_SEED) == ["url-scheme"]
    assert codes("http://t.example.org/a.torrent", lint_urls.SOURCE) == []


def test_tiers_are_looked_at_as_they_stand():
    other = "udp://u.example.org:1"
    tiers = [[URL, other], [], [other, " "], "x", [7]]
    assert found(**{"announce-list": tiers}) == [
        ("tracker-tier-empty", "announce-list[1]"),
        ("tracker-duplicate", "announce-list[2][0]"),
        ("url-invalid", "announce-list[2][1]"),
        ("url-invalid", "announce-list[3]"),
        ("wrong-type", "announce-list[4][0]"),
    ]


def test_announce_belongs_to_its_list():
    assert found(**{"announce-list": [[URL]]}) == []
    assert found(announce="x", **{"announce-list": [[URL]]}) == [
        ("announce-not-in-list", "announce"),
        ("url-invalid", "announce"),
    ]
    assert found(announce="x") == [("url-invalid", "announce")]


def test_web_seeds_are_looked_at_as_string_and_as_list():
    assert found(single(), **{"url-list": "x"}) == [("url-invalid", "url-list")]
    urls = ["http://w.example.org/a", "http://w.example.org/a/", "x", 5]
    assert found(v1(), **{"url-list": urls}) == [
        ("webseed-without-slash", "url-list[0]"),
        ("url-invalid", "url-list[2]"),
        ("webseed-without-slash", "url-list[2]"),
        ("wrong-type", "url-list[3]"),
    ]
    assert found(single(), httpseeds=["http://w.example.org/a"]) == []


def test_nodes_are_pairs_that_can_be_reached():
    nodes = [
        ["h.example.org", 1],
        ["h", 1],
        ["h.example.org"],
        [b"", 1],
        ["a.example.org", 70_000],
        5,
    ]
    assert found(nodes=nodes) == [
        ("url-local", "nodes[1]"),
        *(("node-unusable", f"nodes[{index}]") for index in range(2, 6)),
    ]
    assert found(nodes=[["[2001:4860:4860::8888]", 1], ["fe80::1", 1]]) == [
        ("url-local", "nodes[1]")
    ]
