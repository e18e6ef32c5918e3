"""What shells complete behind "rain"."""

from click.shell_completion import ShellComplete

from raintools.rain import main


def completed(*words):
    *before, last = words
    found = ShellComplete(main, {}, "rain", "").get_completions(before, last)
    return [item.value for item in found]


def test_words_are_completed():
    assert completed("to") == ["torrent"]
    assert completed("mag") == ["magnet", "magnet-to-torrent"]
    assert "--version" in completed("--ver")


def test_what_follows_is_completed_by_the_command_itself():
    assert completed("inspect", "--lin") == ["--lint"]
    assert "list" in completed("ctl", "li")
    assert completed("client", "") == []
