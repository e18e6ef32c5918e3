"""Some settings change at run time; the others are named."""

from dataclasses import fields, replace

import trio

from raincore import AddOptions, Session
from raincore.base.config import (
    Config,
    DhtLimits,
    Encryption,
    PeerLimits,
    RateLimits,
    SessionRules,
    SocketRules,
    WebPatience,
    WebseedLimits,
)
from raincore.documents.session_records import TorrentStatus
from raincore.session.reconfiguring import CHANGEABLE, FIXED, changed

OLD = Config(data_dir="/d")


def test_nothing_changes_when_nothing_is_different():
    assert changed(OLD, Config(data_dir="/d")) == (OLD, [])


def test_rates_and_rules_change():
    rules = SessionRules(max_active_seeds=3, seed_ratio=2.0)
    new = replace(OLD, rates=RateLimits(upload_bytes_per_second=5), session=rules)
    assert changed(OLD, new) == (new, [])


def test_what_was_opened_by_a_setting_stays_and_is_named():
    rules = SessionRules(shared_port=7, max_active_seeds=3)
    sockets, web = SocketRules(bind=("lo",)), WebseedLimits(patience=WebPatience(read_seconds=1.0))
    dht = DhtLimits(host="::1", announce_interval_seconds=60.0)
    new = Config(data_dir="/other", session=rules, sockets=sockets, web=web, dht=dht)
    taken, fixed = changed(OLD, new)
    assert set(fixed) == {
        *("data_dir", "session.shared_port", "sockets.bind", "web.patience", "dht.host"),
    }
    taken_dht = DhtLimits(announce_interval_seconds=60.0)
    assert taken == replace(OLD, session=SessionRules(max_active_seeds=3), dht=taken_dht)


def test_how_peers_are_encrypted_cannot_change_halfway():
    peers = PeerLimits(max_dialled=1, encryption=Encryption.REQUIRE)
    taken, fixed = changed(OLD, replace(OLD, peers=peers))
    assert fixed == ["peers.encryption"]
    assert taken.peers == PeerLimits(max_dialled=1)


def test_every_group_and_key_that_is_named_exists():
    for table in (FIXED, CHANGEABLE):
        for group, names in table.items():
            known = {one.name for one in fields(getattr(OLD, group))}
            assert names <= known


async def test_torrents_that_run_and_those_that_start_later_go_by_new_settings(
    torrent, config, reaches
):
    peers = PeerLimits(max_dialled=3)
    rates = RateLimits(torrent_upload_bytes_per_second=1234, upload_bytes_per_second=99999)
    with trio.fail_after(60):
        async with Session(config) as session:
            running = await session.add_torrent(torrent)
            later = await session.add_torrent(torrent, AddOptions(stopped=True))
            await reaches(running, TorrentStatus.DOWNLOADING)
            assert session.reconfigure(replace(config, peers=peers, rates=rates)) == []
            await later.start()
            await reaches(later, TorrentStatus.DOWNLOADING)
            for one in (running, later):
                assert one.life.torrent.config.peers == peers
                assert one.life.torrent.rates.up.bytes_per_second == 1234
            assert session._opened.services.world.up.bytes_per_second == 99999


async def test_a_port_for_all_goes_by_new_settings_too(torrent, config, reaches):
    shared = replace(config, session=replace(config.session, shared_port=21951))
    with trio.fail_after(60):
        async with Session(shared) as session:
            session.reconfigure(replace(shared, peers=PeerLimits(max_dialled=3)))
            one = await session.add_torrent(torrent)
            await reaches(one, TorrentStatus.DOWNLOADING)
            assert one.life.torrent.config.peers.max_dialled == 3
