import pytest
from hypothesis import given
from hypothesis import strategies as st

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError
from raincore.formats import tracker_url


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://t.example/announce", ("http", "t.example", 80)),
        ("HTTPS://T.Example:8443/a?b", ("https", "t.example", 8443)),
        ("https://t.example", ("https", "t.example", 443)),
        (" udp://t.example:6969\n", ("udp", "t.example", 6969)),
        ("udp://[2001:db8::1]:6969/a", ("udp", "2001:db8::1", 6969)),
        ("http://me:word@t.example/", ("http", "t.example", 80)),
        ("http://bücher.example/\udcff", ("http", "xn--bcher-kva.example", 80)),
    ],
)
def test_scheme_host_and_port_are_found(url: str, found: tuple[str, str, int]) -> None:
    assert tracker_url.parse(url)[:4] == (url.strip(), *found)


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]", "127.0.0.1"])
def test_an_address_is_known_for_one(host: str) -> None:
    known = tracker_url.parse(f"http://{host}:81/announce").address
    assert known == Endpoint(host.strip("[]"), 81)
    name = host.strip("[]").replace(":", ".")
    assert tracker_url.parse(f"http://{name}.example/").address is None


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("wss://t.example/key", "unsupported tracker scheme: wss"),
        ("", "unsupported tracker scheme: "),
        ("x" * 500 + "://t/", "unsupported tracker scheme: xxx"),
        ("udp://t.example/key", "missing port in tracker address"),
        ("http://t.example:99999/key", "invalid tracker address: t.example:99999"),
        ("http://t.example:0/key", "invalid tracker address: t.example:0"),
        ("udp://t.example:1/key\ud800", "invalid tracker address: t.example:1"),
        ("http:///key", "invalid tracker address: "),
        ("http://[::1/key", "invalid tracker address: [::1"),
        ("http://a b/key", "invalid tracker address: a b"),
        ("http://\udcff/key", "invalid tracker address: �"),
        ("http://" + "é" * 80 + "/key", "invalid tracker address: é"),
    ],
)
def test_what_cannot_be_asked_is_refused_without_its_secrets(url: str, text: str) -> None:
    with pytest.raises(FormatError) as caught:
        tracker_url.parse(url)
    assert str(caught.value).startswith(text)
    assert "key" not in str(caught.value)
    assert len(str(caught.value)) < 130


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://t.example/secret/announce?key=1", "t.example"),
        ("http://me:secret@t.example:80/", "t.example:80"),
        ("http://me:sec@ret@t.example:80/", "t.example:80"),
        ("http://t.example?secret", "t.example"),
        ("http://t.example#secret", "t.example"),
        ("http://t.example\\secret", "t.example"),
        ("udp://[2001:db8::1]:6969", "[2001:db8::1]:6969"),
        ("http://[no end/secret", "[no end"),
        ("http://a\x1bb/", "a�b"),
        ("t.example/secret", "t.example"),
    ],
)
def test_a_tracker_is_named_without_the_key_of_its_user(url: str, place: str) -> None:
    assert tracker_url.place(url) == place


@given(st.text(max_size=40))
def test_anything_is_read_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"udp://h:1/{text}"):
        tracker_url.place(url)
        try:
            found = tracker_url.parse(url)
        except FormatError:
            continue
        assert found.host.isascii()
        assert 0 < found.port < 65536
