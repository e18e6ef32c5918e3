"""Completion scripts are what click generates, and the shells understand them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules import completion_scripts, tree

each_command = pytest.mark.parametrize("name", sorted(tree.scripts()))
each_shell = pytest.mark.parametrize("shell", sorted(completion_scripts.SHELLS))

LAUNCHER = """#!{python}
import sys
sys.path[:0] = {path!r}
from {module} import main
main()
"""


def ask_shell(shell: str, code: str, folder: Path) -> str:
    """What a shell prints that finds the programs of `folder` first."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    result = subprocess.run(
        [shell, "-c", code],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def launcher(name: str, folder: Path) -> Path:
    """A folder with an executable that is called like the command, as pip would make it."""
    module = tree.scripts()[name].partition(":")[0]
    path = [str(tree.ROOT), str(tree.ROOT / "tools")]
    program = folder / name
    program.write_text(LAUNCHER.format(python=sys.executable, path=path, module=module))
    program.chmod(0o755)
    return folder


@each_shell
def test_there_is_one_script_for_each_command(shell: str) -> None:
    found = set((tree.ROOT / "completions" / shell).iterdir())
    assert found == {completion_scripts.script_path(name, shell) for name in tree.scripts()}


@each_shell
@each_command
def test_script_is_what_click_generates(name: str, shell: str) -> None:
    text = completion_scripts.script_path(name, shell).read_text()
    hint = "run: python -m tests.rules.regenerate"
    assert text == completion_scripts.script(name, shell), hint


@each_command
def test_bash_completes_a_long_option(name: str, tmp_path: Path) -> None:
    script = completion_scripts.script_path(name, "bash")
    function = f"_{name.replace('-', '_')}_completion"
    code = (
        f"source {script}; COMP_WORDS=({name} --ver); COMP_CWORD=1;"
        f'{function} {name} --ver {name}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    assert "--version" in ask_shell("bash", code, launcher(name, tmp_path)).split()


@each_command
def test_fish_completes_a_long_option(name: str, tmp_path: Path) -> None:
    script = completion_scripts.script_path(name, "fish")
    code = f'source {script}; complete -C "{name} --ver"'
    assert "--version" in ask_shell("fish", code, launcher(name, tmp_path)).split()


@each_command
def test_zsh_finds_the_script_and_can_read_it(name: str, tmp_path: Path) -> None:
    script = completion_scripts.script_path(name, "zsh")
    assert script.read_text().startswith(f"#compdef {name}\n")
    assert ask_shell("zsh", f"emulate zsh -c 'setopt noexec; source {script}'", tmp_path) == ""
