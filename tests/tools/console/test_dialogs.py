"""The help names every key that the console has."""

import re

from raintools.console import dialogs
from raintools.console.app import Console

SPELLED = {"question_mark": "?", "slash": "/"}
UNSAID = {"pagedown", "pageup", "alt+ctrl+s", "alt+ctrl+a", "ctrl+q"}


def test_every_key_is_in_the_help():
    keys = {key for binding in Console.BINDINGS for key in binding.key.split(",")} - UNSAID
    said = set(re.split(r"[\s|,]+", dialogs.HELP))
    assert {SPELLED.get(key, key) for key in keys} <= said
