"""Torrents at one port are found by their info-hash, several of the same one too."""

from dataclasses import replace

import pytest
import trio

from raincore import AddOptions, Session
from raincore.base.errors import ListenError
from raincore.documents.session_records import TorrentStatus

PORT = 21950


async def test_all_torrents_may_share_one_port(made, torrent, config, put, tmp_path):
    shared = replace(config, session=replace(config.session, shared_port=PORT))
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
