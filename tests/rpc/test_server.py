"""The server around a real session: what was added is there after a restart."""

import base64

import pytest

from raincore.base.errors import ConfigError, ListenError
from raincore.base.session_errors import SessionLocked
from tests.documents import samples
from tests.rpc.homes import Home


@pytest.fixture
def place(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def packed():
    return base64.b64encode(samples.full()).decode()


async def test_what_was_added_is_there_after_a_restart(place, packed):
    async with place.open():
        added = await place.call("AddTorrent", Torrent=packed, ID="one", Stopped=True, Labels=["a"])
        assert added["Torrent"]["ID"] == "one"
        assert (await place.call("AddTorrent", Torrent=packed, ID="one"))["code"] == -32000
        assert (await place.call("AddTorrent", Torrent=packed, ID="../x"))["code"] == 2
        assert (await place.call("AddTorrent", Torrent="eA=="))["code"] == 2
    async with place.open():
        (found,) = (await place.call("ListTorrents"))["Torrents"]
        assert found == added["Torrent"]
        shown = (await place.call("QueryTorrents"))["Torrents"][0]
        assert (shown["Status"], shown["Labels"]) == ("Stopped", ["a"])
        assert await place.call("RemoveTorrent", ID="one", KeepData=True) == {}
    async with place.open():
        assert (await place.call("ListTorrents"))["Torrents"] == []


async def test_every_method_answers_for_a_stopped_torrent(place, packed):
    refused = {"GetMagnet", "GetTorrentFileStats", "MoveTorrent"}  # private, stopped, nowhere
    async with place.open():
        await place.call("AddTorrent", Torrent=packed, ID="one", Stopped=True)
        methods = (await place.call("ListMethods"))["Methods"]
        for name, fields in methods.items():
            short = name.partition(".")[2]
            if "ID" not in fields or short in {"AddTorrent", "AddURI", "RemoveTorrent"} | refused:
                continue
            params = {"Addr": "127.0.0.1:1", "URL": "http://127.0.0.1:1/announce"}
            result = await place.call(
                short, ID="one", **{k: v for k, v in params.items() if k in fields}
            )
            assert "code" not in result, (name, result)


async def test_events_tell_what_happened(place, packed):
    async with place.open():
        before = (await place.call("GetEvents"))["Revision"]
        await place.call("AddTorrent", Torrent=packed, ID="one", Stopped=True)
        found = await place.call("GetEvents", Since=before)
        first = found["Events"][0]
        assert (first["ID"], first["Kind"]) == ("one", "added")
        delta = await place.call("QueryTorrents", Since=before)
        assert [row["ID"] for row in delta["Torrents"]] == ["one"]
        assert not delta["Complete"]


async def test_settings_change_while_it_runs(place):
    async with place.open() as tuning:
        result = await place.call("SetConfig", Config={"speed-limit-upload": 7, "port-begin": 100})
        assert result == {"Changed": ["speed-limit-upload"], "AfterRestart": ["port-begin"]}
        shown = (await place.call("GetConfig"))["Config"]
        assert shown["speed-limit-upload"] == 7
        wrong = await place.call("SetConfig", Config={"rpc-prt": 7})
        assert "did you mean 'rpc-port'" in wrong["message"]
        tuning.reload()


async def test_a_second_server_does_not_start(place, tmp_path):
    async with place.open():
        with pytest.raises(ListenError):
            async with place.open():
                raise AssertionError("two servers")
        place.flags["rpc-unix-socket"] = str(tmp_path / "other.sock")
        with pytest.raises(SessionLocked):
            async with place.open():
                raise AssertionError("two sessions")


async def test_without_rpc_the_session_runs_alone(place):
    place.flags["rpc-enabled"] = "false"
    async with place.open():
        with pytest.raises(OSError, match="o such file"):
            await place.call("Version")


async def test_tls_files_that_are_not_there_are_an_error(place):
    place.flags.update({"rpc-tls-cert": "/none", "rpc-tls-key": "/none"})
    with pytest.raises(ConfigError, match="cannot use rpc-tls-cert"):
        async with place.open():
            raise AssertionError("started")
