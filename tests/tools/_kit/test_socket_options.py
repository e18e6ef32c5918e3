import click
import pytest
from click.testing import CliRunner

from raintools._kit.socket_options import PROXY, ProxyUrl


@click.command()
@PROXY
def command(proxy: str) -> None:
    click.echo(f"by way of [{proxy}]")


def said(*arguments: str, variable: str | None = None) -> str:
    return CliRunner().invoke(command, arguments, env={"RAIN_PROXY": variable}).output


def test_a_proxy_is_checked_and_kept_as_it_is():
    assert ProxyUrl().convert("socks5://me:x@host:1", None, None) == "socks5://me:x@host:1"


def test_what_is_no_proxy_is_wrong_usage():
    with pytest.raises(click.BadParameter, match="neither"):
        ProxyUrl().convert("ftp://host", None, None)


def test_an_empty_proxy_is_a_mistake_and_no_leave_to_go_past_it():
    assert "names no proxy" in said("--proxy", "")
    assert "names no proxy" in said("--proxy", "", variable="socks5://host")


def test_without_the_option_the_variable_counts_if_it_says_something():
    assert said() == said(variable="") == "by way of []\n"
    assert said(variable="socks5://host") == "by way of [socks5://host]\n"
