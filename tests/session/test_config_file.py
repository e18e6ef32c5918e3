"""Defaults, file, environment and flags: who wins, and what a mistake is told."""

import pytest

import raincore.base.config
from raincore.base.config import Encryption, WebPatience
from raincore.base.errors import ConfigError
from raincore.session import config_file
from raincore.session.config_file import load

HOME = {"HOME": "/users/me"}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return str(path)

    return write


def test_without_anything_the_defaults_are_rains():
    config = load("", HOME, {}).config
    assert config.data_dir == "/users/me/rain/data"
    assert config.session.database == "/users/me/rain/session.db"
    assert config.session.listen_host == ""
    assert (config.session.port_begin, config.session.port_end) == (20000, 30000)
    assert (config.peers.max_dialled, config.peers.max_accepted) == (80, 20)
    assert config.uploads.slots == 4
    assert config.rpc.port == 7246
    assert config.peers.encryption is Encryption.PREFER


def test_the_file_is_below_the_environment_and_that_below_flags(written):
    path = written("rpc-port: 1\nport-begin: 2\nport-end: 3\n")
    settings = load(
        path, {**HOME, "RAIN_RPC_PORT": "11", "RAIN_PORT_END": "13"}, {"port-end": "23"}
    )
    config = settings.config
    assert (config.session.port_begin, config.rpc.port, config.session.port_end) == (2, 11, 23)
    origins = [settings.values[name].origin for name in ("port-begin", "rpc-port", "port-end")]
    assert origins == [f"{path}, line 2", "RAIN_RPC_PORT", "--port-end"]
    assert settings.values["host"].origin == "default"


def test_the_default_file_may_lack_and_a_given_one_may_not(tmp_path):
    home = {"HOME": str(tmp_path)}
    assert load(None, home, {}).config.rpc.port == 7246
    (tmp_path / "rain").mkdir()
    (tmp_path / "rain" / "config.yaml").write_text("rpc-port: 5")
    assert load(None, home, {}).config.rpc.port == 5
    assert load("", home, {}).config.rpc.port == 7246
    with pytest.raises(ConfigError, match="configuration file is missing: "):
        load(str(tmp_path / "none"), home, {})


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    for path, said in [(str(tmp_path), "is a directory"), ("a\0b", "is no path")]:
        with pytest.raises(ConfigError, match=said):
            load(path, HOME, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rpc-prt: 1", "line 1: unknown key 'rpc-prt'; did you mean 'rpc-port'?"),
        ("rpc_port: 1", "line 1: unknown key 'rpc_port'; did you mean 'rpc-port'?"),
        ("speedlimitdownload: 1", "'speedlimitdownload'; did you mean 'speed-limit-download'?"),
        ("DHTEnabled: 1", "did you mean 'dht-enabled'?"),
        ("zzzzzz: 1", "unknown key 'zzzzzz'; see rain-serve(1) for all of them"),
        ("\n\nrpc-port: abc", "line 3: rpc-port: expected a number from 0 to 65535, not 'abc'"),
        ("rpc-port: [1]", "line 1: rpc-port: expected a number from 0 to 65535, not a list"),
        ("rpc-enabled: 7", "line 1: rpc-enabled: expected true or false, not '7'"),
        ("request-timeout: 5 s", "request-timeout: expected a duration such as 30s or 1m30s"),
        ("data-dir: $NOWHERE/x", "line 1: data-dir: no such variable: NOWHERE"),
        ("- a", "line 1: is no mapping of keys to values"),
        ("\x00", "is no YAML, which is UTF-8 text"),
    ],
)
def test_mistakes_in_the_file_are_told_with_file_and_line(written, text, said):
    path = written(text)
    with pytest.raises(ConfigError) as caught:
        load(path, HOME, {})
    assert str(caught.value).startswith(path)
    assert said in str(caught.value)


def test_mistakes_elsewhere_are_told_with_their_origin():
    with pytest.raises(ConfigError, match=r"^RAIN_RPC_PORT: rpc-port: expected a number"):
        load("", {**HOME, "RAIN_RPC_PORT": "x"}, {})
    with pytest.raises(ConfigError, match=r"^--rpc-port: expected a number"):
        load("", HOME, {"rpc-port": "x"})
    with pytest.raises(ConfigError, match=r"^--rpc-port: expected .* not a list"):
        load("", HOME, {"rpc-port": ("x",)})
    with pytest.raises(ConfigError, match=r"^settings: unknown key 'x'"):
        load("", HOME, {"x": "y"})


def test_lists_come_from_the_file_the_environment_and_flags(written):
    path = written("bind: [lo]\non-complete-cmd: [notify, 'a b']\ndht-bootstrap-nodes:\n")
    settings = load(path, {**HOME, "RAIN_LABELS": "a, b"}, {"rpc-allowed-hosts": ("x",)})
    config = settings.config
    assert config.sockets.bind == ("lo",)
    assert config.session.on_complete_command == ("notify", "a b")
    assert config.sources.bootstrap == ()
    assert config.session.labels == ("a", "b")
    assert config.rpc.allowed_hosts == ("x",)


