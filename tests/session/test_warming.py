"""What a torrent needs is imported while its content is checked, once in a process."""

import subprocess
import sys
import threading

import pytest
import trio

from raincore.base.config import Encryption
from raincore.session import warming
from raincore.session.warming import Warming
from raincore.wire import rc4

HTTP = [["udp://t.example:1/announce"], ["HTTPS://t.example/announce"]]


@pytest.mark.parametrize("tiers", [[], [["udp://t.example:1/announce", "nonsense"]]])
def test_without_trackers_over_http_nothing_is_imported_for_them(tiers: list[list[str]]) -> None:
    assert Warming(Encryption.OFF).needed(tiers) == []


def test_a_tracker_over_http_in_any_tier_needs_its_library() -> None:
    assert Warming(Encryption.OFF).needed(HTTP) == [warming.import_http]


@pytest.mark.parametrize("encryption", [Encryption.PREFER, Encryption.REQUIRE])
def test_peers_that_may_want_encryption_need_its_library(encryption: Encryption) -> None:
    assert Warming(encryption).needed([]) == [rc4.is_fast]


def test_what_one_torrent_needed_no_other_one_has_to_import() -> None:
    made = Warming(Encryption.PREFER)
    assert made.needed([]) == [rc4.is_fast]
    assert made.needed(HTTP) == [warming.import_http]
    assert made.needed(HTTP) == []


async def test_jobs_are_done_one_after_another_in_a_thread() -> None:
    done: list[tuple[str, bool]] = []

    def job(name: str) -> None:
        done.append((name, threading.current_thread() is threading.main_thread()))

    await Warming(Encryption.OFF, patience=0.0).do([lambda: job("a"), lambda: job("b")])
    assert done == [("a", False), ("b", False)]


async def test_who_is_done_at_once_has_nothing_imported(autojump_clock) -> None:
    done: list[str] = []
    with trio.move_on_after(warming.PATIENCE_SECONDS / 2):
        await Warming(Encryption.OFF).do([lambda: done.append("imported")])
    assert done == []


def test_the_library_behind_http_comes_into_memory() -> None:
    code = (
        "import sys; from raincore.session import warming; assert 'h11' not in sys.modules;"
        "warming.import_http(); assert 'h11' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
