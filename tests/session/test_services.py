"""What torrents share is opened and closed together, also when something goes wrong."""

import threading

import pytest
import trio
import trio.testing

from raincore.base.config import (
    Config,
    DiskLimits,
    Encryption,
    PeerLimits,
    RateLimits,
    SessionRules,
    SocketRules,
    WebPatience,
    WebseedLimits,
)
from raincore.base.errors import ConfigError, FormatError, TimedOut
from raincore.session.services import let_grow_old, open_services
from raincore.storage.piece_cache import PieceCache
from raincore.wire import rc4
from tests.net.web import reply, web


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def test_everything_is_there_and_nothing_is_left_behind():
    before = trio.lowlevel.current_statistics().tasks_living
    rates = RateLimits(download_bytes_per_second=1000)
    async with open_services(Config(rates=rates)) as services:
        assert services.store is not None
        assert await services.world.network.resolve("127.0.0.1", 1)
        services.store.close()
    await trio.testing.wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().tasks_living == before


async def test_an_error_in_the_body_comes_out_as_it_is():
    async def fail():
        async with open_services(Config()) as services:
            assert services.store is not None
            services.store.close()
            raise FormatError("mine")

    with pytest.raises(FormatError, match="mine"):
        await fail()


async def test_cancelling_closes_everything():
    with trio.CancelScope() as scope:
        async with open_services(Config()) as services:
            assert services.store is not None
            services.store.close()
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_a_store_that_cannot_be_used_is_a_warning(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    warnings: list[str] = []
    async with open_services(Config(), warnings.append) as services:
        assert services.store is None
    [warning] = warnings
    assert warning.startswith("nothing will be remembered: ")


async def test_encryption_cannot_be_required_where_there_is_no_rc4(monkeypatch):
    monkeypatch.setattr(rc4, "is_fast", lambda: False)
    required = Config(peers=PeerLimits(encryption=Encryption.REQUIRE))
    with pytest.raises(ConfigError, match="cannot encrypt: the OpenSSL of this Python has no RC4"):
        async with open_services(required):
            pytest.fail("opened")
    async with open_services(Config()) as services:
        assert services.store is not None
        services.store.close()


async def test_files_come_from_the_web_over_our_own_sockets():
    with web(lambda handler: reply(handler, b"de")) as server:
        async with open_services(Config()) as services:
            assert not services.confined
            assert await services.download(server.url) == b"de"
            assert services.store is not None
            services.store.close()


async def test_bound_or_guarded_sockets_are_the_only_ones(tmp_path):
    (tmp_path / "list").write_text("192.0.2.0/24\n")
    for rules in (SocketRules(bind=("lo",)), SocketRules(blocklists=(str(tmp_path / "list"),))):
        async with open_services(Config(sockets=rules)) as services:
            assert services.confined
            assert services.store is not None
            services.store.close()


async def test_limits_of_all_torrents_change_at_once():
    async with open_services(Config()) as services:
        services.set_limits(down=1000)
        services.set_limits(up=2000)
        assert services.world.down.bytes_per_second == 1000
        assert services.world.up.bytes_per_second == 2000
        assert services.store is not None
        services.store.close()


async def test_what_nobody_asks_for_leaves_the_cache(autojump_clock):
    cache = PieceCache(1 << 20)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(let_grow_old, cache, 60.0)
        run = cache.reserve(16384)
        cache.publish("a", run)
        cache.release(run)
        await trio.sleep(59)
        assert "a" in cache.runs
        await trio.sleep(45)
        assert cache.allocated_bytes == 0
        nursery.cancel_scope.cancel()


async def test_threads_and_time_outs_are_those_of_the_settings():
    disk = DiskLimits(parallel_reads=3, parallel_writes=2, read_cache_seconds=60.0)
    config = Config(disk=disk, web=WebseedLimits(patience=WebPatience(read_seconds=1.5)))
    async with open_services(config, remembers=False) as services:
        offload = services.world.offload
        assert len({offload.lane("read") for _ in range(12)}) == 3
        assert len({offload.lane("write") for _ in range(12)}) == 2


async def test_a_web_seed_may_pause_for_as_long_as_settings_say():
    release = threading.Event()

    def answer(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 0-99/100")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.flush()
        release.wait(20)

    config = Config(web=WebseedLimits(patience=WebPatience(read_seconds=0.2)))
    with web(answer) as server:
        async with open_services(config, remembers=False) as services:
            async with services.world.webseeds.open_file(server.url, 0, 100, 100) as body:
                with pytest.raises(TimedOut, match=r"sent nothing for 0\.2 s"):
                    await body.wait()
            release.set()


async def test_fetching_a_torrent_takes_no_longer_than_settings_say():
    release = threading.Event()
    config = Config(session=SessionRules(fetch_timeout_seconds=0.2))
    with web(lambda handler: release.wait(20)) as server:
        async with open_services(config, remembers=False) as services:
            with pytest.raises(TimedOut, match=r"no answer within 0\.2 s"):
                await services.download(server.url)
            release.set()
