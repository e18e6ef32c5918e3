"""Getting a .torrent file from a URL, within bounds; the server is one of our own."""

import contextlib
import http.server
import re
import threading
import time

import pytest

from raincore.base.errors import ConnectError, FormatError, NetworkError, TimedOut
from raintools._kit import download


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        getattr(self, "get_" + self.path.strip("/").split("/")[0])()

    def answer(self, body=b"", code=200, **headers):
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def get_good(self):
        self.answer(b"d4:infodee")

    def get_large(self):
        with contextlib.suppress(ConnectionError):
            self.answer(bytes(download.MAX_BYTES + 1))

    def get_largest(self):
        self.answer(bytes(download.MAX_BYTES))

    def get_gone(self):
        self.answer(code=404)

    def get_moved(self):
        self.answer(code=302, Location="/good")

    def get_loop(self):
        self.answer(code=302, Location="/loop")

    def get_chain(self):
        self.answer(code=302, Location=self.path + "/x")

    def get_file(self):
        self.answer(code=302, Location="file:///etc/passwd")

    def get_ftp(self):
        self.answer(code=302, Location="ftp://127.0.0.1/x")

    def get_garbage(self):
        self.wfile.write(b"nonsense\r\n\r\n")

    def get_slow(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.02)

    def get_silent(self):
        self.server.quit.wait(5)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.quit = threading.Event()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.quit.set()
        server.shutdown()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def test_a_file_is_fetched(server):
    assert download.get(f"{server}/good") == b"d4:infodee"


def test_a_redirect_is_followed(server):
    assert download.get(f"{server}/moved") == b"d4:infodee"


def test_the_largest_file_is_fetched_and_a_larger_one_refused(server):
    assert len(download.get(f"{server}/largest")) == download.MAX_BYTES
    with pytest.raises(FormatError, match="larger than 10 MiB"):
        download.get(f"{server}/large")


def test_what_the_server_says_is_told(server):
    with pytest.raises(NetworkError, match="the server said: 404 Not Found"):
        download.get(f"{server}/gone")


@pytest.mark.parametrize("path", ["loop", "chain", "file", "ftp", "garbage"])
def test_an_answer_that_leads_nowhere_is_a_network_error(server, path):
    with pytest.raises(NetworkError):
        download.get(f"{server}/{path}")


def test_a_server_that_speaks_no_tls_is_told_without_places_in_c_code(server):
    with pytest.raises(ConnectError) as caught:
        download.get(f"{server}/good".replace("http:", "https:"))
    # What OpenSSL calls it depends on its version.
    assert re.fullmatch("cannot be fetched: TLS handshake has failed: [a-z ]+", str(caught.value))


def test_nobody_there_is_told(server):
    with pytest.raises(ConnectError, match="connection refused"):
        download.get("http://127.0.0.1:1/x")


@pytest.mark.parametrize("path", ["slow", "silent"])
def test_patience_is_bounded(server, monkeypatch, path):
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.1)
    with pytest.raises(TimedOut):
        download.get(f"{server}/{path}")


@pytest.mark.parametrize(
    "url", ["http://", "https:///x", "http://[::1/x", "http://127.0.0.1:port/x", "http://a b/"]
)
def test_what_is_no_url_is_refused(url):
    with pytest.raises(FormatError, match="is no proper URL"):
        download.get(url)


@pytest.mark.parametrize("url", ["file://localhost/etc/passwd", "ftp://127.0.0.1/x"])
def test_a_url_of_another_kind_is_never_opened(url):
    with pytest.raises(NetworkError, match="unknown url type"):
        download.get(url)
