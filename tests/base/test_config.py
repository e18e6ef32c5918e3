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


def test_of_a_given_number_of_peers_a_fifth_is_kept_for_those_who_dial_us():
    assert (PeerLimits().places, PeerLimits().places_to_dial) == (280, 80)
    assert (PeerLimits(max_peers=10).places, PeerLimits(max_peers=10).places_to_dial) == (10, 8)
    assert (PeerLimits(max_peers=1).places, PeerLimits(max_peers=1).places_to_dial) == (1, 1)
    assert (PeerLimits(max_peers=999).places, PeerLimits(max_peers=999).places_to_dial) == (280, 80)
