import pytest

from raincore.base.errors import FormatError
from raincore.formats import proxy_url
from raincore.formats.proxy_url import Proxy, ProxyKind


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("socks5://host.example:9050", Proxy(ProxyKind.SOCKS5, "host.example", 9050)),
        ("socks5h://192.0.2.1", Proxy(ProxyKind.SOCKS5, "192.0.2.1", 1080)),
        ("socks5://[2001:db8::1]:1", Proxy(ProxyKind.SOCKS5, "2001:db8::1", 1)),
        ("http://host:3128/", Proxy(ProxyKind.HTTP, "host", 3128)),
        ("socks5://me:a%3Ab@host", Proxy(ProxyKind.SOCKS5, "host", 1080, b"me", b"a:b")),
        ("socks5://me@host", Proxy(ProxyKind.SOCKS5, "host", 1080, b"me")),
    ],
)
def test_a_proxy_is_read(text: str, proxy: Proxy) -> None:
    assert proxy_url.parse(text) == proxy


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("host:1080", "begins with neither"),
        ("socks4://host", "begins with neither"),
        ("socks5://", "no host name: 'socks5://'"),
        ("socks5://ho st:1", "no host name: 'socks5://ho st:1'"),
        ("socks5://me:secret@ho st:1", "no host name: 'socks5://…@ho st:1'"),
        ("foo", "begins with neither socks5:// nor http://: 'foo'; expected socks5://"),
        ("", "begins with neither socks5:// nor http://: ''; expected"),
        ("\x1b[mfoo", r"http://: '\ufffd\[mfoo'"),
        ("me:secret@host:1080", "http://: '…@host:1080'"),
        ("https://me:secret@host:1", "http://: 'https://…@host:1'"),
        ("me:secret", "http://: 'me:…'"),
        ("me:secret://secret@host", "http://: '…@host'"),
        ("socks5://me:secret", "not a URL: 'socks5://me:…'"),
        ("socks5://me:secret/@host", "not a URL: 'socks5://…@host'"),
        ("socks5://me:a://secret@host:x", "not a URL: 'socks5://…@host:…'"),
        ("socks5://host:99999", "not a URL"),
        ("socks5://[::1", "not a URL"),
        ("http://host", "say its port"),
        ("http://host:0", "say its port"),
        ("socks5://host:1/path", "nothing may follow"),
        ("socks5://host:1?q", "nothing may follow"),
        ("socks5://:secret@host", "missing, or too long"),
        (f"socks5://me:{'x' * 256}@host", "missing, or too long"),
    ],
)
def test_what_is_no_proxy_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(FormatError, match=says) as caught:
        proxy_url.parse(text)
    assert "secret" not in str(caught.value)


def test_a_proxy_is_shown_without_its_secrets() -> None:
    proxy = proxy_url.parse("socks5://me:secret@[::1]:9")
    assert str(proxy) == "socks5://[::1]:9"
    assert "secret" not in repr(proxy)
