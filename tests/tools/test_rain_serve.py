"""rain-serve as a process: one line a step, clean ends, nothing lost when it is killed."""

import base64
import json
import os
import signal
import socket
import subprocess
import time

import pytest
from click.testing import CliRunner

from raincore.session.config_keys import keys
from raintools.rain_serve import main
from tests.documents import samples
from tests.tools import launchers

QUIET = {"RAIN_NO_DHT": "1", "RAIN_NO_LSD": "1", "RAIN_HOST": "127.0.0.1"}


def wait_until_blocked(pid, number):
    """Wait until a process has a signal wait; before that it is Python that starts."""
    while True:
        with open(f"/proc/{pid}/status") as file:
            masks = dict(line.split(":\t", 1) for line in file)
        blocked, caught = int(masks["SigBlk"], 16), int(masks["SigCgt"], 16)
        if (blocked | caught) >> (number - 1) & 1:
            return
        time.sleep(0.001)


class Server:
    """A running rain-serve, controlled over its unix socket."""

    def __init__(self, programs, home, *arguments, name="rain-serve", early=(), **more):
        self.path = str(home / "rpc.sock")
        environment = {**launchers.environment(programs, home), **QUIET}
        environment |= {"RAIN_RPC_UNIX_SOCKET": self.path, **more}
        self.process = subprocess.Popen(
            [*name.split(), *arguments],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        for number in early:
            wait_until_blocked(self.process.pid, number)
            self.tell(number)
        while not self.lines or "RPC server is listening" not in self.lines[-1]:
            line = self.process.stderr.readline()
            assert line, self.lines
            self.lines.append(line.rstrip("\n"))

    def call(self, method, **params):
        value = {"jsonrpc": "2.0", "method": f"Session.{method}", "params": params, "id": 0}
        body = json.dumps(value)
        head = "Host: x\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        head += f"Connection: close\r\nContent-Length: {len(body)}\r\n"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(self.path)
            sock.sendall(f"POST / HTTP/1.1\r\n{head}\r\n{body}".encode())
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
        reply = json.loads(answer.partition(b"\r\n\r\n")[2])
        return reply.get("result", reply.get("error"))

    def tell(self, number):
        self.process.send_signal(number)

    def ended(self):
        """Wait for the end; code, stdout, and all lines of stderr."""
        stdout, rest = self.process.communicate(timeout=60)
        return self.process.returncode, stdout, [*self.lines, *rest.splitlines()]


@pytest.fixture
def start(programs, tmp_path):
    servers = []

    def starting(*arguments, **more):
        servers.append(Server(programs, tmp_path, *arguments, **more))
        return servers[-1]

    yield starting
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


def run(*arguments, **environment):
    result = CliRunner().invoke(main, arguments, env={"HOME": "/nowhere", **environment})
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly_and_soon(start, number, code):
    server = start()
    began = time.monotonic()
    server.tell(number)
    found, stdout, lines = server.ended()
    assert (found, stdout) == (code, "")
    assert time.monotonic() - began < 5
    assert [line.partition(": info: ")[2].partition(" ")[0] for line in lines] == [
        *("the", "RPC", "stopping", "stopped"),
    ]
    assert not os.path.exists(server.path) or os.stat(server.path)


def test_what_was_added_is_there_after_it_was_killed(start):
    server = start()
    packed = base64.b64encode(samples.full()).decode()
    for number in range(5):
        result = server.call("AddTorrent", Torrent=packed, ID=f"id-{number}", Stopped=True)
        assert "Torrent" in result
    server.tell(signal.SIGKILL)
    assert server.ended()[0] == -signal.SIGKILL
    again = start()
    found = again.call("ListTorrents")["Torrents"]
    assert sorted(row["ID"] for row in found) == [f"id-{number}" for number in range(5)]


def test_sighup_reads_the_configuration_again(start, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("speed-limit-upload: 1\n")
    server = start("--config", str(path))
    for text, said in [
        ("speed-limit-upload: 2\nport-begin: 100\n", "some changes hold after a restart only"),
        ("nonsense: 1\n", "the configuration stays as it was"),
    ]:
        path.write_text(text)
        server.tell(signal.SIGHUP)
        while said not in server.lines[-1]:
            line = server.process.stderr.readline()
            assert line, server.lines
            server.lines.append(line)
    assert server.call("GetConfig")["Config"]["speed-limit-upload"] == 2
    assert any("changed=speed-limit-upload" in line for line in server.lines)
    assert any("keys=port-begin" in line for line in server.lines)
    server.tell(signal.SIGTERM)
    assert server.ended()[0] == 143


@pytest.mark.parametrize("name", ["rain-serve", "rain server"])
def test_signals_that_come_while_it_starts_are_obeyed_afterwards(start, name):
    server = start("--config", "", name=name, early=(signal.SIGHUP, signal.SIGUSR1))
    while not {"hup", "usr1"} <= {
        *("hup" for line in server.lines if "configuration" in line),
        *("usr1" for line in server.lines if "torrents were explained" in line),
    }:
        line = server.process.stderr.readline()
        assert line, server.lines
        server.lines.append(line)
    assert server.call("ListTorrents") == {"Torrents": []}
    server.tell(signal.SIGTERM)
    assert server.ended()[0] == 143


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_signals_that_come_while_it_ends_do_not_end_it_by_force(start, number):
    server = start()
    server.tell(signal.SIGTERM)
    while server.process.poll() is None:
        server.tell(number)
        time.sleep(0.0005)
    code, _, lines = server.ended()
    assert code == 143
    assert lines[-1].endswith("stopped")


def test_sigusr1_says_why_torrents_do_not_move_and_ends_nothing(start):
    server = start()
    link = f"magnet:?xt=urn:btih:{'ab' * 20}"
    server.call("AddURI", URI=link, ID="one", Stopped=True)
    server.tell(signal.SIGUSR1)
    while "torrents were explained torrents=1" not in server.lines[-1]:
        line = server.process.stderr.readline()
        assert line, server.lines
        server.lines.append(line)
    assert "id=one" in server.lines[-2]
    assert "stopped: " in server.lines[-2]
    assert server.call("ListTorrents")["Torrents"]
    server.tell(signal.SIGTERM)
    assert server.ended()[0] == 143


def test_a_second_server_is_told_why_it_cannot_start(start, programs, tmp_path):
    start()
    for line, code, said in [
        ("rain-serve", 4, "something listens there already"),
        ("RAIN_RPC_UNIX_SOCKET=$PWD/other rain-serve", 1, "locked by another process"),
        ("rain-serve --check-database", 0, "the database was read torrents=0"),
    ]:
        quiet = " ".join(f"{name}={text}" for name, text in QUIET.items())
        shown = f"export {quiet} RAIN_RPC_UNIX_SOCKET=$PWD/rpc.sock; {line}"
        ended = launchers.shell(shown, programs, tmp_path)
        assert (ended.code, ended.stdout) == (code, "")
        assert said in ended.stderr
        assert ended.stderr.count("\n") == 1


def test_the_service_manager_hears_of_its_life(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        server = start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="200000")
        heard = {manager.recv(100)}
        while not {b"READY=1", b"WATCHDOG=1"} <= heard:
            heard.add(manager.recv(100))
        server.tell(signal.SIGTERM)
        while b"STOPPING=1" not in heard:
            heard.add(manager.recv(100))
        server.ended()


def test_the_database_is_checked(start, programs, tmp_path):
    server = start()
    server.tell(signal.SIGTERM)
    server.ended()
    ended = launchers.shell("rain-serve --check-database", programs, tmp_path)
    assert (ended.code, ended.stdout) == (0, "")
    assert "the database was read torrents=0" in ended.stderr
    ended = launchers.shell("rain-serve --check-database --database none", programs, tmp_path)
    assert ended.code == 5
    assert "there is no database" in ended.stderr


def test_the_configuration_is_printed():
    result = run("--config", "", "--print-config", RAIN_RPC_PORT="7")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "rpc-port: 7  # RAIN_RPC_PORT" in lines
    assert len(lines) == len(keys())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "/nowhere.yaml"), "configuration file is missing: /nowhere.yaml"),
        (("--rpc-port", "x"), "expected a number from 0 to 65535, not 'x'"),
        (("--rpc-prt", "1"), "no such option '--rpc-prt'"),
        (("--config", "", "--rpc-host", "0.0.0.0"), "set rpc-token"),
        (("--config", "", "--port-begin", "40000"), "invalid port range"),
        (("stray",), "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_one_line(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_data_directory_that_is_a_file_is_told_at_the_start(tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/below"):
        result = run("--config", "", "--data-dir", str(tmp_path / place), "--rpc-port", "0")
        assert result.exit_code == 2
        assert result.stderr == (
            f"rain-serve: error: data-dir is no directory: {tmp_path / place}\n"
        )


def test_warnings_name_what_looks_like_a_mistake(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("request-timeout: 20\n")
    result = run("--config", str(path), "--print-config")
    assert result.exit_code == 0
    assert "a number without unit is nanoseconds" in result.stderr
