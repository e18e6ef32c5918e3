import pytest

from raincore.formats.url_form import is_url


@pytest.mark.parametrize(
    "text",
    [
        "http://t.example/announce",
        "udp://t.example:6969",
        "wss://[2001:db8::1]:8000/announce?key=a%20b",
        "new+scheme.1://x",
        "https://user:pass@t.example/ä",
    ],
)
def test_any_scheme_may_have_a_host_a_port_and_more(text):
    assert is_url(text)


@pytest.mark.parametrize(
    "text",
    ["", "t.example/announce", "t.example:80", "/local", "http://", "http:///path", "http://a b"],
)
def test_what_has_no_scheme_or_no_host_is_none(text):
    assert not is_url(text)


@pytest.mark.parametrize(
    "text",
    ["udp://t.example:69690", "udp://t.example:0", "udp://t.example:x", "http://[::1/announce"],
)
def test_what_nobody_could_connect_to_is_none(text):
    assert not is_url(text)
