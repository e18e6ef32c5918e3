"""A session that is killed at any moment has lost nothing of what it had said was done.

    RAIN_KILLS=20 .venv/bin/python -m pytest tests/interop/test_killed_sessions.py

kills twenty times as often.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.rules import tree

TIMES = int(os.environ.get("RAIN_KILLS", "1"))


def killing(program, rounds, place):
    """Run one of the programs beside this file; give what it says."""
    command = [sys.executable, "-m", f"tests.interop.{program}", str(place), str(rounds), "7"]
    ran = subprocess.run(
        command, cwd=tree.ROOT, capture_output=True, text=True, timeout=300 * TIMES, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:] + ran.stdout[-3000:]
    said = json.loads(ran.stdout)
    assert said["problems"] == []
    assert said["rounds"] == rounds
    return said


@pytest.mark.interop
def test_nothing_that_was_done_is_lost_by_a_kill(tmp_path):
    rounds = 40 * TIMES
    said = killing("killed_session", rounds, tmp_path)
    assert said["opened"] >= rounds // 4
    assert said["done"] >= rounds // 4
    assert said["copied"] > 0, "the database was copied meanwhile"


@pytest.mark.interop
def test_what_was_fetched_is_kept_and_right_after_any_kill(tmp_path):
    rounds = 10 * TIMES
    said = killing("killed_download", rounds, tmp_path)
    assert said["opened"] >= rounds // 3
    assert said["kept"] > 0


@pytest.mark.interop
def test_a_torrent_that_was_on_its_way_between_servers_is_with_one_of_them(tmp_path):
    said = killing("killed_move", 8 * TIMES, tmp_path)
    assert said["moved"] > 0
