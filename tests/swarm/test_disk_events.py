from dataclasses import FrozenInstanceError

import pytest

from raincore.base.errors import NoSpace
from raincore.swarm.disk_events import FilesProbed, PieceLost, StorageFailed


def test_what_happens_on_a_disk_is_a_value() -> None:
    assert PieceLost(1, "x").may_replace
    assert StorageFailed(NoSpace("x")).piece is None
    with pytest.raises(FrozenInstanceError):
        FilesProbed({}).obstacles = {}  # type: ignore[misc]