def test_an_empty_value_leaves_what_was_before(written):
    assert load(written("rpc-port:\n"), HOME, {}).config.rpc.port == 7246


def test_what_looks_like_a_mistake_is_a_warning(written):
    path = written("rpc-port: 1\nrpc-port: 2\nrequest-timeout: 20\n")
    settings = load(path, {**HOME, "RAIN_RPC_PROT": "1", "RAIN_VENV": "x"}, {})
    assert settings.config.rpc.port == 2
    assert settings.warnings == [
        f"{path}, line 2: rpc-port is there twice, the last counts",
        f"{path}, line 3: request-timeout: a number without unit is nanoseconds",
        "RAIN_RPC_PROT is no setting; RAIN_RPC_PORT is",
    ]


def test_what_other_commands_understand_holds_here_too():
    given = {**HOME, "RAIN_NO_DHT": "1", "RAIN_NO_LSD": "0", "RAIN_BOOTSTRAP": " a:1 b:2"}
    sources = load("", given, {}).config.sources
    assert (sources.dht, sources.lsd) == (False, True)
    assert sources.bootstrap == ("a:1", "b:2")


def test_variables_in_paths_are_expanded():
    given = {**HOME, "DISK": "/srv", "RAIN_DATA_DIR": "${DISK}/x$$"}
    assert load("", given, {}).config.data_dir == "/srv/x$$"


def test_home_is_known_without_an_environment():
    assert config_file.expanded("$HOME", {}).startswith("/")


@pytest.mark.parametrize(
    ("flags", "outgoing", "incoming"),
    [
        ({"disable-outgoing-encryption": "true"}, Encryption.OFF, Encryption.PREFER),
        ({"force-outgoing-encryption": "true"}, Encryption.REQUIRE, Encryption.PREFER),
        ({"force-incoming-encryption": "true"}, Encryption.PREFER, Encryption.REQUIRE),
    ],
)
def test_encryption_has_two_directions(flags, outgoing, incoming):
    peers = load("", HOME, flags).config.peers
    assert (peers.encryption, peers.incoming_encryption) == (outgoing, incoming)


def test_settings_that_make_one_value_together():
    flags = {"unchoked-peers": "5", "optimistic-unchoked-peers": "2"}
    flags |= {"webseed-tls-handshake-timeout": "20s", "host": "localhost"}
    config = load("", HOME, flags).config
    assert (config.uploads.slots, config.uploads.optimistic_slots) == (7, 2)
    assert config.web.patience == WebPatience(
        connect_seconds=10, tls_seconds=20, header_seconds=10, read_seconds=10, head_seconds=40
    )
    assert config.session.listen_host == "127.0.0.1"


def test_web_seeds_may_be_unproven_while_trackers_may_not():
    config = load("", HOME, {"webseed-verify-tls": "false"}).config
    assert (config.sockets.verify_tls, config.trackers.verify_tls) == (True, True)
    assert not config.web.verify_tls
    config = load("", HOME, {"tracker-http-verify-tls": "false"}).config
    assert (config.sockets.verify_tls, config.trackers.verify_tls) == (True, False)
    assert config.web.verify_tls


def test_every_address_is_one_of_ipv6_too():
    config = load("", HOME, {}).config
    assert (config.session.listen_host, config.dht.host) == ("", "")
    assert load("", HOME, {"dht-host": "127.0.0.1"}).config.dht.host == "127.0.0.1"


def test_verified_pieces_are_saved_within_seconds_whatever_rain_would_do():
    assert load("", HOME, {}).config.disk.save_interval_seconds == 5
    assert load("", HOME, {"resume-write-interval": "1s"}).config.disk.save_interval_seconds == 1


def test_a_config_of_rain_loads(written):
    path = written(
        "database: $HOME/rain/session.db\nport-begin: 50000\nport-end: 60000\npex-enabled: no\n"
        "blocklist-url: http://x.example/list.gz\nspeed-limit-download: 1024\n"
        "file-permissions: 0755\ntracker-http-timeout: 10000000000\nrpc-host: 127.0.0.1\n"
        "dht-bootstrap-nodes:\n- a.example:6881\non-complete-cmd: [sh, -c, 'echo $RAIN_TORRENT_NAME']\n"
    )
    config = load(path, HOME, {}).config
    assert config.session.port_begin == 50000
    assert not config.sources.pex
    assert config.rates.download_bytes_per_second == 1024 * 1024
    assert config.session.file_mode == 0o755
    assert config.trackers.http_timeout_seconds == 10
    assert config.session.on_complete_command == ("sh", "-c", "echo $RAIN_TORRENT_NAME")


def test_the_config_is_the_one_of_the_library():
    assert isinstance(load("", HOME, {}).config, raincore.base.config.Config)
