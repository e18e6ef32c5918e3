"""Completion scripts are what click generates, and the shells understand them."""

import shutil
from pathlib import Path

import pytest

from tests.rules import completion_scripts, tree
from tests.rules.terminal import Terminal
from tests.tools import launchers

each_command = pytest.mark.parametrize("name", sorted(tree.scripts()))
each_shell = pytest.mark.parametrize("shell", sorted(completion_scripts.SHELLS))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launchers.make_launchers(tmp_path_factory.mktemp("bin"))


def ask_shell(program: str, code: str, programs: Path, folder: Path) -> str:
    """What a shell prints when it runs a script."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    ended = launchers.shell(code, programs, folder, program=program)
    assert (ended.code, ended.stderr) == (0, "")
    return ended.stdout


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
def test_bash_completes_a_long_option(name: str, programs: Path, tmp_path: Path) -> None:
    script = completion_scripts.script_path(name, "bash")
    function = f"_{name.replace('-', '_')}_completion"
    code = (
        f"source {script}; COMP_WORDS=({name} --ver); COMP_CWORD=1;"
        f'{function} {name} --ver {name}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    assert "--version" in ask_shell("bash", code, programs, tmp_path).split()


@each_command
def test_fish_completes_a_long_option(name: str, programs: Path, tmp_path: Path) -> None:
    script = completion_scripts.script_path(name, "fish")
    code = f'source {script}; complete -C "{name} --ver"'
    assert "--version" in ask_shell("fish", code, programs, tmp_path).split()


@each_command
def test_zsh_finds_the_script_and_can_read_it(name: str, programs: Path, tmp_path: Path) -> None:
    script = completion_scripts.script_path(name, "zsh")
    assert script.read_text().startswith(f"#compdef {name}\n")
    assert (
        ask_shell("zsh", f"emulate zsh -c 'setopt noexec; source {script}'", programs, tmp_path)
        == ""
    )


INTERACTIVE = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set enable-bracketed-paste off'; PS1='rea''dy> '; for f in {scripts}/*; do . $f; done",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='rea''dy> '; fpath=({scripts} $fpath); autoload -U compinit && compinit -u -D",
    ),
}
CASES = [
    ("rain-inspect ph", "photos.torrent"),
    ("rain-inspect photos.torrent sec", "second.torrent"),
    ("rain-create fol", "folder/"),
    ("rain-create -o fol", "folder/"),
    ("rain-fetch --dir fol", "folder/"),
    ("rain-inspect --color al", "always"),
]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_tab_key_completes_names_and_choices(
    shell: str, programs: Path, tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    for name in ("photos.torrent", "second.torrent"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    command, setup = INTERACTIVE[shell]
    env = launchers.environment(programs, tmp_path)
    with Terminal(command, tmp_path, env) as terminal:
        scripts = tree.ROOT / "completions" / shell
        terminal.type(setup.format(scripts=scripts) + "\n", "ready> ")
        for typed, completed in CASES:
            terminal.type(f"{typed}\t", completed)
            terminal.type("\x15\n", "ready> ")


@pytest.mark.parametrize(("typed", "completed"), CASES)
def test_fish_completes_names_and_choices(
    typed: str, completed: str, programs: Path, tmp_path: Path
) -> None:
    for name in ("photos.torrent", "second.torrent"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    script = completion_scripts.script_path(typed.split()[0], "fish")
    code = f'source {script}; complete -C "{typed}"'
    assert completed in ask_shell("fish", code, programs, tmp_path).split()
