"""A torrent of a session is asked and told everything through one object."""

import pytest
import trio

from raincore import AddOptions, Session, TorrentOptions
from raincore.base.errors import ConfigError, FormatError
from raincore.base.session_errors import NotRunning, SessionError
from raincore.documents.session_records import TorrentStatus, TrackerStatus
from tests.interop.tracker import Tracker


async def test_trackers_are_added_asked_and_removed(made, torrent, config, put):
    with Tracker() as tracker, trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            for _ in range(2):
                await one.add_tracker(f" {tracker.url} ")
            while [view.status for view in one.trackers()] != [TrackerStatus.WORKING]:
                await trio.sleep(0.01)
            [view] = one.trackers()
            assert view.url == tracker.url
            assert view.last_announce <= view.next_announce - 1600
            await one.announce()
            [view] = one.trackers()
            assert view.next_announce - 100 <= view.last_announce <= view.next_announce
            with pytest.raises(SessionError, match="unsupported tracker scheme: wss"):
                await one.add_tracker("wss://x")
            with pytest.raises(FormatError):
                await one.add_tracker("udp://x")
            await one.remove_tracker("http://never.example")
        async with Session(config) as session:
            one = session.get("a")
            assert [view.url for view in one.trackers()] == [tracker.url]
            assert tracker.url in one.magnet().replace("%3A", ":").replace("%2F", "/")
            await one.remove_tracker(tracker.url)
            assert one.trackers() == []


async def test_peers_are_named_by_the_user_and_listed(torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            limit = TorrentOptions(download_bytes_per_second=50_000)
            copy = await session.add_torrent(torrent, AddOptions(id="b", options=limit))
            with pytest.raises(FormatError, match="address is not host:port"):
                await copy.add_peer("x")
            await copy.add_peer(f"localhost:{seed.port}")
            while not (copy.peers() and seed.peers() and copy.stats().download_rate):
                await trio.sleep(0.01)
            [peer] = copy.peers()
            assert (peer.source, peer.address) == ("manual", f"127.0.0.1:{seed.port}")
            assert peer.progress == 1
            [peer] = seed.peers()
            assert peer.source == "incoming"
            assert session.stats().peers == 2
            assert copy.stats().status is TorrentStatus.DOWNLOADING
            [moving, limit] = copy.explain()
            assert (moving.cause, limit.cause) == ("moving", "limit")
            assert limit.remedy
            assert copy.webseeds() == []


async def test_what_was_never_checked_is_not_known(torrent, config):
    async with Session(config) as session:
        one = await session.add_torrent(torrent, AddOptions(stopped=True))
        with pytest.raises(NotRunning, match="not running so file stats unavailable"):
            one.file_stats()
        assert one.files()[0].length == one.stats().bytes.total
        assert one.peers() == []
        [stopped] = one.explain()
        assert (stopped.cause, stopped.remedy) == ("stopped", "start it")
        with pytest.raises(ConfigError):
            await one.set_options(TorrentOptions(seed_ratio=-1.0))
        await one.announce()
        with pytest.raises(SessionError, match="torrent is stopped"):
            await one.wait_complete()
