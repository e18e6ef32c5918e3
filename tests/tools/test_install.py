"""What pip installs: two packages, every command with its man page and completions."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.rules import completion_scripts, tree

DATA = {
    "bash": "share/bash-completion/completions",
    "fish": "share/fish/vendor_completions.d",
    "zsh": "share/zsh/site-functions",
}


def run(*command: str | Path, cwd: Path) -> str:
    # Only what is installed may be found, not the checkout.
    clean = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, "HOME": str(cwd), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index"]
    run(*pip, "--quiet", "--wheel-dir", folder, tree.ROOT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def prefix(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment in which the wheel is installed.

    Dependencies come from the environment that runs the tests, so nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("prefix")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"]
    run(*pip, "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    # Entries of a .pth file are searched last, and .pth files behind them are not read: an
    # editable install of this very project stays invisible.
    [site] = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_the_wheel_holds_two_packages_and_nothing_else_at_the_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    code = {top for top in tops if not top.endswith((".dist-info", ".data"))}
    assert code == {"raincore", "raintools"}


def test_the_wheel_holds_every_source_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    folders = ("raincore/", "tools/raintools/")
    ours = {tree.relative(path) for path in tree.files()}
    expected = {path.removeprefix("tools/") for path in ours if path.startswith(folders)}
    assert {name for name in packed if name.startswith(("raincore/", "raintools/"))} == expected


def test_the_packages_come_from_the_prefix(prefix: Path) -> None:
    code = "import raincore, raintools; print(raincore.__file__, raintools.__file__)"
    places = run(prefix / "bin" / "python", "-c", code, cwd=prefix).split()
    assert [place.startswith(str(prefix)) for place in places] == [True, True]


@pytest.mark.parametrize("name", sorted(tree.scripts()))
def test_an_installed_command_tells_its_version(name: str, prefix: Path) -> None:
    version = run(
        prefix / "bin" / "python", "-c", "import raincore as r; print(r.__version__)", cwd=prefix
    )
    title = "rain version" if name == "rain" else name  # as rain in Go says it
    assert run(prefix / "bin" / name, "--version", cwd=prefix) == f"{title} {version}"


@pytest.mark.parametrize("name", sorted(tree.scripts()))
def test_an_installed_command_has_its_page_and_completions(name: str, prefix: Path) -> None:
    page = tree.ROOT / "man" / "man1" / f"{name}.1"
    assert (prefix / "share" / "man" / "man1" / page.name).read_bytes() == page.read_bytes()
    for shell, folder in DATA.items():
        script = completion_scripts.script_path(name, shell)
        assert (prefix / folder / script.name).read_bytes() == script.read_bytes()


def test_an_installed_command_works(prefix: Path) -> None:
    (prefix / "photo").write_bytes(b"image")
    line = run(prefix / "bin" / "rain-create", "--json", "photo", cwd=prefix)
    assert '"total_length":5' in line.replace(" ", "")
    assert (prefix / "photo.torrent").is_file()


def test_schemas_travel_with_the_package(prefix: Path) -> None:
    assert "$schema" in run(prefix / "bin" / "rain-inspect", "--schema", cwd=prefix)
