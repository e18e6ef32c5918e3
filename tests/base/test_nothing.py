"""What is empty is shared, and stays empty."""

import pytest

from raincore.base.nothing import NOTHING, empty


def test_nothing_is_one_and_the_same_and_cannot_be_written_to():
    assert empty() is NOTHING
    assert NOTHING == {}
    with pytest.raises(TypeError):
        NOTHING["a"] = 1
