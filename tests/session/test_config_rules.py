"""Settings that contradict each other are refused, with the key to change."""

import pytest

from raincore.base.errors import ConfigError
from raincore.session import config_rules
from raincore.session.config_file import load

HOME = {"HOME": "/users/me", "NONE": ""}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"port-begin": "30000"}, "^port-end: invalid port range"),
        ({"database": ""}, "^--database: database: is empty"),
        ({"data-dir": "$NONE"}, "^--data-dir: data-dir: is empty"),
        ({"port-end": "1"}, "^--port-end: port-end: invalid port range"),
        ({"host": "example.org"}, "--host: host: is no IP address: 'example.org'"),
        ({"dht-host": "x"}, "dht-host: is no IP address"),
        ({"rpc-host": "x.example"}, "rpc-host: is no IP address"),
        ({"resume-write-interval": "0"}, "is too short to be repeated"),
        ({"rpc-tls-cert": "/x"}, "needs rpc-tls-key"),
        ({"rpc-tls-key": "/x"}, "needs rpc-tls-key, and the other way round"),
        ({"rpc-token": "a b"}, "must be ASCII without spaces"),
        ({"rpc-token": "ü"}, "must be ASCII without spaces"),
        ({"rpc-host": "0.0.0.0"}, "set rpc-token, or rpc-allow-unauthenticated: true"),
        ({"rpc-host": "::"}, "anybody could control the server there"),
        ({"blocklist-url": "nonsense"}, "blocklist-url: not an http or https URL"),
        ({"proxy": "nonsense"}, "proxy: "),
        ({"private-peer-id-prefix": "-" * 17}, "must be 16 bytes at most"),
        ({"private-peer-id-prefix": "é" * 9}, "must be 16 bytes at most"),
        ({"tracker-http-private-user-agent": "a\nb"}, "must be ASCII, since it travels"),
        ({"tracker-http-private-user-agent": "ü"}, "must be ASCII, since it travels"),
        ({"file-permissions": "0640"}, "must be 0700 at least"),
        ({"parallel-reads": "0"}, "must be 1 at least: nothing could be read"),
        ({"parallel-writes": "0"}, "must be 1 at least: nothing could be written"),
        ({"read-cache-block-size": "1024"}, "must be 16384 at least"),
        ({"tracker-http-max-response-size": "0"}, "must be 64 at least"),
        ({"rpc-host": ""}, "anybody could control the server there"),
        (
            {"disable-outgoing-encryption": "1", "force-outgoing-encryption": "1"},
            "contradicts disable-outgoing-encryption",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused(flags, said):
    with pytest.raises(ConfigError, match=said):
        load("", HOME, flags)


@pytest.mark.parametrize(
    "flags",
    [
        {"rpc-host": "0.0.0.0", "rpc-token": "secret"},
        {"rpc-host": "0.0.0.0", "rpc-allow-unauthenticated": "true"},
        {"rpc-host": "0.0.0.0", "rpc-enabled": "false"},
        {"rpc-host": "0.0.0.0", "rpc-unix-socket": "/run/rain"},
        {"rpc-host": "::1"},
        {"rpc-host": "localhost"},
        {"rpc-host": "127.9.9.9"},
        {"port-begin": "30000", "shared-port": "6881"},
    ],
)
def test_what_can_be_honoured_is_taken(flags):
    load("", HOME, flags)


def test_loopback_is_told_from_the_rest():
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        assert config_rules.is_loopback(host)
    for host in ("0.0.0.0", "::", "192.0.2.1", "name", ""):
        assert not config_rules.is_loopback(host)
