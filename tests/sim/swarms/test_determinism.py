"""Same seed, same trace: any failure in a simulated swarm can be had again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.swarms import story

ROOT = Path(__file__).parents[3]


def run_elsewhere(seed: int, hash_seed: str) -> str:
    """Tell the story in a process with another order of sets and another dict of names."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tools"))),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.sim.swarms.story", str(seed)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def trace(request) -> str:
    return story.run(request.config.getoption("--seed"))


def test_the_same_seed_gives_the_same_trace_twice(trace, seed):
    assert story.run(seed) == trace


def test_the_trace_does_not_depend_on_the_process(trace, seed):
    assert run_elsewhere(seed, "4711") == trace


def test_another_seed_gives_another_trace(trace, seed):
    assert story.run(seed + 1) != trace
