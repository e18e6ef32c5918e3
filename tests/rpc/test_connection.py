"""Sockets to a session: unix sockets, TLS, tokens."""

import contextlib
import os
import socket
import ssl
import threading

import pytest
import trustme

from raincore.base.errors import ConfigError, ConnectError
from raincore.rpc import address
from raincore.rpc.client import Client
from raincore.rpc.connection import Secrets
from tests.rpc import go_server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextlib.contextmanager
def client_of(url, **more):
    with Client(address.parse(url), **more) as client:
        yield client


def test_a_unix_socket_will_do(tmp_path):
    path = str(tmp_path / "rpc.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def serve():
            with listener.accept()[0] as connection:
                connection.recv(65536)
                body = b'{"id":0,"result":1}'
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

        thread = threading.Thread(target=serve)
        thread.start()
        with client_of(f"unix:{path}") as client:
            assert client.call("Session.Version") == 1
        thread.join()
    os.unlink(path)
    with client_of(f"unix:{path}") as client, pytest.raises(ConnectError, match="no server there"):
        client.call("Session.Version")


def test_tls_is_spoken_and_checked(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with go_server.running() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        trusting = Secrets(ca_file=str(tmp_path / "ca.pem"))
        with client_of(url, secrets=trusting) as client:
            assert client.call("Session.Version") == "2.3.0"
        with client_of(url, secrets=Secrets(verify_tls=False)) as client:
            assert client.call("Session.Version") == "2.3.0"
        with client_of(url) as client, pytest.raises(ConnectError, match="issuer certificate"):
            client.call("Session.Version")


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "\u00e9"])
def test_a_token_that_could_break_a_header_is_refused(token):
    with pytest.raises(ConfigError):
        Secrets(token)
