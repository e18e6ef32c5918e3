import pytest

from raincore.formats import magnet, magnet_sources
from raincore.formats.magnet_sources import MAX_SOURCES

HASH = "magnet:?xt=urn:btih:" + "00" * 20


def urls(rest: str) -> tuple[str, ...]:
    return magnet_sources.torrent_urls(magnet.parse(HASH + rest))


def test_exact_and_acceptable_sources_are_asked_in_their_order() -> None:
    link = "&as=https%3A%2F%2Fa.example%2F2&xs=http%3A%2F%2Fa.example%2F1"
    assert urls(link) == ("http://a.example/1", "https://a.example/2")


@pytest.mark.parametrize(
    "source",
    [
        "urn:btpk:0011",
        "urn:sha1:ABC",
        "ftp://a.example/a.torrent",
        "file:///etc/passwd",
        "http://",
        "x",
    ],
)
def test_what_is_no_web_address_is_not_asked(source: str) -> None:
    assert urls(f"&xs={source}") == ()


@pytest.mark.parametrize(
    ("webseed", "asked"),
    [
        ("http://a.example/files/a.torrent", True),
        ("http://a.example/A.TORRENT?key=1", True),
        ("http://a.example/a%2Etorrent", True),
        ("http://a.example/files/", False),
        ("http://a.example/?file=a.torrent", False),
        ("http://[a/a.torrent", False),
    ],
)
def test_a_web_seed_is_asked_only_if_it_plainly_names_a_torrent(webseed: str, asked: bool) -> None:
    assert bool(urls("&ws=" + webseed.replace("%", "%25"))) is asked


def test_the_same_address_is_asked_once() -> None:
    assert urls("&xs=http://a.example/a.torrent&ws=http://a.example/a.torrent") == (
        "http://a.example/a.torrent",
    )


def test_a_link_cannot_make_us_ask_the_whole_web() -> None:
    link = "".join(f"&xs=http://a.example/{n}" for n in range(100))
    assert len(urls(link)) == MAX_SOURCES
