"""A session that is killed at any moment has lost nothing of what it had said was done."""

import json
import subprocess
import sys

import pytest

from tests.rules import tree

ROUNDS = 60


@pytest.mark.interop
def test_nothing_that_was_done_is_lost_by_a_kill(tmp_path):
    command = [
        sys.executable,
        "-m",
        "tests.interop.killed_session",
        str(tmp_path),
        str(ROUNDS),
        "7",
    ]
    ran = subprocess.run(
        command, cwd=tree.ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:] + ran.stdout[-3000:]
    said = json.loads(ran.stdout)
    assert said["problems"] == []
    assert said["rounds"] == ROUNDS
    assert said["opened"] >= ROUNDS // 4
    assert said["done"] >= ROUNDS // 4
