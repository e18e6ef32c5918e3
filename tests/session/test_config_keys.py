"""The table of keys: complete, without doubles, and pointing at settings that exist."""

import re

import pytest

from raincore.base.config import Config
from raincore.session import config_values
from raincore.session.config_keys import keys

OF_RAIN = [
    "database",
    "data-dir",
    "data-dir-includes-torrent-id",
    "host",
    "port-begin",
    "port-end",
    "max-open-files",
    "pex-enabled",
    "resume-write-interval",
    "private-peer-id-prefix",
    "private-extension-handshake-client-version",
    "blocklist-url",
    "blocklist-update-interval",
    "blocklist-update-timeout",
    "blocklist-enabled-for-trackers",
    "blocklist-enabled-for-outgoing-connections",
    "blocklist-enabled-for-incoming-connections",
    "blocklist-max-response-size",
    "torrent-add-http-timeout",
    "max-metadata-size",
    "max-torrent-size",
    "max-pieces",
    "dns-resolve-timeout",
    "speed-limit-download",
    "speed-limit-upload",
    "resume-on-startup",
    "health-check-interval",
    "health-check-timeout",
    "file-permissions",
    "rpc-enabled",
    "rpc-host",
    "rpc-port",
    "rpc-shutdown-timeout",
    "dht-enabled",
    "dht-host",
    "dht-port",
    "dht-announce-interval",
    "dht-min-announce-interval",
    "dht-bootstrap-nodes",
    "tracker-num-want",
    "tracker-stop-timeout",
    "tracker-min-announce-interval",
    "tracker-http-timeout",
    "tracker-http-private-user-agent",
    "tracker-http-max-response-size",
    "tracker-http-verify-tls",
    "unchoked-peers",
    "optimistic-unchoked-peers",
    "max-requests-in",
    "max-requests-out",
    "default-requests-out",
    "request-timeout",
    "endgame-max-duplicate-downloads",
    "max-peer-dial",
    "max-peer-accept",
    "parallel-metadata-downloads",
    "peer-connect-timeout",
    "peer-handshake-timeout",
    "piece-read-timeout",
    "max-peer-addresses",
    "allowed-fast-set",
    "read-cache-block-size",
    "read-cache-size",
    "read-cache-ttl",
    "parallel-reads",
    "parallel-writes",
    "write-cache-size",
    "disable-outgoing-encryption",
    "force-outgoing-encryption",
    "force-incoming-encryption",
    "webseed-dial-timeout",
    "webseed-tls-handshake-timeout",
    "webseed-response-header-timeout",
    "webseed-response-body-read-timeout",
    "webseed-retry-interval",
    "webseed-verify-tls",
    "webseed-max-sources",
    "webseed-max-downloads",
    "on-complete-cmd",
    "debug",
]


def test_all_keys_of_rain_are_there():
    assert [name for name, key in keys().items() if key.is_rain] == OF_RAIN


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("port-begin", "20000"),
        ("rpc-port", "7246"),
        ("file-permissions", "0750"),
        ("max-peer-accept", "20"),
        ("write-cache-size", "1073741824"),
        ("health-check-timeout", "60s"),
        ("private-peer-id-prefix", "-RN0.1.0-"),
    ],
)
def test_defaults_are_rains(name, default):
    assert keys()[name].default == default


def test_every_key_sets_a_field_that_exists():
    for key in keys().values():
        if key.target:
            value = Config()
            for part in key.target.split("."):
                value = getattr(value, part)


def test_no_two_keys_set_the_same_field():
    targets = [key.target for key in keys().values() if key.target]
    assert len(targets) == len(set(targets))


def test_names_kinds_and_meanings_are_well_formed():
    for key in keys().values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", key.name)
        assert key.kind in config_values.EXPECTED
        assert re.fullmatch(r"[A-Z].*\.", key.meaning)
        assert key.variable == "RAIN_" + key.name.upper().replace("-", "_")
