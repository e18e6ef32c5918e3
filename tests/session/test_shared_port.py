"""Torrents at one port are found by their info-hash, several of the same one too."""

from dataclasses import replace

import pytest
import trio

from raincore import AddOptions, Session
from raincore.base.config import Identity
from raincore.base.errors import ListenError
from raincore.documents.session_records import TorrentStatus
from raincore.formats import bencoding, client_id, metainfo

PORT = 21950


async def test_all_torrents_may_share_one_port(made, torrent, config, put, tmp_path):
    rules = replace(config.session, shared_port=PORT, port_begin=0, port_end=0)
    shared = replace(config, session=rules)
    other = replace(config, data_dir=str(tmp_path / "other" / "data"))
    with trio.fail_after(60):
        async with Session(shared) as here, Session(other) as there:
            put("a")
            seeds = [await here.add_torrent(torrent, AddOptions(id=id)) for id in ("a", "b")]
            assert [one.port for one in seeds] == [PORT, PORT]
            assert here.stats().ports_available == 0
            await seeds[0].wait_complete()
            copy = await there.add_uri(f"{seeds[0].magnet()}&x.pe=127.0.0.1:{PORT}")
            await copy.wait_complete()
            assert seeds[1].status is TorrentStatus.DOWNLOADING
            with pytest.raises(ListenError):
                async with Session(replace(shared, data_dir=str(tmp_path / "third" / "data"))):
                    pytest.fail("opened")


async def test_a_private_torrent_may_have_another_peer_id(made, config, put, reaches):
    private = replace(config, private=Identity(peer_id_prefix="-XX9-"))
    value = bencoding.decode(made.info.raw)
    raw = bencoding.encode({**value, b"private": 1})
    with trio.fail_after(60):
        async with Session(private) as session:
            secret = await session.add_torrent(metainfo.encode(raw))
            public = await session.add_torrent(metainfo.encode(made.info.raw))
            for one in (secret, public):
                await reaches(one, TorrentStatus.DOWNLOADING)
            assert secret.life.torrent.own_id.startswith(b"-XX9-")
            assert public.life.torrent.own_id.startswith(client_id.PREFIX)
