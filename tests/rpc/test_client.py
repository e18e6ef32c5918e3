"""A client against a server as strict as Go's, and against servers that are none."""

import contextlib
import socket
import threading
import time

import pytest

from raincore.base.errors import ConnectError, NetworkError, RemoteProtocolError, TimedOut
from raincore.base.rpc_errors import AccessRefused, MethodUnknown, TorrentUnknown
from raincore.rpc import address
from raincore.rpc.client import Client
from raincore.rpc.connection import Secrets
from raincore.rpc.envelope import Call
from tests.rpc import go_server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def server():
    with go_server.running() as made:
        yield made


@contextlib.contextmanager
def client_of(url, **more):
    with Client(address.parse(url), **more) as client:
        yield client


@contextlib.contextmanager
def scripted(answer):
    """A listener that hands each connection to `answer`, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    kept.append(connection)
                    with contextlib.suppress(OSError):
                        answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in kept:
                connection.close()


def test_calls_share_a_connection(server):
    with client_of(server.url) as client:
        assert client.call("Session.Version") == "2.3.0"
        assert client.call("Session.ListTorrents") == {"Torrents": []}
        assert client.call("Session.StopAllTorrents", {}) == {}
    assert len(server.connections) == 1
    assert [method for method, _ in server.asked][-1] == "Session.StopAllTorrents"


def test_refusals_have_their_classes(server):
    with client_of(server.url) as client:
        with pytest.raises(TorrentUnknown, match="torrent not found"):
            client.call("Session.StartTorrent", {"ID": "nope"})
        with pytest.raises(MethodUnknown, match="does not know Session"):
            client.call("Session.Explain", {})
        assert client.call("Session.Version") == "2.3.0"


def test_a_batch_gives_each_its_own(server):
    server.add("photos", "one")
    calls = [Call("Session.GetTorrentStats", {"ID": ident}) for ident in ("one", "two")]
    with client_of(server.url) as client:
        first, second = client.batch(calls)
        assert client.batch([]) == []
    assert first["Stats"]["Name"] == "photos"
    assert isinstance(second, TorrentUnknown)


def test_a_kept_connection_that_the_server_closed_is_made_anew(server):
    with client_of(server.url) as client:
        client.call("Session.Version")
        server.connections[0].shutdown(socket.SHUT_RDWR)
        assert client.call("Session.Version") == "2.3.0"
    assert len(server.connections) == 2


def test_a_server_may_close_after_each_reply():
    body = b'{"jsonrpc":"2.0","id":%d,"result":"x"}'
    numbers = iter(range(9))

    def answer(connection):
        connection.recv(65536)
        connection.sendall(HEAD + b"Connection: close\r\n\r\n" + body % next(numbers))
        connection.shutdown(socket.SHUT_RDWR)

    with scripted(answer) as url, client_of(url) as client:
        assert [client.call("Session.Version") for _ in range(3)] == ["x"] * 3


def test_the_token_is_shown_and_asked_for():
    with go_server.running(token="secret") as server:
        with client_of(server.url, secrets=Secrets("secret")) as client:
            assert client.call("Session.Version") == "2.3.0"
        with client_of(server.url) as client, pytest.raises(AccessRefused, match="RAIN_RPC_TOKEN"):
            client.call("Session.Version")


def test_user_and_password_of_the_url_are_sent():
    seen = []

    def answer(connection):
        seen.append(connection.recv(65536))
        connection.sendall(HEAD + b"Content-Length: 29\r\n\r\n" + b'{"id":0,"result":1,"x":"xxx"}')

    with scripted(answer) as url, client_of(url.replace("//", "//u:p@")) as client:
        assert client.call("Session.Version") == 1
    assert b"Authorization: Basic dTpw\r\n" in seen[0]


def test_a_server_that_speaks_no_tls_is_told_from_a_bad_certificate():
    def answer(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with (
        scripted(answer) as url,
        client_of(url.replace("http:", "https:")) as client,
        pytest.raises(ConnectError, match="no TLS is spoken there"),
    ):
        client.call("Session.Version")


def test_nobody_there_is_said():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (
        client_of(f"http://127.0.0.1:{port}") as client,
        pytest.raises(ConnectError, match="is rain-serve running"),
    ):
        client.call("Session.Version")


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n",
    ],
    ids=["ssh", "404", "html", "no reply", "204"],
)
def test_who_is_no_session_is_no_session(answer):
    def say(connection):
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with scripted(say) as url, client_of(url) as client, pytest.raises(RemoteProtocolError):
        client.call("Session.Version")


def test_a_server_that_hangs_up_is_a_network_error():
    with (
        scripted(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as url,
        client_of(url) as client,
        pytest.raises(NetworkError, match="connection broke"),
    ):
        client.call("Session.Version")


@pytest.mark.parametrize("trickles", [False, True])
def test_silence_and_a_trickle_end_at_the_timeout(trickles):
    over = threading.Event()

    def say(connection):
        connection.recv(65536)
        while trickles and not over.wait(0.02):
            connection.sendall(b"x")

    began = time.monotonic()
    with scripted(say) as url, client_of(url, timeout_seconds=0.3) as client:
        with pytest.raises(TimedOut, match="within"):
            client.call("Session.Version")
        with pytest.raises(TimedOut, match="within"):
            client.call("Session.Version", timeout=0.1)
        over.set()
    assert time.monotonic() - began < 10


def test_a_reply_without_end_is_cut(monkeypatch):
    monkeypatch.setattr("raincore.rpc.client.MAX_REPLY", 1000)

    def say(connection):
        connection.recv(65536)
        connection.sendall(HEAD + b"\r\n" + b" " * 5000)

    with (
        scripted(say) as url,
        client_of(url) as client,
        pytest.raises(RemoteProtocolError, match="longer"),
    ):
        client.call("Session.Version")


def test_a_server_that_is_killed_in_the_middle_of_a_reply_went_away():
    def answer(connection):
        connection.recv(65536)
        connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"jsonrpc":"2.0",')
        connection.close()

    gone = pytest.raises(NetworkError, match="went away in the middle of its reply")
    with scripted(answer) as url, client_of(url) as client, gone:
        client.call("Session.ListTorrents")


WHOLE = HEAD + b'Content-Length: 39\r\n\r\n{"jsonrpc":"2.0","id":0,"result":"1.0"}'


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_wherever_a_reply_breaks_off_the_server_went_away(length):
    def answer(connection):
        connection.recv(65536)
        connection.sendall(WHOLE[:length])
        connection.shutdown(socket.SHUT_RDWR)

    gone = pytest.raises(NetworkError, match="went away in the middle of its reply")
    with scripted(answer) as url, client_of(url) as client, gone:
        client.call("Session.Version")


def test_that_reply_is_one_when_it_is_whole():
    def answer(connection):
        connection.recv(65536)
        connection.sendall(WHOLE)
        connection.shutdown(socket.SHUT_RDWR)

    with scripted(answer) as url, client_of(url) as client:
        assert client.call("Session.Version") == "1.0"
