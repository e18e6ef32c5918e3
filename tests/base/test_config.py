"""Settings: frozen, in groups, with defaults that fit together."""

import dataclasses

import pytest

from raincore.base.config import Config, PeerLimits


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().peers.max_dialled = 1


def test_groups_are_replaced_as_a_whole():
    changed = dataclasses.replace(Config(), peers=PeerLimits(max_dialled=7))
    assert changed.peers.max_dialled == 7
    assert changed.uploads == Config().uploads


def test_a_message_may_carry_the_longest_block_that_may_be_requested():
    limits = PeerLimits()
    assert limits.max_message_length > limits.max_request_length


def test_we_keep_alive_before_peers_lose_patience():
    limits = PeerLimits()
    assert limits.keep_alive_seconds < 120 < limits.idle_timeout_seconds
