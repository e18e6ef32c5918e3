"""Commands that need no network start without the event loop and the schema library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules import tree

HEAVY = ["trio", "jsonschema", "diskcache", "platformdirs", "asyncio", "urllib.request"]
INFO = b"d6:lengthi5e4:name5:photo12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"
JOBS = {
    "rain-create": ["--json", "--out", "photo.torrent", "photo"],
    "rain-edit": ["--json", "--comment", "new", "given.torrent"],
    "rain-inspect": ["--json", "given.torrent"],
    "rain-magnet": ["--json", "given.torrent"],
}


def run_fresh(code: str, folder: Path) -> str:
    """What a new interpreter prints on stderr; it must end well."""
    path = os.pathsep.join([str(tree.ROOT), str(tree.ROOT / "tools")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo").write_bytes(b"image")
    (tmp_path / "given.torrent").write_bytes(b"d4:info" + INFO + b"e")
    return tmp_path


@pytest.mark.parametrize("arguments", ["--help", "the job"])
@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_command_without_network_imports_nothing_heavy(
    name: str, arguments: str, folder: Path
) -> None:
    given = [arguments] if arguments.startswith("-") else JOBS[name]
    code = f"""
import sys
from {tree.scripts()[name].partition(":")[0]} import main
try:
    main({given!r})
except SystemExit as end:
    assert not end.code, end.code
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    assert run_fresh(code, folder).splitlines()[-1] == "[]"


def test_a_torrent_is_looked_at_without_what_only_writers_need(folder: Path) -> None:
    code = f"""
import sys
from raintools.rain_inspect import main
try:
    main({JOBS["rain-inspect"]!r})
except SystemExit as end:
    assert not end.code, end.code
print([name for name in ("bencodepy", "pathlib", "ipaddress") if name in sys.modules], file=sys.stderr)
"""
    assert run_fresh(code, folder).splitlines()[-1] == "[]"


def test_importing_the_library_loads_none_of_its_modules(folder: Path) -> None:
    code = "import sys, raincore; print([n for n in sys.modules if 'rain' in n], file=sys.stderr)"
    assert run_fresh(code, folder) == "['raincore']\n"
