"""URLs, tiers, info-hashes and groups as people type them."""

import click
import pytest

from raintools._kit import url_params

HEX = "0aF" * 13 + "b"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (url_params.Url(), "http://a", "http://a"),
        (url_params.Url(), " udp://t.example:6969 ", "udp://t.example:6969"),
        (url_params.Tier(), "http://a/,udp://b:1 , wss://c", ("http://a/", "udp://b:1", "wss://c")),
        (url_params.Hash(), HEX, HEX.lower()),
        (url_params.Hash(), "F" * 64, "f" * 64),
        (url_params.Group(), " a group ", " a group "),
    ],
)
def test_what_people_type_is_understood(kind, text, value):
    assert kind.convert(text, None, None) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (url_params.Url(), ""),
        (url_params.Url(), "t.example"),
        (url_params.Url(), "t.example:80/a"),
        (url_params.Url(), "http:///a"),
        (url_params.Url(), "http://a b"),
        (url_params.Url(), "udp://t.example:69690"),
        (url_params.Tier(), "http://a,"),
        (url_params.Tier(), "http://a,b"),
        (url_params.Hash(), "0a" * 19),
        (url_params.Hash(), "0a" * 21),
        (url_params.Hash(), "xx" * 20),
        (url_params.Group(), ""),
        (url_params.Group(), " "),
    ],
)
def test_anything_else_is_refused(kind, text):
    with pytest.raises(click.BadParameter, match=r"not a|needs a name"):
        kind.convert(text, None, None)
