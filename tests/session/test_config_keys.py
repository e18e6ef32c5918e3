"""The table of keys: complete, without doubles, and pointing at settings that exist."""

import re
from pathlib import Path

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


EFFECTS = """
private-peer-id-prefix | session/test_shared_port | test_a_private_torrent_may_have_another_peer_id
private-extension-handshake-client-version | swarm/test_joining | test_peers_of_a_private_torrent_may_hear_another_name
blocklist-update-interval | session/test_blocklist_updater | test_a_list_is_fetched_and_fetched_again_when_it_is_old
blocklist-enabled-for-trackers | session/test_outside | test_a_blocklist_holds_for_what_it_is_to_hold_for
blocklist-enabled-for-outgoing-connections | session/test_outside | test_a_blocklist_holds_for_what_it_is_to_hold_for
blocklist-enabled-for-incoming-connections | session/test_outside | test_a_blocklist_holds_for_what_it_is_to_hold_for
torrent-add-http-timeout | session/test_services | test_fetching_a_torrent_takes_no_longer_than_settings_say
max-metadata-size | swarm/test_metadata | test_who_claims_more_than_settings_allow_is_not_asked
max-torrent-size | session/test_adding | test_what_is_too_large_is_refused
max-pieces | session/test_torrent_news | test_a_magnet_link_with_too_many_pieces_is_stopped
dns-resolve-timeout | net/test_trio_network | test_a_name_is_looked_up_for_a_limited_time
resume-on-startup | session/test_enrolment | test_nothing_starts_by_itself_where_that_is_not_wanted
health-check-timeout | session/test_upkeep | test_a_torrent_that_does_not_stop_is_cut_off
file-permissions | session/test_job_content | test_what_is_created_has_the_mode_of_the_settings
rpc-enabled | rpc/test_server | test_without_rpc_the_session_runs_alone
dht-host | session/test_dht | test_the_node_is_where_it_was_wanted
dht-announce-interval | swarm/test_dht_searching | test_how_often_a_torrent_is_announced_can_be_said
dht-min-announce-interval | swarm/test_dht_searching | test_how_soon_at_the_earliest_it_is_repeated_can_be_said
tracker-stop-timeout | engine/test_announcers | test_the_goodbye_may_take_as_long_as_settings_say
tracker-min-announce-interval | swarm/test_announcing | test_no_tracker_is_asked_sooner_than_settings_say
tracker-http-timeout | net/test_tracker_client | test_a_slow_drip_ends_at_the_deadline
tracker-http-private-user-agent | net/test_web_trackers | test_a_tracker_may_be_told_another_name_than_ours
tracker-http-max-response-size | net/test_tracker_client | test_an_answer_that_is_longer_than_allowed_is_refused
tracker-http-verify-tls | net/test_tracker_client | test_a_tracker_must_prove_who_it_is_unless_the_limits_say_otherwise
optimistic-unchoked-peers | policy/test_choker | test_the_number_of_optimistic_slots_can_be_given
max-requests-out | policy/test_request_pipeline | test_the_most_that_a_peer_may_be_asked_for_can_be_given
request-timeout | policy/test_request_pipeline | test_silence_after_a_request_becomes_a_snub
endgame-max-duplicate-downloads | swarm/test_endgame | test_at_the_end_no_more_peers_are_asked_for_a_block_than_settings_say
max-peer-dial | swarm/test_dialling | test_no_more_are_dialled_than_may_be_connected
parallel-metadata-downloads | swarm/test_metadata | test_so_many_peers_are_asked_at_once_as_settings_say
peer-connect-timeout | net/test_dialer | test_connecting_takes_no_longer_than_its_limit
peer-handshake-timeout | net/test_dialer | test_silence_is_cut_off
piece-read-timeout | engine/test_peer_tasks | test_who_pauses_in_the_middle_of_a_message_is_given_up
max-peer-addresses | swarm/test_beginning | test_settings_bound_what_is_remembered
allowed-fast-set | swarm/test_allowing_fast | test_a_newcomer_may_have_some_pieces_without_a_slot
read-cache-block-size | engine/test_lending | test_long_pieces_are_read_in_runs
read-cache-ttl | session/test_services | test_what_nobody_asks_for_leaves_the_cache
parallel-reads | session/test_services | test_threads_and_time_outs_are_those_of_the_settings
parallel-writes | session/test_services | test_threads_and_time_outs_are_those_of_the_settings
webseed-dial-timeout | net/test_http_dialer | test_connecting_takes_no_longer_than_allowed
webseed-tls-handshake-timeout | net/test_http_dialer | test_agreeing_on_tls_takes_no_longer_than_allowed
webseed-response-header-timeout | net/test_http_streams | test_who_has_been_asked_answers_in_time_or_not_at_all
webseed-response-body-read-timeout | session/test_services | test_a_web_seed_may_pause_for_as_long_as_settings_say
webseed-retry-interval | swarm/test_webseeding | test_a_source_that_fails_rests_for_as_long_as_settings_say_each_time
webseed-verify-tls | session/test_config_file | test_web_seeds_may_be_unproven_while_trackers_may_not
webseed-max-sources | swarm/test_beginning | test_settings_bound_what_is_remembered
webseed-max-downloads | swarm/test_webseeding | test_so_many_fetches_run_at_once_as_settings_say
on-complete-cmd | session/test_hooks | test_the_command_gets_rains_variables
"""
"""Keys of rain, and the test that shows what one of them does: key, file, test."""


@pytest.mark.parametrize("line", EFFECTS.strip().splitlines())
def test_what_a_key_does_is_shown_by_a_test(line):
    name, file, test = (part.strip() for part in line.split("|"))
    assert keys()[name].is_rain
    text = (Path(__file__).parents[1] / f"{file}.py").read_text()
    assert f"def {test}" in text
