"""The sockets on which a server is controlled."""

import os
import socket
import stat

import pytest
import trio

from raincore.base.errors import ListenError
from raincore.base.server_config import RpcRules
from raincore.rpc.listening import close_listeners, open_listeners, place_of


async def test_a_port_of_the_systems_choice():
    (listener,) = open_listeners(RpcRules(port=0))
    async with listener:
        place = place_of(listener, secure=False)
        assert place.startswith("http://127.0.0.1:")
        assert not place.endswith(":0")
        assert place_of(listener, secure=True).startswith("https://")


async def test_ipv6_is_shown_in_brackets():
    (listener,) = open_listeners(RpcRules(port=0, host="::1"))
    async with listener:
        assert place_of(listener, secure=False).startswith("http://[::1]:")


async def test_a_port_that_is_taken_is_told_with_its_key():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"see rpc-port\): 127\.0\.0\.1:{port}"):
            open_listeners(RpcRules(port=port))


@pytest.mark.parametrize("host", ["192.0.2.1", "name.invalid"])
async def test_an_address_that_is_not_ours_is_an_error(host):
    with pytest.raises(ListenError, match=host.replace(".", r"\.")):
        open_listeners(RpcRules(port=0, host=host))


async def test_a_unix_socket_is_for_its_owner(tmp_path):
    path = str(tmp_path / "rain.sock")
    rules = RpcRules(unix_socket=path)
    (listener,) = open_listeners(rules)
    assert place_of(listener, secure=False) == f"unix:{path}"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with pytest.raises(ListenError, match="something listens there already"):
        open_listeners(rules)
    await listener.aclose()
    # What a server left behind that was killed is replaced.
    (again,) = open_listeners(rules)
    await again.aclose()


async def test_a_socket_that_is_closed_is_gone(tmp_path):
    path = tmp_path / "rain.sock"
    listeners = open_listeners(RpcRules(unix_socket=str(path)))
    assert path.is_socket()
    for _ in range(2):
        await close_listeners(listeners)
        assert not path.exists()
    path.write_text("of somebody else")
    await close_listeners(listeners)
    assert path.exists()


async def test_a_socket_that_was_deleted_is_closed_all_the_same(tmp_path):
    path = tmp_path / "rain.sock"
    (listener,) = open_listeners(RpcRules(unix_socket=str(path)))
    path.unlink()
    await close_listeners([listener])
    assert listener.socket.fileno() == -1


async def test_a_file_is_not_taken_for_a_socket(tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(ListenError, match="something that is no socket is there"):
        open_listeners(RpcRules(unix_socket=str(path)))
    assert path.read_text() == "mine"


async def test_a_place_that_cannot_be_is_an_error(tmp_path):
    for path in (str(tmp_path / "none" / "s"), "/" + "x" * 200):
        with pytest.raises(ListenError, match="cannot listen there"):
            open_listeners(RpcRules(unix_socket=path))
    await trio.lowlevel.checkpoint()
