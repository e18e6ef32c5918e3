"""A configuration of rain is for its one-shot commands as well."""

import pytest

from raincore.base.config import Encryption
from raintools.golang import configured
from raintools.golang.verbs import Refused


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_without_a_file_nothing_is_set(home):
    assert configured.config_of("") is None
    assert configured.config_of(configured.DEFAULT) is None
    assert configured.limits_of(None) == []


def test_the_file_is_found_where_rain_has_it(home):
    (home / "rain").mkdir()
    (home / "rain" / "config.yaml").write_text("force-outgoing-encryption: true\n")
    config = configured.config_of(configured.DEFAULT)
    assert config.peers.encryption is Encryption.REQUIRE
    assert configured.limits_of(config) == []


def test_blocklists_and_seed_limits_are_for_one_torrent_too(home, capsys):
    file = home / "c.yaml"
    file.write_text(
        "blocklist-url: http://b/\nblocklist-file: /b\nseed-ratio-limit: 2\nseed-time-limit: 1h\n"
    )
    config = configured.config_of(str(file))
    assert config.sockets.blocklists == ("/b",)
    assert "blocklist-url is for the server alone" in capsys.readouterr().err
    assert configured.limits_of(config) == ["--seed-ratio", "2", "--seed-time", "3600s"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-such-key: 1\n", "unknown key 'no-such-key'"),
        ("dht-port: x\n", "expected"),
        ("\t{", "line 1"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(home, text, said):
    file = home / "c.yaml"
    file.write_text(text)
    with pytest.raises(Refused, match=said):
        configured.config_of(str(file))
    with pytest.raises(Refused, match="open /nowhere: no such file or directory"):
        configured.config_of("/nowhere")
