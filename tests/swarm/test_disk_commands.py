from dataclasses import FrozenInstanceError

import pytest

from raincore.swarm.disk_commands import KeepBlocks, ProbeFiles, RestorePiece, RetryWrite


def test_what_is_asked_of_a_disk_is_a_value() -> None:
    assert RetryWrite(1) == RetryWrite(1)
    assert RestorePiece(1) != RestorePiece(2)
    assert KeepBlocks({1: (0,)}) == KeepBlocks({1: (0,)})
    with pytest.raises(FrozenInstanceError):
        ProbeFiles((1,)).files = ()  # type: ignore[misc]
