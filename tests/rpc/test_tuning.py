"""Settings of a running server: what changes at once, and what after a restart."""

import pytest

from raincore.base.errors import ConfigError
from raincore.rpc.tuning import LiveTuning
from raincore.session import config_file, reconfiguring

HOME = {"HOME": "/users/me"}


class Reconfigured:
    """A session that takes over what a real one does."""

    def __init__(self, config):
        self.config = config

    def reconfigure(self, config):
        self.config, fixed = reconfiguring.changed(self.config, config)
        return fixed


class Place:
    """A file that is read again, and what came of it."""

    def __init__(self, path, text="", **flags):
        self.path = path
        self.flags = {name.replace("_", "-"): text for name, text in flags.items()}
        self.write(text)
        settings = self.read({})
        self.session = Reconfigured(settings.config)
        self.tuning = LiveTuning(self.session, settings, self.read)
        self.rules = None
        self.tuning.on_rules = self.take

    def write(self, text):
        self.path.write_text(text)

    def read(self, changes):
        return config_file.load(str(self.path), HOME, {**self.flags, **changes})

    def take(self, rules):
        self.rules = rules


@pytest.fixture
def make(tmp_path):
    return lambda text="", **flags: Place(tmp_path / "config.yaml", text, **flags)


async def test_what_can_change_changes_and_the_rest_is_named(make):
    place = make()
    changes = {"speed-limit-upload": 10, "rpc-port": 1, "max-active-seeds": 3}
    changed, later = await place.tuning.change(changes)
    assert changed == ["speed-limit-upload", "max-active-seeds"]
    assert later == ["rpc-port"]
    assert place.session.config.rates.upload_bytes_per_second == 10240
    assert place.session.config.session.max_active_seeds == 3
    assert place.tuning.shown()["speed-limit-upload"] == 10


async def test_values_of_json_are_taken(make):
    place = make()
    changes = {"resume-on-startup": False, "seed-ratio-limit": 1.5, "labels": ["a", "b"]}
    await place.tuning.change({**changes, "seed-time-limit": "1h"})
    rules = place.session.config.session
    assert (rules.resume_on_startup, rules.seed_ratio, rules.seed_seconds) == (False, 1.5, 3600)
    assert rules.labels == ("a", "b")


@pytest.mark.parametrize(
    "changes",
    [
        *({"rpc-prt": 1}, {"rpc-port": "x"}, {"labels": {}}, {"labels": [1]}),
        *({"rpc-port": None}, {"port-begin": 60000}),
    ],
)
async def test_what_makes_no_sense_changes_nothing(make, changes):
    place = make()
    with pytest.raises(ConfigError):
        await place.tuning.change({"speed-limit-upload": 10, **changes})
    assert place.session.config.rates.upload_bytes_per_second == 0
    assert place.tuning.shown()["speed-limit-upload"] == 0


async def test_the_file_is_read_again_and_changes_by_calls_stay(make, caplog):
    caplog.set_level("INFO")
    place = make("speed-limit-upload: 1\n")
    await place.tuning.change({"speed-limit-download": 7})
    place.write("speed-limit-upload: 2\nport-begin: 100\n")
    place.tuning.reload()
    rates = place.session.config.rates
    assert (rates.upload_bytes_per_second, rates.download_bytes_per_second) == (2048, 7168)
    assert "keys': 'port-begin'" in str([getattr(r, "facts", 0) for r in caplog.records])
    place.write("nonsense: 1\n")
    with pytest.raises(ConfigError):
        place.tuning.reload()
    assert place.session.config.rates == rates


async def test_a_change_taken_back_needs_no_restart(make):
    place = make()
    _, later = await place.tuning.change({"rpc-port": 1})
    assert later == ["rpc-port"]
    _, later = await place.tuning.change({"rpc-port": 7246})
    assert later == []


async def test_a_new_token_holds_at_once(make):
    place = make()
    await place.tuning.change({"rpc-token": "new"})
    assert place.rules.token == "new"


async def test_a_token_is_not_dropped_where_the_server_is_open_to_all(make):
    place = make("rpc-host: 0.0.0.0\nrpc-token: secret\n")
    place.write("rpc-host: 127.0.0.1\n")
    place.tuning.reload()
    assert place.rules.token == "secret"
    assert place.rules.host == "0.0.0.0"
    place.write("rpc-host: 0.0.0.0\nrpc-allow-unauthenticated: true\n")
    place.tuning.reload()
    assert place.rules.token == ""


async def test_a_part_of_a_setting_that_cannot_change_is_named_by_its_key(make):
    place = make()
    changes = {"webseed-dial-timeout": "3s", "webseed-max-downloads": 2, "max-peer-dial": 7}
    changed, later = await place.tuning.change(changes)
    assert later == ["webseed-dial-timeout"]
    assert changed == ["max-peer-dial", "webseed-max-downloads"]
    assert place.session.config.web.max_downloads == 2
