"""Messages do not repeat what gives an account away."""

import pytest

from raintools._kit import short_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.torrent", "a.torrent"),
        ("ab" * 20, "ab" * 20),
        ("magnet:?xt=urn:btih:ab&dn=n&tr=http%3A//t/key", "magnet:?xt=urn:btih:ab"),
        ("MAGNET:?dn=n&xt.1=urn:btih:ab&tr=key", "magnet:?xt.1=urn:btih:ab"),
        ("magnet:?tr=a", "magnet:?tr=a"),
        ("magnet:?dn=a&tr=key", "magnet:?dn=a"),
        ("https://t.example/a.torrent?key=1#2", "https://t.example/a.torrent"),
        ("HTTP://me:word@t.example:80/a?key", "HTTP://t.example:80/a"),
        ("http://t.example?key@x", "http://t.example"),
        ("a?b#c", "a?b#c"),
    ],
)
def test_an_input_is_named_without_its_secrets(text: str, name: str) -> None:
    assert short_names.of(text) == name
