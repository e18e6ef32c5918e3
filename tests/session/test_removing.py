"""What is removed is gone, and takes nothing of others with it."""

from dataclasses import replace

import trio

from raincore import AddOptions, Session
from raincore.formats import metainfo
from tests.sim.content import sample


def plain(config):
    return replace(config, session=replace(config.session, data_dir_includes_torrent_id=False))


async def test_in_a_shared_directory_a_torrent_loses_its_own_files_only(
    made, torrent, config, put, tmp_path
):
    data = tmp_path / "data"
    (data / "foreign").mkdir(parents=True)
    with trio.fail_after(60):
        async with Session(plain(config)) as session:
            put("")
            one = await session.add_torrent(torrent)
            assert one.directory == data
            await one.wait_complete()
            await session.remove(one.id, keep_data=False)
        assert [path.name for path in data.iterdir()] == ["foreign"]


async def test_content_that_another_torrent_has_too_stays(made, torrent, config, put, tmp_path):
    with trio.fail_after(60):
        async with Session(plain(config)) as session:
            file = put("")
            one, two = [await session.add_torrent(torrent) for _ in range(2)]
            await one.wait_complete()
            await session.remove(one.id, keep_data=False)
            assert file.exists()
            await session.remove(two.id, keep_data=False)
            assert not file.exists()


async def test_content_in_a_place_of_the_users_is_deleted_file_by_file(config, made, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    (place / "sample").write_bytes(made.content)
    (place / "mine").write_bytes(b"")
    torrent = metainfo.encode(made.info.raw)
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(data_dir=str(place)))
            await one.wait_complete()
            await session.remove(one.id, keep_data=False)
    assert [path.name for path in place.iterdir()] == ["mine"]


async def test_a_download_can_be_removed_while_it_runs(config, tmp_path):
    other = sample(2, pieces=3)
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(metainfo.encode(other.info.raw), AddOptions(id="a"))
            link = await session.add_uri(f"magnet:?xt=urn:btih:{'ab' * 20}")
            await session.remove(one.id, keep_data=False)
            await session.remove(link.id, keep_data=False)
            await session.remove(link.id, keep_data=False)
            assert session.torrents() == []
