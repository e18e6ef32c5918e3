"""A torrent says why it does not move, whether it runs or not."""

from dataclasses import replace

import trio

from raincore import AddOptions, Session
from raincore.base.errors import ConfigError
from raincore.documents.session_records import TorrentStatus


def causes(torrent) -> list[str]:
    return [why.cause for why in torrent.explain()]


async def test_the_reasons_of_a_run_are_those_of_its_machine(torrent, config, put, reaches):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            [why] = one.explain()
            assert (why.cause, why.evidence) == ("idle", "no peer is connected")
            assert why.info_hash.hex() == one.info_hash
            assert why.time > one.added_at - 1
            empty = await session.add_torrent(torrent, AddOptions(id="b"))
            await reaches(empty, TorrentStatus.DOWNLOADING)
            assert causes(empty) == ["no_peers"]
            assert empty.explain()[0].remedy
            await one.stop()
            await one.wait_stopped()
            assert causes(one) == ["stopped"]


async def test_who_has_failed_says_what_was_seen_then(torrent, config):
    def refuse(record, info) -> None:
        raise ConfigError("no such place")

    with trio.fail_after(60):
        async with Session(config, make_storage=refuse) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            while not one.error:
                await trio.sleep(0.01)
            while one.status is not TorrentStatus.STOPPED:
                await trio.sleep(0.01)
            assert causes(one) == ["content"]
            assert one.error in one.explain()[0].evidence
            assert one.explain()[0].remedy


async def test_the_last_error_is_told_after_a_restart(torrent, config):
    def refuse(record, info) -> None:
        raise ValueError  # never reached: it does not run

    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
            one.life.change(error="no such place")
        async with Session(config, make_storage=refuse) as session:
            [why] = session.get("a").explain()
            assert (why.cause, why.evidence) == ("failed", "no such place")
            assert why.remedy


async def test_who_waits_for_a_check_says_so(torrent, config, put):
    one_check = replace(config, session=replace(config.session, max_active_checks=1))
    with trio.fail_after(60):
        async with Session(one_check) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            assert causes(one)[0] in ("queued", "checking")
            await one.wait_complete()
            await one.stop()
            if one.status is TorrentStatus.STOPPING:
                assert causes(one) == ["stopped"]
