"""Some settings change at run time; the others are named."""

from dataclasses import replace

from raincore.base.config import Config, PeerLimits, RateLimits, SessionRules
from raincore.session.reconfiguring import changed

OLD = Config(data_dir="/d")


def test_nothing_changes_when_nothing_is_different():
    assert changed(OLD, Config(data_dir="/d")) == (OLD, [])


def test_rates_and_rules_change():
    rules = SessionRules(max_active_seeds=3, seed_ratio=2.0)
    new = replace(OLD, rates=RateLimits(upload_bytes_per_second=5), session=rules)
    assert changed(OLD, new) == (new, [])


def test_what_was_opened_by_a_setting_stays_and_is_named():
    rules = SessionRules(shared_port=7, max_active_seeds=3)
    peers = PeerLimits(max_dialled=1)
    taken, fixed = changed(OLD, Config(data_dir="/other", session=rules, peers=peers))
    assert set(fixed) == {"data_dir", "session.shared_port", "peers.max_dialled"}
    assert taken == replace(OLD, session=SessionRules(max_active_seeds=3))
