"""Who may use the server: tokens, names, origins."""

import base64

import pytest

from raincore.base.server_config import RpcRules
from raincore.rpc import access

OPEN = RpcRules()
CLOSED = RpcRules(token="secret")
OWN = ("nas", "nas.local")


def refusal(headers, rules=OPEN, **more):
    found = access.check(headers, rules, OWN, **more)
    return None if found is None else found.status


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7246", "[::1]:7246", "localhost", "LOCALHOST:1", "192.0.2.7", "nas", "nas.local:1"],
)
def test_addresses_and_own_names_are_known(host):
    assert refusal({"host": host}) is None


@pytest.mark.parametrize(
    "host", ["evil.example:7246", "evil.example", "127.0.0.1.evil.example", "[", "a:b:c", " "]
)
def test_other_names_are_refused_as_dns_rebinding(host):
    assert refusal({"host": host}) == 403


def test_names_can_be_allowed():
    rules = RpcRules(allowed_hosts=("Rain.Example",))
    assert refusal({"host": "rain.example:80"}, rules) is None


def test_a_unix_socket_and_old_http_have_no_host():
    assert refusal({"host": "anything"}, has_host=False) is None
    assert refusal({}) is None


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:3000", "file://", ""]
)
def test_pages_of_other_origins_are_refused(origin):
    assert refusal({"host": "127.0.0.1:7246", "origin": origin}) == 403


def test_pages_of_our_own_origin_and_allowed_ones_may_ask():
    assert refusal({"host": "127.0.0.1:7246", "origin": "http://127.0.0.1:7246"}) is None
    rules = RpcRules(allowed_origins=("https://panel.example",))
    assert refusal({"origin": "https://panel.example"}, rules) is None


@pytest.mark.parametrize(
    "text", ["Bearer secret", "bearer  secret", basic("anyone:secret"), basic(":secret")]
)
def test_the_token_lets_in(text):
    assert refusal({"authorization": text}, CLOSED) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "secret", "Bearer", "Bearer wrong", "Bearer secre", "Bearer \udcff"),
        *("Basic %", "Basic ", basic("secret"), basic("secret:wrong")),
    ],
)
def test_anything_else_does_not(text):
    assert refusal({"authorization": text}, CLOSED) == 401


def test_a_preflight_needs_no_token():
    assert refusal({}, CLOSED, asks=False) is None


def test_only_pages_of_allowed_origins_may_read_replies():
    rules = RpcRules(allowed_origins=("https://panel.example",))
    assert access.cors(None, rules) == access.cors("https://evil.example", rules) == {}
    headers = access.cors("https://panel.example", rules)
    assert headers["access-control-allow-origin"] == "https://panel.example"
