"""Ids are names and never paths."""

import pytest

from raincore.base.errors import FormatError
from raincore.session.add_options import ID, checked_id, new_id


@pytest.mark.parametrize("id", ["a", "a.b", "-", "_x", "A" * 100, "TKLidEG8EeyVSPbFUNbOiw"])
def test_names_are_ids(id):
    assert checked_id(id) == id


@pytest.mark.parametrize(
    "id", ["", ".", "..", ".a", "a/b", "a\\b", "a b", "a\n", "a\0", "é", "x" * 101, "a:b"]
)
def test_everything_else_is_refused(id):
    with pytest.raises(FormatError, match="torrent id"):
        checked_id(id)


def test_fresh_ids_are_as_rains_and_differ():
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(id) == 22 and ID.match(id) for id in made)
    assert not any(id.startswith("-") for id in made), "a command line takes it for an option"
