"""The service manager hears of us, and its absence is no error."""

import os
import socket

import pytest

from raintools._kit import systemd


@pytest.fixture
def manager(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield sock


def test_the_manager_is_told(manager):
    systemd.notify("READY=1")
    assert manager.recv(100) == b"READY=1"


def test_an_abstract_socket_is_meant_by_an_at_sign(monkeypatch):
    name = f"rain-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        systemd.notify("STOPPING=1")
        assert sock.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("place", ["", "relative", "/nowhere/at/all"])
def test_without_a_manager_nothing_happens(monkeypatch, place):
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    systemd.notify("READY=1")


def test_reading_again_has_a_time(manager):
    systemd.reloading()
    first, second = manager.recv(100).decode().split("\n")
    assert first == "RELOADING=1"
    assert second.startswith("MONOTONIC_USEC=")


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("", "", None),
        ("10000000", "ours", 5.0),
        ("10000000", "1", None),
        ("0", "ours", None),
        ("x", "ours", None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_wants(monkeypatch, usec, pid, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "ours" else pid)
    assert systemd.watchdog_seconds() == seconds
