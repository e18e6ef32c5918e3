import click
import pytest

from raintools._kit.socket_options import ProxyUrl


def test_a_proxy_is_checked_and_kept_as_it_is():
    assert ProxyUrl().convert("socks5://me:x@host:1", None, None) == "socks5://me:x@host:1"
    assert ProxyUrl().convert("", None, None) == ""


def test_what_is_no_proxy_is_wrong_usage():
    with pytest.raises(click.BadParameter, match="neither"):
        ProxyUrl().convert("ftp://host", None, None)
