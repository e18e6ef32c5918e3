import pytest
from hypothesis import given
from hypothesis import strategies as st

from raincore.base.errors import FormatError
from raincore.formats import http_url


@pytest.mark.parametrize(
    ("given", "text", "place"),
    [
        ("http://h/a?b=c", "http://h/a?b=c", "h"),
        ("https://h:8443", "https://h:8443/", "h:8443"),
        ("http://h/%2F?k=%41", "http://h/%2F?k=%41", "h"),
        ("http://h/ä b?<é>#top", "http://h/%C3%A4%20b?%3C%C3%A9%3E", "h"),
        (" HTTP://h/a\n", "http://h/a", "h"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/", "[2001:db8::1]:80"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://h/\udcff", "http://h/%FF", "h"),
    ],
)
def test_urls_go_out_escaped_once(given: str, text: str, place: str) -> None:
    assert http_url.parse(given)[:3] == (text, place, "")


@pytest.mark.parametrize(
    ("given", "credentials"),
    [("me:word", "me:word"), ("me", "me:"), (":word", ":word"), ("m%40e:w%3Ard", "m@e:w:rd")],
)
def test_user_and_password_do_not_travel_in_the_url(given: str, credentials: str) -> None:
    assert http_url.parse(f"http://{given}@h/a")[:3] == ("http://h/a", "h", credentials)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "h/x",
        "ftp://h/x",
        "http://",
        "http:///x",
        "http://h:99999/",
        "http://h:x/",
        "http://[::1/",
        "http://a b/",
        "http://h/\ud800",
        "http://" + "é" * 80 + "/",
    ],
)
def test_what_is_no_http_url_is_refused(bad: str) -> None:
    with pytest.raises(FormatError, match="not a"):
        http_url.parse(bad)


@given(st.text(max_size=40))
def test_anything_is_read_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://h/{text}"):
        try:
            found = http_url.parse(url)
        except FormatError:
            continue
        assert found.text.isascii()
        assert not set(found.text) & set(" \t\r\n")
        assert http_url.parse(found.text) == found._replace(credentials="")


@pytest.mark.parametrize(
    ("url", "query", "announce"),
    [
        ("http://h/announce", False, True),
        ("http://h/key/announce.php?pass=a/b", True, True),
        ("http://h/a/announce/", False, False),
        ("http://h/off?/announce", True, False),
        ("http://h/off#?/announce", False, False),
        ("http://h/off?", True, False),
        ("http://h/%3Fannounce", False, False),
    ],
)
def test_what_a_url_asks_for(url: str, query: bool, announce: bool) -> None:
    assert http_url.has_query(url) is query
    assert http_url.is_announce(url) is announce


@pytest.mark.parametrize(
    ("url", "joined"),
    [
        ("http://h/a", "http://h/a?x=1"),
        ("http://h/a#top", "http://h/a?x=1"),
        ("http://h/a?", "http://h/a?x=1"),
        ("http://h/a?k=%2f", "http://h/a?k=%2f&x=1"),
        ("http://h/a?k=1&", "http://h/a?k=1&x=1"),
    ],
)
def test_what_is_asked_beyond_goes_behind_what_is_there(url: str, joined: str) -> None:
    assert http_url.joined(url, "x=1") == joined
