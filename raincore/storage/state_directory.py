"""Where this user's programs of ours remember things: below XDG_STATE_HOME."""

from __future__ import annotations

import os

__all__ = ["path"]


def path(name: str) -> str:
    """Where a thing of this name is: in "rain" below XDG_STATE_HOME or ~/.local/state."""
    # As platformdirs has it, which would take longer to import than a small file to write.
    state = os.environ.get("XDG_STATE_HOME", "").strip()
    if not os.path.isabs(state):
        state = os.path.expanduser("~/.local/state")
    return os.path.join(state, "rain", name)
